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
from maga_desk.domain.results import Audit, Guided, Report
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
    from maga_desk.auditing.probe import probing_of, recovered

    gold = yield from reference(workspace, spec, forget, control)
    pictures, runtime = workspace.pictures, workspace.runtime
    split = metrics.split_of(pictures, workspace.images.test.kinds, forget)
    probing = probing_of(workspace.images, forget, split.forget_test)
    retrained = None
    audits: list[Audit | None] = []
    for number, net in enumerate((gold.model if gold else None, workspace.model, model)):
        yield Progress("Judging", number, 3)
        if net is None:
            audits.append(None)
            continue
        said = workspace.answers if net is workspace.model else metrics.answers(net, pictures, runtime, control)
        retrained = said if gold and net is gold.model else retrained
        probe = recovered(net, probing, pictures, runtime, control) if probing else None
        audits.append(metrics.judge(said, split, len(workspace.card.classes), retrained, probe))
    judged_gold, before, after = audits
    assert before is not None and after is not None
    report = Report(
        classes=workspace.card.classes,
        before=before,
        after=after,
        retrained=judged_gold,
        seconds=seconds,
        retrain_seconds=gold.seconds if gold else None,
        guided=guided,
    )
    yield Progress("Judging", 3, 3)
    return report
