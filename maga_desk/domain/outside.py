"""Files and text that others wrote: read within bounds, and parsed so that all that goes wrong is one kind of error."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

MOST = 64 * 2**20
"""Bytes of a spec, a list, a config and the like; data sets and weights have bounds of their own."""


def read_bytes(path: Path | str, most: int = MOST) -> bytes:
    """A plain file's content; pipes and devices, which may never end, are not opened.

    :raises OSError: it cannot be read, is no plain file, or is larger than ``most`` bytes; ``strerror`` says so.
    """
    try:
        found = Path(path).stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "is no plain file", str(path))
        if found.st_size > most:
            raise OSError(errno.EFBIG, f"is larger than {most / 2**20:,.0f} MiB", str(path))
        return Path(path).read_bytes()
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, f"is no path ({error})", str(path)) from error


def read_text(path: Path | str, encoding: str = "utf-8", most: int = MOST) -> str:
    """Likewise, as text; every kind of line end becomes a newline.

    :raises OSError: as :func:`read_bytes` does.
    :raises UnicodeDecodeError: it is other text.
    """
    return read_bytes(path, most).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def json_of(text: str | bytes) -> Any:
    """The value of a JSON text.

    :raises ValueError: it is none, is nested too deep, or has numbers that are too long.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


_STRINGS = re.compile(r'"""[^"]*"""|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*')
_NO_KEY = re.compile(r"[^\w.\s-]|\n")
_MOST_PARTS = 100


def _check_keys(text: str) -> None:
    """The parser's time grows with the square of a dotted key's parts.

    :raises ValueError: a key has more than anybody writes.
    """
    if text.count(".") > _MOST_PARTS:
        for each in _NO_KEY.split(_STRINGS.sub("_", text)):
            if each.count(".") > _MOST_PARTS:
                raise ValueError("nested too deep")


def toml_of(text: str) -> dict[str, Any]:
    """The table of a TOML text.

    :raises ValueError: it is none, is nested too deep, or has numbers that are too long.
    """
    _check_keys(text)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def number_in(*values: object) -> int | None:
    """The first that is a whole number; ``None``: nobody kept one."""
    return next((each for each in values if isinstance(each, int) and not isinstance(each, bool)), None)
