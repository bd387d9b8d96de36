"""The int8 copy of a result, judged by the same audit: what it forgot, another rounding may bring back."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, UserError
from maga_desk.domain.events import Audited, Ended, Event, Started
from maga_desk.domain.files import sha256_of
from maga_desk.domain.questions import ANSWER_WORDS, AuditQuestion, answered
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import SPEC
from maga_desk.domain.specs.run import read_spec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.references import references_of
from maga_desk.services.records.reading import read_folder
from maga_desk.services.run_folder import RunFolder
from maga_desk.services.workspace import not_found_note, opening

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.domain.checkpoints import CheckpointInfo

NOT_AUDITED = "NOT AUDITED: whether the int8 copy remembers what the net forgot was not looked at."
AUDIT = "audit.json"
"""Beside ``NAME.int8.onnx``: ``NAME.int8.audit.json``."""

_UNAUDITED = "or save it without being audited (maga-desk export --not-audited)"


@dataclass(frozen=True)
class Int8Audit:
    """What was found in the int8 copy, beside what was found in the net itself.

    :param before: the net's own answers; empty where it was not judged.
    """

    report: Report
    before: tuple[AuditQuestion, ...]
    after: tuple[AuditQuestion, ...]

    def lines(self) -> tuple[str, ...]:
        """An answer each, a sentence."""
        return tuple(f"{asked.title} {_words(asked)} (the net itself: {own})." for asked, own in self._pairs())

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready. It lies beside a file that is handed on: names that the request gave and that were not found are
        left out.
        """
        lost = self.report.not_found
        notes = (note for note in self.report.notes if not lost or note != not_found_note(lost))
        report = replace(self.report, not_found=(), notes=tuple(notes))
        questions = [
            {"question": asked.title, "int8": ANSWER_WORDS[asked.answer], "net": own, "text": asked.text()}
            for asked, own in self._pairs()
        ]
        return {"audited": True, "questions": questions, "report": report.as_dict()}

    def _pairs(self) -> list[tuple[AuditQuestion, str]]:
        own = {asked.key: ANSWER_WORDS[asked.answer] for asked in self.before}
        return [(asked, own.get(asked.key, "not judged")) for asked in self.after]


def _words(asked: AuditQuestion) -> str:
    words = ANSWER_WORDS[asked.answer]
    return words[:1].upper() + words[1:]


def audit_int8(
    checkpoint: Path, model: nn.Module, info: CheckpointInfo, control: RunControl
) -> Generator[Event, None, Int8Audit]:
    """Judge the rounded net as the run around the checkpoint was judged: by the very same retrained model, or by none.

    :param model: with its weights rounded, on the CPU.
    :raises CheckpointError: there is no run, or its pictures, original or retrained model are not there.
    :raises Cancelled: in between.
    """
    from maga_desk.models.checkpoint import write_checkpoint

    place = checkpoint.parent / SPEC
    if not place.is_file():
        raise CheckpointError(
            "no run lies around it, so that its int8 copy cannot be audited",
            where=str(checkpoint),
            todo=f"export the run's own checkpoint, {_UNAUDITED}",
        )
    spec, reports = read_spec(place), list[Report]()
    try:
        own = _own(checkpoint)
        workspace = yield from opening(spec, control)
        erasure = Erasure.of(workspace, spec)
        by = None if own is None else references_of(erasure, own)
    except UserError as error:
        fault = error.what if error.where is None else f"{error.where}: {error.what}"
        raise CheckpointError(
            f"the int8 copy cannot be audited: {fault}",
            where=str(checkpoint),
            todo=f"{error.todo or 'mend that'}, {_UNAUDITED}",
        ) from error
    with tempfile.TemporaryDirectory(prefix="maga-desk-") as folder:
        rounded = write_checkpoint(Path(folder) / "int8.safetensors", model, info)
        for event in judge(erasure, rounded, control, keep=False, by=by):
            if isinstance(event, Audited):
                reports.append(event.report)
            elif not isinstance(event, Started | Ended):
                yield event
    classes = tuple(workspace.images.classes[i] for i in erasure.forget.whole_classes)
    return paired(own, reports[-1], classes, where=str(checkpoint))


def paired(own: Report | None, found: Report, forgotten: tuple[str, ...], *, where: str) -> Int8Audit:
    """The answers of two reports side by side.

    :param own: of the net itself; ``None``: it was not judged.
    :param forgotten: the classes that were to go; ``where``: the net, for messages.
    :raises CheckpointError: the two were not audited alike.
    """
    if own is None:
        return Int8Audit(found, (), answered(found, forgotten))
    differing = [name for name, of in _ALIKE.items() if of(own) != of(found)]
    if differing:
        raise CheckpointError(
            f"the int8 copy was not audited like the net itself: another {' and another '.join(differing)}",
            where=where,
            todo=f"judge the run anew, {_UNAUDITED}",
        )
    return Int8Audit(found, answered(own, forgotten), answered(found, forgotten))


def _yardsticks(report: Report) -> list[tuple[str, str]]:
    """SHA-256 and standing of what a report was judged by."""
    return [(each.sha256, each.standing) for each in report.yardsticks]


def _depth(report: Report) -> object:
    return report.resolved.get("audit", {}).get("depth")


_ALIKE = {"retrained model": _yardsticks, "depth": _depth}


def _own(checkpoint: Path) -> Report | None:
    """What was found in the net itself; ``None``: it was not judged.

    :raises UserError: the run around it cannot be read.
    """
    folder = checkpoint.parent
    if not RunFolder(folder).is_judged:
        return None
    material = read_folder(folder)
    return material.report if sha256_of(checkpoint) == material.checkpoint_sha256 else None
