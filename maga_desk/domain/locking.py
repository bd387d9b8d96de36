"""One writer for a place: a run folder, or a file that takes long to make.

The lock is the operating system's, on a small hidden file in the place; it ends with the process that holds it, however
that ends. The file says who holds it, for the message to whoever comes second.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from maga_desk.domain.errors import OutputError, unwritten
from maga_desk.domain.together import clear_leftovers

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK = ".maga-desk.lock"


class OnlyWriter:
    """While open, no other process, and nothing else in this one, writes to a place.

    What a killed writer left half written under the names goes.

    :param place: a folder that is there, or a file that may not be there yet; its folder is.
    :param names: of the files that are written there.
    :param beside: a folder is replaced as a whole: its lock lies beside it.
    :raises OutputError: on entering: another writes there, or no lock can be made.
    """

    def __init__(self, place: Path | str, *names: str, beside: bool = False) -> None:
        place = Path(place)
        self._place, self._names = place, names
        self._file = place / LOCK if place.is_dir() and not beside else place.with_name(f".{place.name}.lock")
        self._lock: BaseFileLock | None = None

    def __enter__(self) -> OnlyWriter:
        self._lock = self._taken()
        clear_leftovers(self._file.parent, self._names)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_up(self._file)

    def follow(self, moved_to: Path) -> None:
        """The folder was moved away and a new one made in its place: hold the new one instead.

        :raises OutputError: another was quicker.
        """
        self._give_up(moved_to / LOCK)
        self._lock = self._taken()

    def _taken(self) -> BaseFileLock:
        from filelock import FileLock, Timeout

        lock = FileLock(self._file, mode=0o644)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputError(
                f"is being written by another run{_who(self._file)}",
                where=str(self._place),
                todo="wait until it has ended, or choose another place",
            ) from None
        except (OSError, NotImplementedError) as error:
            fault = error if isinstance(error, OSError) else OSError(str(error))
            raise unwritten(fault, self._place, what="cannot be locked") from error
        with suppress(OSError):  # Windows lets nobody write to what is locked: then the owner has no name
            self._file.write_text(json.dumps(_owner()), encoding="utf-8")
        return lock

    def _give_up(self, file: Path) -> None:
        """Remove the file while it is held, so that nobody else's goes, then let go."""
        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(OSError):
                file.unlink()
            lock.release()


def _owner() -> dict[str, object]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        user = ""
    since = time.strftime("%Y-%m-%d %H:%M")
    return {"process": os.getpid(), "user": user, "machine": platform.node(), "since": since}


def _who(file: Path) -> str:
    """`` (process 4711 of anna on studio, since 2026-11-28 19:30)``; empty where the file does not say."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        process, user, machine, since = (said[key] for key in ("process", "user", "machine", "since"))
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    of = f" of {user}" if user else ""
    return f" (process {process}{of} on {machine}, since {since})"
