"""Files that belong together appear together: all of them or none, also where the program is killed in between.

They are written into a hidden folder beside their places and flushed. Renaming that folder decides: from then on they
count as written. Then each is moved to its place, and whoever comes next (:func:`settle`) finishes what a killed
program has not moved.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from maga_desk.domain.errors import UserError, unwritten

_DECIDED = ".maga-desk-ready"

Writer = Callable[[Path], object]


def write_together(folder: Path, files: Mapping[str, Writer]) -> None:
    """Write files, or whole folders, of one folder as one.

    :param files: by name, what fills each; the first names the group, and no other group in that folder has it.
    :raises OutputError: they cannot be written; all is as it was.
    """
    first = next(iter(files))
    staged: Path | None = None
    decided = folder / f".{first}{_DECIDED}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _move(decided)
        staged = Path(tempfile.mkdtemp(prefix=f".{first}.", dir=folder))
        os.chmod(staged, 0o777 & ~umask())
        for name, write in files.items():
            write(staged / name)
            _flush(staged / name)
        os.rename(staged, decided)
    except OSError as error:
        raise unwritten(error, folder / first) from error
    except UserError as error:  # of a file's own writer: a person knows the place, not the draft
        if error.where is not None and staged is not None:
            error.where = error.where.replace(str(staged), str(folder))
        raise
    finally:
        if staged is not None:
            shutil.rmtree(staged, ignore_errors=True)
    try:
        _move(decided)
    except OSError as error:
        if all((decided / name).exists() for name in files):  # none was moved
            shutil.rmtree(decided, ignore_errors=True)
        raise unwritten(error, folder / first) from error


def settle(folder: Path) -> None:
    """Move to their places what a killed program had decided to write there.

    Nothing happens where nothing is left, or where nothing may be written.
    """
    with suppress(OSError):
        for decided in Path(folder).glob(f".*{_DECIDED}"):
            _move(decided)


def clear_leftovers(folder: Path, names: tuple[str, ...]) -> None:
    """Remove what killed programs left half written under these names; nobody else may be writing them now."""
    with suppress(OSError):
        for path in Path(folder).iterdir():
            if any(_is_draft_of(path.name, name) for name in names):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def umask() -> int:
    """Which rights files that are made here do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_draft_of(found: str, name: str) -> bool:
    """Whether a name is that of a temporary file of another: ``..NAME.x1y2z3..`` or with more or fewer dots."""
    inner = found.lstrip(".")
    drafted = found.startswith(".") and inner.startswith(f"{name}.")
    return drafted and not found.endswith((_DECIDED, ".lock"))


def _move(decided: Path) -> None:
    """Each to its place; what another program moves meanwhile is moved."""
    if decided.is_symlink() or not decided.is_dir():
        return
    for entry in sorted(decided.iterdir()):
        place = decided.parent / entry.name
        with suppress(FileNotFoundError):
            if entry.is_dir() and place.is_dir() and not place.is_symlink():
                with tempfile.TemporaryDirectory(prefix=f".{entry.name}.", dir=decided.parent) as away:
                    os.rename(place, Path(away) / entry.name)
                    os.rename(entry, place)
            else:
                os.replace(entry, place)
    with suppress(FileNotFoundError):
        decided.rmdir()


def _flush(path: Path) -> None:
    for each in path.iterdir() if path.is_dir() else (path,):
        if each.is_dir():
            _flush(each)
            continue
        with open(each, "rb+") as stream:
            os.fsync(stream.fileno())
        os.chmod(each, 0o666 & ~umask())
