"""The error tree.

::

    Exception
    └── UserError            something a user did or can change; shown as one line, exit status 2
        ├── SpecError        a run specification with a wrong key or value
        ├── DataError        pictures that are missing, unreadable or do not fit
        ├── CheckpointError  a file that is no checkpoint, is unsafe, or does not fit the model or data
        │   ├── CodeError    a person's own Python file that builds the net: nobody agreed yet that it runs
        │   └── OrderError   outputs in another order than the classes; one may say the order (class_order.py)
        ├── ForgetError      a forget set that is empty, is everything, or names unknown things
        │   └── NamesError   names in a list that are no pictures; one may go on without them
        ├── MethodError      an unknown method, a wrong parameter, or a task the method cannot do
        │   └── HarmError    a run that lost what stays, or diverged; exit status 3
        ├── GuidanceError    a model or endpoint that cannot give an opinion
        ├── ResourceError    memory or disk that is not there for what is asked; exit status 3
        ├── OutputError      a place that cannot be written
        │   └── FullError    no room is left there; exit status 3
        └── StoreError       a session database that cannot be used
            └── StoreFullError  no room is left for it; exit status 3

Everything else that is raised is a bug of ours: the traceback goes to the log file.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # not tab, newline and return


class UserError(Exception):
    """What was wrong, where it was found, and what to do about it, in one line.

    :param what: the fault, without a full stop ("no class is called 'catt'").
    :param where: a file, key or widget that the fault belongs to.
    :param todo: the way out ("choose one of: cat, dog").
    """

    status = 2
    """What the command line exits with."""

    def __init__(self, what: str, *, where: str | None = None, todo: str | None = None) -> None:
        self.what = _one_line(what)
        self.where = _one_line(where) if where else None
        self.todo = _one_line(todo) if todo else None
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.todo}" if self.todo else text


class SpecError(UserError):
    """A run specification with a wrong key or value."""


class DataError(UserError):
    """Pictures that are missing, unreadable or do not fit."""


class OneClassError(DataError):
    """Pictures of one class alone: nothing is there that stays."""


class CheckpointError(UserError):
    """A file that is no checkpoint, is unsafe to read, or does not fit the model or the data."""


class CodeError(CheckpointError):
    """A Python file builds the net, and nobody has agreed yet that it runs.

    :param file: the file.
    :param sha256: of its content.
    """

    def __init__(self, what: str, *, file: str, sha256: str, todo: str | None = None) -> None:
        self.file, self.sha256 = file, sha256
        super().__init__(what, where=file, todo=todo)


class ForgetError(UserError):
    """A forget set that is empty, is everything, or names unknown things."""


class NamesError(ForgetError):
    """A list names what is no picture, or fits several.

    :param names: the entries.
    """

    def __init__(self, what: str, *, names: tuple[str, ...], where: str | None = None, todo: str | None = None) -> None:
        self.names = names
        super().__init__(what, where=where, todo=todo)


class MethodError(UserError):
    """An unknown method, a wrong parameter, or a task that the method cannot do."""


class HarmError(MethodError):
    """A run that lost what stays, or whose numbers ran away: it was stopped, and its last good net is kept."""

    status = 3


class GuidanceError(UserError):
    """A model, an endpoint or a matrix file that cannot give an opinion."""


class ResourceError(UserError):
    """Something that this machine has too little of for what is asked."""

    status = 3

    @classmethod
    def out_of_memory(cls) -> ResourceError:
        """What is said where memory was refused in the middle of something."""
        return cls("the memory ran out", todo="take smaller batches or pictures, or end other programs")


class OutputError(UserError):
    """A place that cannot be written."""


class FullError(OutputError):
    """No room is left on a disk, or a limit on files is reached."""

    status = 3


class StoreError(UserError):
    """A session database that cannot be used."""


class CaseError(UserError):
    """What cannot be noted of an erasure request, or not now."""


class StoreFullError(StoreError):
    """A session database that cannot be written, since no room is left."""

    status = 3


MAKE_ROOM = "make room there, then go on or do it again: nothing was lost"
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


def is_full(error: BaseException) -> bool:
    """Whether a disk, a quota or a limit of a file's size stands behind a fault."""
    return isinstance(error, OSError) and error.errno in _FULL


def unwritten(error: OSError, where: Path | str, *, what: str = "cannot write", todo: str | None = None) -> OutputError:
    """What a person is told of a file that could not be written.

    :param todo: the way out, where it is not more room.
    """
    text = f"{what}: {error.strerror or error}"
    if is_full(error):
        return FullError(text, where=str(where), todo=MAKE_ROOM)
    return OutputError(text, where=str(where), todo=todo)


def full_behind(error: BaseException) -> FullError | None:
    """What a person is told where a full disk stands behind a fault, however it came here; ``None``: none does."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and is_full(seen):
            found = unwritten(seen, str(seen.filename or "a file"))
            return found if isinstance(found, FullError) else None
        seen = seen.__cause__ or seen.__context__
    return None


@contextmanager
def located(where: str) -> Iterator[None]:
    """A mistake that comes out of here and does not say where it was found is found there."""
    try:
        yield
    except UserError as error:
        error.where = error.where or _one_line(where)
        raise


def _one_line(text: str) -> str:
    return " ".join(visible(str(text)).split())


def visible(text: str, form: str = "\\x{:02x}") -> str:
    """A text for people: control characters, which a terminal would obey, become what they are called.

    :param form: how one is written.
    """
    return _CONTROL.sub(lambda found: form.format(ord(found[0])), text)


def name_some(names: list[str] | tuple[str, ...], limit: int = 5) -> str:
    """``a, b, c and 7 more``: a readable share of a long list, for messages."""
    shown = ", ".join(names[:limit])
    rest = len(names) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
