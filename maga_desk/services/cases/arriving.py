"""A case from a file: looked at as a whole before anything is kept, and nothing in it is ever run."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CaseError, unwritten
from maga_desk.domain.events import Ended, Event, Message, Progress, Started
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.outside import json_of
from maga_desk.services.cases.archive import ROWS, Archive, damaged, open_archive
from maga_desk.services.cases.moving import Moved, move_run
from maga_desk.store.case_transfer import TABLES, Rows, mapped, texts
from maga_desk.store.sessions import SessionStore

_DRAFT = "import"
"""What is unpacked before it is whole lies in a hidden folder of this name."""


def pictures_wanted(path: Path) -> tuple[str, ...]:
    """Where the pictures of a case lay on the machine that it comes from, as far as they are not in the file.

    :raises CaseError: it is no case, was cut or edited, or a newer version wrote it.
    """
    with open_archive(path) as archive:
        return tuple(each for each in _list(archive, "data") if each not in _table(archive, "pictures"))


def import_case(
    store: SessionStore, path: Path, control: RunControl, *, data: Mapping[str, str] | str | None = None
) -> Iterator[Event]:
    """Bring a case in: its rows into the database, its files into a folder beside the runs.

    ``Ended.summary``: ``case`` (its number here), ``known`` (it was here before, and nothing changed), ``folder``,
    ``runs``, ``missing`` (places of pictures that are not there).

    :param data: where the pictures lie here; of several places, by where they lay there.
    :raises CaseError: it is no case, was cut or edited, or a newer version wrote it. :raises OutputError: no room.
    :raises Cancelled: in between. Nothing is changed by any of these.
    """
    yield Started("Importing the case")
    with open_archive(path) as archive:
        rows = _rows(archive)
        here = store.cases.known(rows)
        if here is not None:
            yield Message(f"This case is here already: {store.cases.case(here).called}. Nothing was changed.")
            yield Ended("finished", {"case": here, "known": True, "folder": "", "runs": 0, "missing": []})
            return
        given = _given(archive, data)
        yield Progress("Unpacking the case", 0, 1)
        final = _place(texts(rows, "cases", "content")[0])
        staged = final.parent / f".{_DRAFT}.{secrets.token_hex(4)}"
        moved = _moved(archive, final, given)
        with OnlyWriter(final.parent / _DRAFT, _DRAFT, beside=True):  # removes what a killed import left
            try:
                staged.mkdir(mode=0o700)
                _unpack(archive, staged, final, moved, control)
                control.checkpoint()
                os.rename(staged, final)
                case_id = _keep(store, rows, moved, final)
            except OSError as error:
                raise unwritten(error, final) from error
            finally:
                shutil.rmtree(staged, ignore_errors=True)
        _keep_references(final / "references")
        missing = sorted({moved(each) for each in _list(archive, "data") if not Path(moved(each)).exists()})
    yield Progress("Unpacking the case", 1, 1)
    for each in missing:
        yield Message(f"The pictures are not here: {each}. Say where they lie on the Load page.", "warning")
    runs = len(rows.get("runs", []))
    yield Ended("finished", {"case": case_id, "known": False, "folder": str(final), "runs": runs, "missing": missing})


def _rows(archive: Archive) -> Rows:
    """:raises CaseError: they are not what a case has."""
    try:
        rows = json_of(archive.text(ROWS))
        if not (len(rows["cases"]) == 1 and {"sessions", "runs"} <= set(rows) <= set(TABLES)):
            raise ValueError("other tables")
        if not all(isinstance(row, dict) for each in rows.values() for row in each):
            raise ValueError("no rows")
        json_of(texts(rows, "cases", "content")[0])
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise damaged(archive.path) from error
    return dict(rows)


def _given(archive: Archive, data: Mapping[str, str] | str | None) -> dict[str, str]:
    """Where pictures lie here, by where they lay there.

    :raises CaseError: a place that is not there, or one for several.
    """
    there = [each for each in _list(archive, "data") if each not in _table(archive, "pictures")]
    if isinstance(data, str):
        if len(there) > 1:
            raise CaseError(
                f"its pictures lay in {len(there)} places", todo="give each as OLD=NEW: " + ", ".join(there)
            )
        data = dict.fromkeys(there, data)
    found = dict(data or {})
    for old, new in found.items():
        if old not in there:
            raise CaseError(f"no pictures lay in {old}", todo="one of: " + ", ".join(there or ["none"]))
        if not Path(new).exists():
            raise CaseError("there is nothing", where=new, todo="name the folder or file of the pictures")
    return {old: str(Path(new).resolve()) for old, new in found.items()}


def _moved(archive: Archive, final: Path, data: Mapping[str, str]) -> Moved:
    """:raises CaseError: the manifest names a member that is not there."""
    members = archive.said["files"]
    within = _table(archive, "paths") | _table(archive, "pictures")
    if not all(any(name == each or name.startswith(f"{each}/") for name in members) for each in within.values()):
        raise damaged(archive.path)
    folders = _table(archive, "folders")
    if not all(re.fullmatch(r"(runs|records)/\d+", each) for each in folders.values()):
        raise damaged(archive.path)
    return Moved(
        files={old: str(final / name) for old, name in within.items()} | dict(data),
        folders={old: str(final / name) for old, name in folders.items()},
    )


def _unpack(archive: Archive, staged: Path, final: Path, moved: Moved, control: RunControl) -> None:
    names = [name for name in archive.said["files"] if name != ROWS]
    archive.unpack(staged, names, lambda _done, _total: control.checkpoint())
    for folder in sorted(set(_table(archive, "folders").values())):
        if (staged / folder).is_dir():
            try:
                move_run(staged / folder, moved, final / folder)
            except ValueError as error:
                raise damaged(archive.path) from error


def _keep(store: SessionStore, rows: Rows, moved: Moved, final: Path) -> int:
    """Into the database; where that fails, the files go again."""
    try:
        return store.cases.put(mapped(rows, moved))
    except BaseException as error:
        shutil.rmtree(final, ignore_errors=True)
        if isinstance(error, LookupError | TypeError | ValueError | AttributeError):
            raise CaseError("its parts do not belong together, so that nothing is imported") from error
        raise


def _keep_references(folder: Path) -> None:
    """Retrained nets go where the audit looks for them; one that is here stays."""
    if not folder.is_dir():
        return
    try:
        paths.references_dir().mkdir(parents=True, exist_ok=True)
        for each in folder.iterdir():
            place = paths.references_dir() / each.name
            if not place.exists():
                shutil.copyfile(each, place)
        shutil.rmtree(folder)
    except OSError:  # without them, judging anew trains them again
        return


def _place(content: str) -> Path:
    """A folder that is not there yet, called like the case."""
    said = json_of(content)
    reference = str(said.get("reference") or "") if isinstance(said, dict) else ""
    called = re.sub(r"[^\w-]+", "-", reference).strip("-")[:60] or "case"
    folder = paths.runs_dir()
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while os.path.lexists(place := folder / f"{called}-imported-{number}"):
        number += 1
    return place


def _table(archive: Archive, key: str) -> dict[str, str]:
    found = archive.said.get(key)
    return {str(old): str(new) for old, new in found.items()} if isinstance(found, dict) else {}


def _list(archive: Archive, key: str) -> list[str]:
    found: Any = archive.said.get(key)
    return [str(each) for each in found] if isinstance(found, list) else []
