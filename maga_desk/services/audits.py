"""Judging an unlearned model: before, after, and retrained, on the same pictures."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Audited, Ended, Event, Progress, Started
from maga_desk.domain.files import write_json
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.results import Guided, Report
from maga_desk.domain.spec import RunSpec
from maga_desk.services.references import reference
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from torch import nn


def judge(spec: RunSpec, workspace: Workspace, checkpoint: str | Path, control: RunControl) -> Iterator[Event]:
    """Audit an unlearned checkpoint anew, against what ``spec.audit.retrained`` names.

    Where the checkpoint lies in a run's folder, ``report.json`` there is replaced.

    :raises UserError: the checkpoint or the reference cannot be used.
    :raises Cancelled: in between.
    """
    from maga_desk.models.checkpoint import read_state, restore

    yield Started("Judging the result")
    state, info = read_state(checkpoint)
    model, _ = restore(state, info.arch or workspace.card.arch, where=str(checkpoint))
    if info.classes and info.classes != workspace.card.classes:
        raise CheckpointError("its classes are not the open model's", where=str(checkpoint))
    seconds = info.made.get("seconds")
    forget = workspace.forget_set(spec)
    placed, guided = workspace.runtime.place(model), Guided.from_dict({"pictures": len(forget), **info.made})
    report = yield from auditing(workspace, spec, forget, placed, float(seconds or 0), control, guided)
    beside = Path(checkpoint).parent / "report.json"
    if beside.exists():
        write_json(beside, report.as_dict())
    yield Audited(report)
    yield Ended("finished")


def auditing(
    workspace: Workspace,
    spec: RunSpec,
    forget: ForgetSet,
    model: nn.Module,
    seconds: float,
    control: RunControl,
    guided: Guided | None,
) -> Generator[Event, None, Report]:
    """Figures of the original, of ``model`` and of the reference, if one is asked for.

    :param seconds: what the unlearning took.
    :param guided: who chose the labels.
    """
    from maga_desk.auditing import metrics

    gold = yield from reference(workspace, spec, forget, control)
    yield Progress("Judging", 0, 3)
    split = metrics.split_of(workspace.pictures, workspace.images.test.kinds, forget)
    count = len(workspace.card.classes)
    retrained = metrics.answers(gold.model, workspace.pictures, workspace.runtime, control) if gold else None
    yield Progress("Judging", 1, 3)
    after = metrics.answers(model, workspace.pictures, workspace.runtime, control)
    yield Progress("Judging", 2, 3)
    report = Report(
        classes=workspace.card.classes,
        before=metrics.judge(workspace.answers, split, count, retrained),
        after=metrics.judge(after, split, count, retrained),
        retrained=metrics.judge(retrained, split, count, retrained) if retrained else None,
        seconds=seconds,
        retrain_seconds=gold.seconds if gold else None,
        guided=guided,
    )
    yield Progress("Judging", 3, 3)
    return report
