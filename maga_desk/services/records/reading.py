"""What a finished run left, read for its record: from its folder, or, where that is gone, from the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from maga_desk import __version__
from maga_desk.domain.cases import KeptCase
from maga_desk.domain.events import Scalars, Series
from maga_desk.domain.files import sha256_of
from maga_desk.domain.outside import MOST, json_of, read_text
from maga_desk.domain.record import RecordError
from maga_desk.domain.record_parts import RecordCase
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import (
    CHECKPOINT,
    COPIES,
    EVENTS,
    FORGOTTEN,
    LABELS,
    MATRIX,
    REPORT,
    SPEC,
    SUMMARY,
    TWINS,
)
from maga_desk.domain.sessions import RunInfo, RunRecord
from maga_desk.domain.specs.run import RunSpec, parse_spec, read_asked
from maga_desk.domain.tables import csv_rows
from maga_desk.domain.together import settle
from maga_desk.services.records.case import case_part
from maga_desk.services.run_folder import RunFolder
from maga_desk.store.sessions import SessionStore

_RETRAINING = "Retraining"  # version 0.1.0 kept the curves of both nets under one name: this message parts them
_MOST_EVENTS = 2**30
Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class RunMaterial:
    """All that a record is built from. What is not there is empty or ``None``.

    :param folder: of the run; it may be gone.
    :param opened: the model and pictures as the run opened them (the fields of a ``WorkspaceCard``).
    :param made: the checkpoint's own record.
    :param checkpoint: where the unlearned checkpoint lies.
    :param finished: ISO time in UTC.
    :param case: the request behind the run, where the database knows one.
    """

    folder: Path
    spec: RunSpec
    summary: Mapping[str, Any]
    report: Report
    scalars: tuple[Scalars, ...] = ()
    opened: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: Path | None = None
    finished: str = ""
    forgotten: str | None = None
    labels: Rows = ()
    twins: Rows = ()
    copies: Rows = ()
    matrix: str = ""
    messages: tuple[str, ...] = ()
    case: RecordCase | None = None

    @property
    def checkpoint_sha256(self) -> str:
        """As it was when it was judged, or, in results of version 0.1.0, as it is; empty where neither is known."""
        kept = self.summary.get("checkpoint_sha256")
        if isinstance(kept, str) and kept:
            return kept
        return sha256_of(self.checkpoint) if self.checkpoint is not None else ""

    @property
    def gone_classes(self) -> tuple[str, ...]:
        """Classes of which nothing stays, however the request named them."""
        return tuple(self.made.get("forgotten_classes") or self.spec.forget.classes)


def read_folder(folder: Path, checkpoint: Path | None = None, store: SessionStore | None = None) -> RunMaterial:
    """A finished run from its folder.

    :param checkpoint: where the unlearned checkpoint is now, if it was moved.
    :param store: knows the request behind the run.
    :raises UserError: there is no finished run, its files do not belong together, or a newer version wrote it.
    """
    if not folder.is_dir():
        raise RecordError("is no run's folder", where=str(folder), todo="name the folder of a run, or a session's id")
    settle(folder)
    if not (folder / SUMMARY).exists() or not (folder / REPORT).exists():
        unfinished = (folder / EVENTS).exists() or (folder / SPEC).exists()
        what = "the run is not finished: there is nothing to report yet" if unfinished else "no run has been here"
        todo = "finish it with `maga-desk run SPEC --resume`" if unfinished else "name the folder of a run"
        raise RecordError(what, where=str(folder), todo=todo)
    summary = _table(folder / SUMMARY)
    _check_version(summary, folder / SUMMARY)
    report = _report(_table(folder / REPORT), folder / REPORT)
    _check_together(summary, report, folder)
    place = _checkpoint(folder, summary, checkpoint)
    RunFolder(folder).check_whole(but="" if checkpoint is None else CHECKPOINT)
    lines = tuple(_events(folder / EVENTS))
    return RunMaterial(
        folder=folder,
        spec=parse_spec(read_asked(folder / SPEC), where=str(folder / SPEC)),
        summary=summary,
        report=report,
        scalars=_scalars(lines),
        opened=next((line for line in reversed(lines) if line.get("event") == "opened"), {}),
        made=_made(place),
        checkpoint=place,
        finished=_finished(lines),
        forgotten=_text(folder / FORGOTTEN),
        labels=_rows(folder / LABELS),
        twins=_rows(folder / TWINS),
        copies=_rows(folder / COPIES),
        matrix=_text(folder / MATRIX) or "",
        messages=tuple(str(line.get("text")) for line in lines if line.get("event") == "message"),
        case=_case_of(folder, store, report) if store is not None else None,
    )


def read_session(store: SessionStore, number: int, checkpoint: Path | None = None) -> RunMaterial:
    """The newest finished run of a session: from its folder, or from the database where that is gone.

    :raises UserError: there is no such session, none of its runs is finished, or its files do not belong together.
    """
    card, runs = store.session(number).card, store.runs(number)
    done = next((run for run in runs if run.status == "finished"), None)
    if done is None:
        what = "has no run yet" if not runs else "has no finished run: there is nothing to report yet"
        raise RecordError(f"session {number} {what}", todo="run it, or go on with the run that was interrupted")
    run, kept = store.run(done.id), store.cases.of_run(done.id)
    folder = Path(run.folder)
    if (folder / SUMMARY).exists():
        material = read_folder(folder, checkpoint, store)
        _check_holds(material, run, store)
        return material
    opened = asdict(card) if card is not None and card.checkpoint == run.spec.model.checkpoint else {}
    return replace(_of_rows(run, opened, checkpoint), case=None if kept is None else case_part(kept, run.id))


def _case_of(folder: Path, store: SessionStore, report: Report) -> RecordCase | None:
    """The request of the newest finished run that was recorded in a folder.

    :param report: of the record: an approval of other figures is none of it.
    """
    newest = _newest_in(folder, store)
    kept = store.cases.of_run(newest.id) if newest is not None else None
    if newest is None or kept is None:
        return None
    judged = store.run(newest.id).report
    same = judged is not None and _figures(judged) == _figures(report)
    return case_part(kept if same else _judged_otherwise(kept, newest.id), newest.id)


def _newest_in(folder: Path, store: SessionStore) -> RunInfo | None:
    return next((run for run in store.runs_in(folder.resolve()) if run.status == "finished"), None)


def _judged_otherwise(kept: KeptCase, run_id: int) -> KeptCase:
    """The case, where its run has figures that nobody approved and that nobody was handed."""
    runs = tuple(replace(run, seal=f"not {run.seal}") if run.id == run_id else run for run in kept.runs)
    return replace(kept, runs=runs)


def _check_holds(material: RunMaterial, run: RunRecord, store: SessionStore) -> None:
    """:raises RecordError: a folder holds another run than the session's, or another judgement of it."""
    newest = _newest_in(material.folder, store)
    if newest is not None and newest.id != run.id:
        raise RecordError(
            f"holds run {newest.id}, not run {run.id} of the session",
            where=run.folder,
            todo="name the folder for the record of what it holds",
        )
    if run.report is not None and _figures(run.report) != _figures(material.report):
        raise RecordError(
            f"holds other figures than the session has of run {run.id}",
            where=run.folder,
            todo="name the folder for the record of what it holds",
        )


