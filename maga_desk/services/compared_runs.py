"""Judged runs read for a table that compares them: from the database, or from a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from maga_desk.domain.comparison_table import ComparedRun, Ground
from maga_desk.domain.errors import UserError
from maga_desk.domain.files import sha256_of
from maga_desk.domain.outside import json_of, read_text
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import EVENTS, FORGOTTEN, KINDS, REPORT, SPEC, SUMMARY
from maga_desk.domain.sessions import RunRecord, SessionRecord
from maga_desk.domain.specs.run import RunSpec, parse_spec, read_asked
from maga_desk.domain.together import settle
from maga_desk.store.sessions import SessionStore


class NotJudged(UserError):
    """A run that has no figures to compare."""


def run_of_store(store: SessionStore, run_id: int) -> ComparedRun:
    """A run of the database; its folder may be gone.

    :raises UserError: there is no such run, or it was not judged.
    """
    record = store.run(run_id)
    if record.report is None:
        raise NotJudged(f"run {run_id} has no figures: it is {record.status}", todo="finish it, or leave it out")
    session = store.session(record.session_id)
    label = f"{record.name or record.spec.method.name} #{record.id}"
    when = f"{record.started.astimezone():%d %b %Y, %H:%M}"
    forgot = record.forget or record.spec.forget.title()
    return ComparedRun(
        label=label,
        title=f"{label}, {forgot}, {when}",
        spec=record.spec,
        report=record.report,
        ground=_ground(record.spec, _opened(record, session), _forgotten(record)),
        session=session.called,
        run_id=record.id,
        folder=record.folder,
    )


def run_of_folder(folder: Path) -> ComparedRun:
    """A finished run from its folder; the checkpoint need not be there.

    :raises UserError: there is no finished run, or its files cannot be read.
    """
    if not folder.is_dir():
        raise NotJudged("is no run's folder", where=str(folder), todo="name the folder of a run, or a run's number")
    settle(folder)
    if not (folder / REPORT).is_file() or not (folder / SUMMARY).is_file():
        raise NotJudged("holds no finished run", where=str(folder), todo="finish it, or leave it out")
    spec, listed = parse_spec(read_asked(folder / SPEC), where=str(folder / SPEC)), folder / FORGOTTEN
    name = spec.method.name
    label = folder.name if name in folder.name else f"{name} {folder.name}"
    return ComparedRun(
        label=label,
        title=f"{label}, {spec.forget.title()}",
        spec=spec,
        report=_report(folder / REPORT),
        ground=_ground(spec, _opened_in(folder), sha256_of(listed) if listed.is_file() else ""),
        folder=str(folder),
    )


def _ground(spec: RunSpec, opened: Mapping[str, Any], forgotten: str) -> Ground:
    fingerprint, original = (str(opened.get(key) or "") for key in ("fingerprint", "checkpoint_sha256"))
    return Ground.of(spec, pictures=fingerprint, original=original, forgotten=forgotten)


def _opened(record: RunRecord, session: SessionRecord) -> Mapping[str, Any]:
    """The model and pictures as the run opened them: by its folder, else by its session where that has the same."""
    found = _opened_in(Path(record.folder))
    same = record.spec.model == session.spec.model and record.spec.data == session.spec.data
    return found or (asdict(session.card) if session.card is not None and same else {})


def _opened_in(folder: Path) -> Mapping[str, Any]:
    """By the log of a run's folder, where it was opened last; empty where the log tells nothing."""
    last: Mapping[str, Any] = {}
    try:
        with (folder / EVENTS).open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if '"opened"' not in line:
                    continue
                try:
                    found = json_of(line)
                except ValueError:
                    continue  # half written
                if isinstance(found, dict) and found.get("event") == "opened":
                    last = found
    except OSError:
        return {}
    return last


def _forgotten(record: RunRecord) -> str:
    """The hash of the list of all that is forgotten, as it was when the run wrote it."""
    kept = [each.sha256 for each in record.artefacts if each.kind == KINDS[FORGOTTEN] and each.sha256]
    return kept[-1] if kept else ""


def _report(path: Path) -> Report:
    """:raises NotJudged: it cannot be read."""
    try:
        return Report.from_dict(json_of(read_text(path)))
    except OSError as error:
        raise NotJudged(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotJudged(f"is no report ({error})", where=str(path), todo="judge the run anew") from error
