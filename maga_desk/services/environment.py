"""With what a run is computed: the program's own code, Python, the system, and the packages that the program needs."""

from __future__ import annotations

import hashlib
import platform
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import maga_desk

_DISTRIBUTION = "maga-desk"
_NAME = re.compile(r"[\w.-]+")


def environment() -> dict[str, Any]:
    """``code_sha256``, ``python``, ``platform`` and ``packages``, as plain data for a run's summary."""
    return {
        "code_sha256": code_sha256(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": _packages(),
    }


@cache
def code_sha256() -> str:
    """The hash of a line for each source file of the program, in the order of their paths: hash, two spaces, path.

    Empty where the program's source is not there.
    """
    root = Path(maga_desk.__file__).parent
    files = sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*.py"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else ""


@cache
def _packages() -> dict[str, str]:
    """The packages that the program needs, by name, with their versions here; empty where nobody installed it."""
    try:
        wanted = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    found = {}
    for line in wanted:
        named = _NAME.match(line)
        if named is None or "extra ==" in line:
            continue
        try:
            found[named[0].lower()] = metadata.version(named[0])
        except metadata.PackageNotFoundError:  # left out of a bundle
            continue
    return dict(sorted(found.items()))
