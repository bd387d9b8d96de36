"""The log of warnings and tracebacks. Names of pictures may stand in it: nobody else reads it, it stays small, and
deleting a session empties it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from maga_desk.domain import paths

LARGEST = 2**20
"""Bytes; a larger log becomes ``maga-desk.log.1``, and what was called so before is gone."""


def ready_log() -> Path:
    """The log's file, there, of this user alone, and not too large.

    :raises OSError: it cannot be made.
    """
    path = paths.log_file()
    if path.exists() and path.stat().st_size > LARGEST:
        path.replace(path.with_name(f"{path.name}.1"))
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    with suppress(OSError):  # one of an earlier version, which others could read
        path.chmod(0o600)
    return path


def empty_log() -> None:
    """Take everything out of the log and of the earlier one; programs that have them open write on.

    Which line names what, no program can tell for sure: a traceback quotes names in many ways.

    :raises OSError: it cannot be written.
    """
    path = paths.log_file()
    for each in (path, *path.parent.glob(f"{path.name}.*")):
        if each.is_file():
            os.truncate(each, 0)
