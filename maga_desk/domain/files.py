"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from maga_desk.domain.errors import UserError, unwritten
from maga_desk.domain.together import umask


def sha256_of(path: Path | str) -> str:
    """The hash of a file's content, as hexadecimal text; of a folder, that of a line for each file in it, in the order
    of their names: hash, two spaces, name.

    :raises OSError: it cannot be read.
    """
    if os.path.isdir(path):
        files = sorted(each for each in Path(path).iterdir() if each.is_file())
        return hashlib.sha256("".join(f"{sha256_of(each)}  {each.name}\n" for each in files).encode()).hexdigest()
    if not os.path.isfile(path) and os.path.exists(path):  # a device or a pipe, which may never end
        raise OSError(errno.EINVAL, "is no plain file", str(path))
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_whole(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a temporary file beside ``path``, flush it to disk, then rename it into place.

    :param write: receives the temporary path; it may raise, and then ``path`` is untouched.
    :raises OutputError: the folder cannot be made or the file cannot be written.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~umask())  # mkstemp makes private files; a result is an ordinary one
        os.replace(temporary, path)
    except OSError as error:
        raise unwritten(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(each.stat().st_size for each in path.iterdir()) if path.is_dir() else path.stat().st_size


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text, whole or not at all."""
    return write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write bytes, whole or not at all."""
    return write_whole(path, lambda temporary: temporary.write_bytes(content))


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all. One that is there already stays as it is.

    :raises OutputError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if not os.path.lexists(path):
            os.replace(draft, path)
    except OSError as error:
        raise unwritten(error, path) from error
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> Path:
    """Write indented JSON, whole or not at all."""
    return write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def remember_json(path: Path, value: Any) -> None:
    """Write what only saves time later; where it cannot be written, it is found out again."""
    with suppress(UserError, OSError):
        write_json(path, value)


def ensure_folder(path: Path) -> Path:
    """Make a folder that can be written to, and prove it.

    :raises OutputError: it is a file, or nothing can be written there.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise unwritten(error, path, what="cannot write there", todo="choose another folder") from error
    return path


@contextmanager
def folder_for(path: Path) -> Iterator[Path]:
    """A folder that can be written to. Made for this and still empty at the end, it goes again with its new parents.

    :raises OutputError: it is a file, or nothing can be written there.
    """
    path = Path(path)
    missing = [each for each in (path, *path.parents) if not each.exists()]
    ensure_folder(path)
    try:
        yield path
    finally:
        with suppress(OSError):  # the innermost first, up to the first that holds something
            for each in missing:
                each.rmdir()