def _figures(report: Report) -> str:
    """All figures of the three nets, to be compared."""
    nets = (report.before, report.after, report.retrained)
    return json.dumps([None if net is None else net.values() for net in nets])


def _of_rows(run: RunRecord, opened: Mapping[str, Any], checkpoint: Path | None) -> RunMaterial:
    """A run whose folder is gone."""
    if run.summary is None or run.report is None:
        raise RecordError(
            "the run's folder is gone, and its figures were not kept", where=run.folder, todo="put it back"
        )
    _check_version(run.summary, Path(run.folder))
    hashes = [each.sha256 for each in run.artefacts if each.kind == "checkpoint" and each.sha256]
    summary = {"checkpoint_sha256": hashes[-1] if hashes else "", **run.summary}
    place = _checkpoint(Path(run.folder), summary, checkpoint)
    ended = run.ended.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if run.ended else ""
    return RunMaterial(
        folder=Path(run.folder),
        spec=run.spec,
        summary=summary,
        report=run.report,
        scalars=run.scalars,
        opened=opened,
        made=_made(place),
        checkpoint=place,
        finished=ended,
        messages=tuple(message.text for message in run.messages),
    )


def _check_version(summary: Mapping[str, Any], where: Path) -> None:
    said = str(summary.get("version") or "")
    if said and _numbers(said) > _numbers(__version__):
        what = f"was made by version {said}, newer than this one ({__version__})"
        raise RecordError(what, where=str(where), todo="update MaGA Desk")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())


