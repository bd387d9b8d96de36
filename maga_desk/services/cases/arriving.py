"""A case from a file: looked at as a whole before anything is kept, and nothing in it is ever run."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CaseError, OutputError, unwritten
from maga_desk.domain.events import Ended, Event, Message, Progress, Started
from maga_desk.domain.files import ensure_folder, sha256_of, write_whole
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.outside import json_of
from maga_desk.domain.run_folder import REPORT
from maga_desk.services.cases.archive import ROWS, WHOLE, Archive, damaged, is_inside, open_archive
from maga_desk.services.cases.moving import Moved, move_run, reference_names, tells
from maga_desk.store.case_transfer import TABLES, Rows, mapped, text_of, texts
from maga_desk.store.sessions import SessionStore

_DRAFT = "import"
"""What is unpacked before it is whole lies in a hidden folder of this name."""

_UNSURE = ".maga-desk-importing"
"""A file in the folder of a case that the database may not have yet; it says when the case was made."""


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
    :raises CaseError: it is no case, was cut or edited, a newer version wrote it, or the case is here and stands
        otherwise. :raises OutputError: no room, or another import is going on.
    :raises Cancelled: in between. Nothing is changed by any of these.
    """
    yield Started("Importing the case")
    with open_archive(path) as archive:
        rows = _rows(archive)
        here = store.cases.known(rows)
        if here is not None:
            if store.cases.differs(here, rows):
                raise CaseError(
                    f"this case is here already, and stands otherwise here: {store.cases.case(here).called}",
                    where=str(path),
                    todo="nothing was changed; compare the two, and enter by hand what is missing here",
                )
            yield Message(f"This case is here already: {store.cases.case(here).called}. Nothing was changed.")
            yield Ended("finished", {"case": here, "known": True, "folder": "", "runs": 0, "missing": []})
            return
        given = _given(archive, data)
        yield Progress("Unpacking the case", 0, 1)
        home = ensure_folder(paths.runs_dir())
        with OnlyWriter(home / _DRAFT, _DRAFT, beside=True):  # removes the drafts that a killed import left
            _clear(store, home)
            final = _place(home, texts(rows, "cases", "content")[0])
            staged = home / f".{_DRAFT}.{secrets.token_hex(4)}"
            moved = _moved(archive, final, given)
            here_rows = _here(archive, rows, moved, final)
            try:
                staged.mkdir(mode=0o700)
                _unpack(archive, staged, final, moved, control)
                _check_reports(archive, here_rows, staged, final)
                (staged / _UNSURE).write_text(str(rows["cases"][0].get("created")), encoding="utf-8")
                control.checkpoint()
                os.rename(staged, final)
                case_id = _keep(store, here_rows, path.name, final)
            except OSError as error:
                raise unwritten(error, final) from error
            finally:
                shutil.rmtree(staged, ignore_errors=True)
            with suppress(OSError):  # else the next import looks at it
                (final / _UNSURE).unlink()
        yield from _keep_references(final / "references", texts(rows, "runs", "report"))
        missing = sorted({moved(each) for each in _list(archive, "data") if not Path(moved(each)).exists()})
    yield Progress("Unpacking the case", 1, 1)
    yield Message("What the case says is the file's word until its record was verified.")
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
    archive.unpack(staged, names, control.checkpoint)
    for folder in sorted(set(_table(archive, "folders").values())):
        if (staged / folder).is_dir():
            try:
                move_run(staged / folder, moved, final / folder)
            except ValueError as error:
                raise damaged(archive.path) from error


def _here(archive: Archive, rows: Rows, moved: Moved, final: Path) -> Rows:
    """The rows with the places of here.

    :raises CaseError: a run or a file of one would lie outside of the case's folder.
    """
    try:
        found = mapped(rows, moved)
        places = [Path(each) for each in (*texts(found, "runs", "folder"), *texts(found, "artefacts", "path"))]
        for each in _list(archive, "data"):
            moved(each)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise damaged(archive.path) from error
    if not all(place.is_relative_to(final) and ".." not in place.parts for place in places):
        raise damaged(archive.path)
    return found


def _check_reports(archive: Archive, rows: Rows, staged: Path, final: Path) -> None:
    """:raises CaseError: a run's folder tells other figures than its row, whose seal the approvals are of."""
    by_folder = {
        text_of(run["folder"]): text_of(run["report"]) for run in rows["runs"] if run.get("report") and run["folder"]
    }
    for folder, kept in by_folder.items():
        same = tells(staged / Path(folder).relative_to(final) / REPORT, kept)
        if same is None:
            raise damaged(archive.path)
        if not same:
            raise CaseError(
                "a report in it was edited, so that nothing of it is imported", where=str(archive.path), todo=WHOLE
            )


def _keep(store: SessionStore, rows: Rows, file: str, final: Path) -> int:
    """Into the database; where that fails, the files go again."""
    try:
        return store.cases.put(rows, file)
    except BaseException:
        shutil.rmtree(final, ignore_errors=True)
        raise


def _clear(store: SessionStore, home: Path) -> None:
    """Folders that an import left which was killed before its case was kept; nobody else imports now."""
    with suppress(OSError, UnicodeDecodeError):
        for mark in home.glob(f"*-imported-*/{_UNSURE}"):
            created = mark.read_text(encoding="utf-8")
            kept = store.cases.known({"cases": [{"created": created}]}) is not None
            if kept or store.cases.has_runs_in(str(mark.parent)):
                mark.unlink()
            else:
                shutil.rmtree(mark.parent)


def _keep_references(folder: Path, reports: list[str]) -> Iterator[Event]:
    """Retrained nets that reports of the case name go where the audit looks for them; one that is here stays."""
    if not folder.is_dir():
        return
    for name, sha256 in sorted(reference_names(reports).items()):
        source, place = folder / name, paths.references_dir() / name
        plain = is_inside(name) and "/" not in name and name.endswith(".safetensors")
        if not plain or not source.is_file() or place.exists() or sha256_of(source) != sha256:
            continue
        try:
            write_whole(place, partial(shutil.copyfile, source))
        except OutputError as error:
            yield Message(f"A retrained model was not kept; judging anew trains it again. {error}", "warning")
    shutil.rmtree(folder, ignore_errors=True)


def _place(home: Path, content: str) -> Path:
    """A folder that is not there yet, called like the case."""
    said = json_of(content)
    reference = str(said.get("reference") or "") if isinstance(said, dict) else ""
    called = re.sub(r"[^\w-]+", "-", reference).strip("-")[:60] or "case"
    number = 1
    while os.path.lexists(place := home / f"{called}-imported-{number}"):
        number += 1
    return place


def _table(archive: Archive, key: str) -> dict[str, str]:
    found = archive.said.get(key)
    return {str(old): str(new) for old, new in found.items()} if isinstance(found, dict) else {}


def _list(archive: Archive, key: str) -> list[str]:
    found: Any = archive.said.get(key)
    return [str(each) for each in found] if isinstance(found, list) else []
