"""Judging an unlearned model: before, after, and retrained, on the same pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Audited, Ended, Event, Message, Progress, Started
from maga_desk.domain.files import write_json
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Figure, Guided, Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.guidance.means import Means
from maga_desk.services.guidance import NO_MEANS, proposing
from maga_desk.services.judging.references import reference
from maga_desk.services.materials import situation
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from torch import Tensor, nn

    from maga_desk.auditing.looking import Case, Look

_UNTRAINED_SEED = 20_230_607


def judge(
    spec: RunSpec, workspace: Workspace, checkpoint: str | Path, control: RunControl, means: Means = NO_MEANS
) -> Iterator[Event]:
    """Audit an unlearned checkpoint anew, against what ``spec.audit.retrained`` names.

    Where the checkpoint lies in a run's folder, ``report.json`` there is replaced.

    :param means: what proposing needs, where shadow models must be relabelled as well.

    :raises UserError: the checkpoint or the reference cannot be used.
    :raises Cancelled: in between.
    """
    from maga_desk.engine.registry import METHODS
    from maga_desk.models.checkpoint import read_state, restore

    yield Started("Judging the result")
    state, info = read_state(checkpoint)
    model, _ = restore(state, info.arch or workspace.card.arch, where=str(checkpoint))
    if info.classes and info.classes != workspace.card.classes:
        raise CheckpointError("its classes are not the open model's", where=str(checkpoint))
    seconds = info.made.get("seconds")
    forget = workspace.forget_set(spec)
    placed, guided = workspace.runtime.place(model), Guided.from_dict({"pictures": len(forget), **info.made})
    proposal = None
    if spec.audit.shadows and "guidance" in METHODS.find(spec.method.name).info.needs:
        proposal = yield from proposing(workspace, spec, forget, control, means)
    report = yield from auditing(workspace, spec, forget, placed, float(seconds or 0), control, guided, proposal)
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
    proposal: Proposal | None = None,
) -> Generator[Event, None, Report]:
    """Figures of the original, of ``model`` and of the reference, if one is asked for.

    :param seconds: what the unlearning took.
    :param guided: who chose the labels.
    :param proposal: the labels, which shadow models need where the method does.
    """
    from maga_desk.auditing.judging import Compared, judge, notes
    from maga_desk.auditing.looking import look

    gold = yield from reference(workspace, spec, forget, control)
    case = make_case(workspace, spec, forget)
    original = yield from _known(workspace, spec, forget, "original", workspace.model, case, control)
    retrained = None
    if gold is not None:
        retrained = yield from _known(workspace, spec, forget, f"retrained {gold.path}", gold.model, case, control)
    after = yield from look(model, case, control, "the result")
    control.checkpoint()
    yield Progress("Comparing", 0, 0)
    compared = Compared(retrained, original)
    before, judged = judge(original, case, compared), judge(after, case, compared)
    yardstick = judge(retrained, case, compared) if retrained else None
    if spec.audit.shadows and retrained is None:
        yield Message("Attacks with shadow models need a retrained model: set [audit] retrained", "warning")
    if spec.audit.shadows and retrained is not None and yardstick is not None:
        found = yield from _shadowed(workspace, spec, forget, proposal, seconds, control, (original, after, retrained))
        audits = zip((before, judged, yardstick), found, strict=True)
        before, judged, yardstick = (audit.with_figures(more) for audit, more in audits)
    return Report(
        classes=workspace.card.classes,
        before=before,
        after=judged,
        retrained=yardstick,
        seconds=seconds,
        retrain_seconds=gold.seconds if gold else None,
        guided=guided,
        task=forget.task,
        intent=situation(workspace, spec, forget).intent,
        notes=tuple(notes(case, retrained is not None, spec.audit.shadows > 0 and retrained is not None)),
    )


def _shadowed(
    workspace: Workspace,
    spec: RunSpec,
    forget: ForgetSet,
    proposal: Proposal | None,
    seconds: float,
    control: RunControl,
    looks: tuple[Look, Look, Look],
) -> Generator[Event, None, list[dict[str, Figure]]]:
    """The figures that rest on shadow models, of the original, the result and the retrained net, in this order."""
    from maga_desk.auditing.answers import parts_of
    from maga_desk.auditing.shadow_figures import confidences, shadow_figures
    from maga_desk.services.judging.shadows import shadows

    made = yield from shadows(workspace, spec, forget, proposal, seconds, control)
    parts = parts_of(workspace.images, forget)
    original, after, retrained = (confidences(each.answers, parts) for each in looks)
    return [
        shadow_figures(original, retrained, made.of_the_original()),
        shadow_figures(after, retrained, made),
        shadow_figures(retrained, retrained, made),
    ]


def make_case(workspace: Workspace, spec: RunSpec, forget: ForgetSet) -> Case:
    """What every net is asked in an audit of this forget set."""
    from maga_desk.auditing import looking
    from maga_desk.engine.routine import fresh_model
    from maga_desk.models.inference import Batches, logits

    def untrained(pictures: Batches, positions: Tensor) -> Tensor:
        net = fresh_model(workspace.card.arch, len(workspace.card.classes), _UNTRAINED_SEED, workspace.runtime)
        return logits(net, pictures, workspace.runtime, positions)

    return looking.make_case(
        workspace.images,
        workspace.pictures,
        workspace.runtime,
        forget,
        workspace.answers,
        untrained,
        spec.audit.depth,
    )


def _known(
    workspace: Workspace,
    spec: RunSpec,
    forget: ForgetSet,
    name: str,
    model: nn.Module,
    case: Case,
    control: RunControl,
) -> Generator[Event, None, Look]:
    """A look at a net that does not change; taken once for each forget set."""
    from maga_desk.auditing.looking import look

    key = f"{name} {spec.audit.depth} {hashlib.sha256(forget.indices.tobytes()).hexdigest()}"
    if key not in workspace.looks:
        said = workspace.answers if model is workspace.model else None
        title = "the original" if said else "the retrained model"
        workspace.looks[key] = yield from look(model, case, control, title, said)
    return workspace.looks[key]