def _check_together(summary: Mapping[str, Any], report: Report, folder: Path) -> None:
    """Figures of a summary and of a report that do not belong together were edited, or are of two runs."""
    said, measured = summary.get("metrics"), report.after.values()
    if not isinstance(said, Mapping) or any(said[key] != measured[key] for key in said if key in measured):
        raise RecordError(
            f"its figures are not those of {REPORT}: one of the two was edited",
            where=str(folder / SUMMARY),
            todo="put it back, run again, or judge the result anew",
        )


def _checkpoint(folder: Path, summary: Mapping[str, Any], named: Path | None) -> Path | None:
    """Where the checkpoint is.

    :raises RecordError: it is not where it was, although its hash was kept, or the named one is another.
    """
    wanted = str(summary.get("checkpoint_sha256") or "")
    if named is not None:
        if not named.is_file():
            raise RecordError("there is no such file", where=str(named), todo="name the unlearned checkpoint")
        if wanted and sha256_of(named) != wanted:
            raise RecordError("is not the checkpoint that was judged: its hash is another", where=str(named))
        return named
    place = folder / CHECKPOINT
    if place.is_file():
        return place
    if wanted:
        raise RecordError(
            "is gone: it belongs to the result", where=str(place), todo="say where it is now with --checkpoint"
        )
    return None


def _made(checkpoint: Path | None) -> Mapping[str, Any]:
    if checkpoint is None:
        return {}
    from maga_desk.models.checkpoint import read_info

    return read_info(checkpoint).made


def _table(path: Path) -> dict[str, Any]:
    """:raises RecordError: it cannot be read, or is no JSON object."""
    try:
        found = json_of(read_text(path))
    except OSError as error:
        raise RecordError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except ValueError as error:
        raise RecordError(f"is half written or was edited ({error})", where=str(path)) from error
    if not isinstance(found, dict):
        raise RecordError("is no table of names and values", where=str(path))
    return found


def _report(raw: dict[str, Any], where: Path) -> Report:
    try:
        return Report.from_dict(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"is no report ({error})", where=str(where)) from error


def _text(path: Path, most: int = MOST) -> str | None:
    """What a file says; ``None`` where it is not there.

    :raises RecordError: it cannot be read.
    """
    if not path.exists():
        return None
    try:
        return read_text(path, most=most)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise RecordError(f"cannot be read: {reason}", where=str(path)) from error


def _rows(path: Path) -> Rows:
    text = _text(path)
    return () if text is None else tuple(csv_rows(text))


def _events(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of the log; those that are half written tell nothing."""
    for line in (_text(path, _MOST_EVENTS) or "").splitlines():
        try:
            found = json_of(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _scalars(lines: Sequence[Mapping[str, Any]]) -> tuple[Scalars, ...]:
    """The curves of training; of steps that were taken twice, before and after an interruption, the last."""
    found: dict[tuple[Series, int], Scalars] = {}
    old: Series = "run"
    for line in lines:
        if line.get("event") == "message" and str(line.get("text")).startswith(_RETRAINING):
            old = "reference"
        if line.get("event") != "scalars":
            continue
        series: Series = "reference" if line.get("series", old) == "reference" else "run"
        try:
            step, values = int(line["step"]), {str(key): float(value) for key, value in line["values"].items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        found[series, step] = Scalars(step, values, series)
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0] != "run", key[1])))


def _finished(lines: Sequence[Mapping[str, Any]]) -> str:
    for line in reversed(lines):
        if line.get("event") == "ended" and line.get("status") == "finished":
            at = line.get("at")
            if isinstance(at, int | float):
                return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ""


def plain(value: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(value, default=str))
