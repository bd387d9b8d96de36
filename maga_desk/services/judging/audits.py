"""Judging an unlearned model: before, after, and retrained, on the same pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maga_desk.domain.control import Clock, RunControl
from maga_desk.domain.cost import Machine, Passes, made_at_cost
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Audited, Ended, Event, Message, Progress, Started
from maga_desk.domain.files import sha256_of
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.rates import Rate, expecting
from maga_desk.domain.resolved import RESOLVED, ordered_plain
from maga_desk.domain.results import Audit, Figure, Guided, Report, SecondJudgement
from maga_desk.domain.run_folder import CHECKPOINT, KINDS
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.verdicts import disagreements, on_guesses
from maga_desk.domain.yardstick import Yardstick
from maga_desk.guidance.means import Means
from maga_desk.services.accuracy_check import check_believable
from maga_desk.services.basket import facts_of_erasure
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import NO_MEANS, proposing
from maga_desk.services.judging.guessing import with_recipe
from maga_desk.services.judging.kept_looks import entry_of, find_look, keep_look
from maga_desk.services.judging.limits import limits_of
from maga_desk.services.judging.references import references
from maga_desk.services.judging.trainings import Reference
from maga_desk.services.judging.without_retraining import judged_without
from maga_desk.services.judging.yardsticks import check_is_another, claim, settled
from maga_desk.services.keeping import kept_shelf
from maga_desk.services.resolving import judging_of
from maga_desk.services.run_folder import RunFolder
from maga_desk.services.workspace import not_found_note

if TYPE_CHECKING:
    from torch import Tensor, nn

    from maga_desk.auditing.looking import Case, Look
    from maga_desk.auditing.outputs import Outputs

_UNTRAINED_SEED = 20_230_607


def judge(
    erasure: Erasure,
    checkpoint: str | Path,
    control: RunControl,
    means: Means = NO_MEANS,
    *,
    keep: bool = True,
    by: Sequence[Reference] | None = None,
) -> Iterator[Event]:
    """Audit an unlearned checkpoint anew, against what the spec's ``audit.retrained`` names.

    Where the checkpoint lies in a run's folder, its spec, ``report.json`` and ``summary.json`` and the checkpoint's own
    record say so afterwards.

    :param means: what proposing needs, where shadow models must be relabelled as well.
    :param keep: false: the run's folder stays as it is.
    :param by: what it is judged by, and by nothing else, be it by nothing; ``None``: what the spec asks for.
    :raises UserError: the checkpoint or the reference cannot be used.
    :raises Cancelled: in between.
    """
    from maga_desk.models.outputs import read_like

    yield Started("Judging the result")
    check_believable(erasure.workspace.card, erasure.spec)
    workspace = erasure.workspace
    model, info = read_like(Path(checkpoint), workspace.card.arch, workspace.info.came, workspace.model)
    if info.classes and info.classes != workspace.card.classes:
        raise CheckpointError("its classes are not the open model's", where=str(checkpoint))
    proposal = None
    if erasure.spec.audit.shadows and "guidance" in erasure.method.info.needs:
        proposal = yield from proposing(erasure, control, means)
    seconds, passes, machine = made_at_cost(info.made)
    result = Result(
        workspace.runtime.place(model),
        seconds or 0.0,
        Guided.from_dict({"pictures": len(erasure.forget), **info.made}),
        proposal,
        passes,
        machine,
        _scaled(info.made.get("scaled")),
        ordered_plain({**_resolved(info.made), **judging_of(erasure)}),
        str(info.made.get("stopped") or ""),
    )
    folder = RunFolder(Path(checkpoint).parent)
    is_runs = keep and Path(checkpoint).name == CHECKPOINT and folder.is_judged
    result = replace(result, forecast=folder.forecast if is_runs else None)
    with OnlyWriter(folder.path, *KINDS) if is_runs else nullcontext():
        report = yield from auditing(erasure, result, control, by)
        if is_runs:
            folder.write_judgement(erasure, report)
    yield Audited(report)
    yield Ended("finished")


@dataclass(frozen=True)
class Result:
    """An unlearned net to judge.

    :param seconds: what the unlearning took; 0: nobody knows.
    :param guided: who chose the labels.
    :param proposal: the labels, which shadow models need where the method does.
    :param passes: of pictures through the net, and ``machine`` where the seconds were measured; ``None`` is unknown.
    :param scaled: default learning rates that were lowered to what the net bears, and the values that were used.
    :param resolved: all values that were used, for the record.
    :param stopped: the limit that ended it early, in words; else empty.
    :param forecast: what was forecast of its run.
    """

    model: nn.Module
    seconds: float
    guided: Guided | None
    proposal: Proposal | None = None
    passes: Passes | None = None
    machine: Machine | None = None
    scaled: Mapping[str, float] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    stopped: str = ""
    forecast: RunForecast | None = None


def auditing(
    erasure: Erasure, result: Result, control: RunControl, by: Sequence[Reference] | None = None
) -> Generator[Event, None, Report]:
    """Figures of the original, of the result, and of the reference, if one is asked for; by two of them where a second
    guess of the recipe is asked for as well.

    :param by: see :func:`judge`.
    """
    from maga_desk.auditing.judging import notes

    clock = Clock(control)
    golds = (yield from references(erasure, control)) if by is None else tuple(by)
    case, looks = make_case(erasure), _Looks(erasure, control)
    missing = sum(not looks.has(_name_of(each), each.model, case) for each in golds)
    original = yield from looks.known("original", erasure.workspace.model, case, then=1 + missing)
    compared = []
    for place, each in enumerate(golds):
        compared.append((yield from _looked_at(erasure, each, result, original, case, looks, then=len(golds) - place)))
    compared.sort(key=lambda each: not each.yardstick.judges)  # one that judges comes first
    after = yield from looks.take(result.model, case, "the result")
    control.checkpoint()
    yield Progress("Comparing", 0, 0)
    main = compared[0] if compared else None
    judged = _judged(main, case, original, after)
    trusted = main.trusted if main else None
    shadowed = erasure.spec.audit.shadows > 0
    if shadowed and trusted is None:
        need = "that counts as a yardstick" if main else "as well: set [audit] retrained"
        yield Message(f"Attacks with shadow models need a retrained model {need}", "warning")
    if shadowed and main is not None and trusted is not None:
        found = yield from _shadowed(_trained_alike(erasure, main.gold), result, (original, after, trusted), control)
        judged = judged.with_figures(found)
    without, more = yield from judged_without(
        erasure, result.model, case, (judged.before, judged.after), (original, after), control
    )
    judged = judged.with_figures([*more, {}])
    made = main.gold.info.made if main else {}
    retrain_seconds, retrain_passes, retrain_machine = made_at_cost(made)
    lost = [not_found_note(erasure.forget.not_found)] if erasure.forget.not_found else []
    lost += erasure.left.warnings("")
    lost += [without.text()] if without else []
    report = Report(
        classes=erasure.workspace.card.classes,
        before=judged.before,
        after=judged.after,
        retrained=judged.retrained,
        seconds=result.seconds,
        retrain_seconds=retrain_seconds,
        guided=result.guided,
        task=erasure.forget.task,
        intent=erasure.situation.intent,
        notes=(*notes(case, trusted is not None, shadowed and trusted is not None), *lost),
        not_found=erasure.forget.not_found,
        yardstick=main.yardstick if main else None,
        passes=result.passes,
        retrain_passes=retrain_passes,
        machine=result.machine,
        retrain_machine=retrain_machine,
        second=_second(compared[1:], case, original, after),
        scaled=result.scaled,
        twins=erasure.left.counts(),
        resolved=result.resolved,
        moved=_moved(original, after),
        stopped=result.stopped,
        limits=limits_of(erasure, case.parts, original.outputs, after.outputs, result.seconds or None, result.stopped),
        without=without,
        forecast=result.forecast,
        audit_seconds=clock.seconds if result.forecast is not None else None,
        copies=erasure.left.decided(),
        asked=facts_of_erasure(erasure).for_record(),
    )
    if report.second is not None:
        yield Message(on_guesses(report), "warning" if disagreements(report) else "info")
    return report


def _scaled(raw: object) -> dict[str, float]:
    """As a checkpoint's record has it."""
    return {str(name): float(value) for name, value in raw.items()} if isinstance(raw, Mapping) else {}


def _moved(original: Look, after: Look) -> dict[str, int]:
    """How many pictures the result names otherwise than the original."""
    pairs = [(getattr(original.outputs, split), getattr(after.outputs, split)) for split in ("train", "test")]
    return {
        "pictures": sum(int((one.argmax(dim=1) != other.argmax(dim=1)).sum()) for one, other in pairs if len(one)),
        "of": sum(len(one) for one, _ in pairs),
    }


def _resolved(made: Mapping[str, Any]) -> dict[str, Any]:
    """As a checkpoint's record has it; those of earlier versions say nothing."""
    found = made.get(RESOLVED)
    return dict(found) if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class _Compared:
    """A reference, what it says of all pictures, and whether it may judge."""

    gold: Reference
    look: Look
    yardstick: Yardstick

    @property
    def trusted(self) -> Look | None:
        return self.look if self.yardstick.judges else None


@dataclass(frozen=True)
class _Judged:
    """The nets judged by one reference."""

    before: Audit
    after: Audit
    retrained: Audit | None

    def with_figures(self, more: list[dict[str, Figure]]) -> _Judged:
        """The same with further figures of the three."""
        before, after, retrained = more
        beside = self.retrained.with_figures(retrained) if self.retrained else None
        return _Judged(self.before.with_figures(before), self.after.with_figures(after), beside)


def _name_of(gold: Reference) -> str:
    """Of a kept look."""
    return f"retrained {sha256_of(gold.path)}"


def _looked_at(
    erasure: Erasure, gold: Reference, result: Result, original: Look, case: Case, looks: _Looks, *, then: int
) -> Generator[Event, None, _Compared]:
    """Ask a reference about all pictures, and settle what it stands for.

    :param then: how many looks come after it.
    """
    check_is_another(gold.model, result.model, gold.path)
    said = claim(erasure, gold.model, gold.info, gold.path)
    look = yield from looks.known(_name_of(gold), gold.model, case, then=then)
    yardstick = settled(erasure, gold, said, look.outputs, original.outputs, case.parts)
    text = f"Compared with {yardstick.text()}. {' '.join(yardstick.said)}"
    yield Message(text, "info" if yardstick.judges else "warning")
    return _Compared(gold, look, yardstick)


def _judged(main: _Compared | None, case: Case, original: Look, after: Look) -> _Judged:
    from maga_desk.auditing.figures.judged import Baselines, Judged
    from maga_desk.auditing.judging import judge

    baselines = Baselines(main.trusted if main else None, original)
    before, found = (judge(Judged(each, case, baselines)) for each in (original, after))
    return _Judged(before, found, judge(Judged(main.look, case, baselines)) if main else None)


def _second(others: Sequence[_Compared], case: Case, original: Look, after: Look) -> SecondJudgement | None:
    """The judgement by the second guess, where there is one."""
    for other in others:
        found = _judged(other, case, original, after)
        if found.retrained is not None:
            return SecondJudgement(found.before, found.after, found.retrained, other.yardstick)
    return None


def _trained_alike(erasure: Erasure, gold: Reference) -> Erasure:
    """The request with the recipe that its retrained net was really made by: shadow models are trained likewise."""
    if not erasure.recipe_is_guessed or not gold.info.made.get("recipe"):
        return erasure
    return with_recipe(erasure, TrainRecipe.model_validate(gold.info.made["recipe"]))


def _shadowed(
    erasure: Erasure, result: Result, looks: tuple[Look, Look, Look], control: RunControl
) -> Generator[Event, None, list[dict[str, Figure]]]:
    """The figures that rest on shadow models, of the original, the result and the retrained net, in this order."""
    from maga_desk.auditing.parts import parts_of
    from maga_desk.auditing.shadow_figures import confidences, shadow_figures
    from maga_desk.services.judging.shadows import shadows

    made = yield from shadows(erasure, result.proposal, result.seconds, control)
    parts = parts_of(erasure.workspace.images, erasure.forget)
    original, after, retrained = (confidences(each.outputs, parts) for each in looks)
    return [
        shadow_figures(original, retrained, made.of_the_original()),
        shadow_figures(after, retrained, made),
        shadow_figures(retrained, retrained, made),
    ]


def make_case(erasure: Erasure) -> Case:
    """What every net is asked in an audit of this forget set."""
    from maga_desk.auditing import looking
    from maga_desk.engine.routine import fresh_model
    from maga_desk.models.inference import Batches, logits

    workspace = erasure.workspace

    def untrained(pictures: Batches, positions: Tensor) -> Tensor:
        net = fresh_model(workspace.model, len(workspace.card.classes), _UNTRAINED_SEED, workspace.runtime)
        return logits(net, pictures, workspace.runtime, positions)

    return looking.make_case(
        workspace.images,
        workspace.pictures,
        workspace.runtime,
        erasure.forget,
        workspace.outputs,
        untrained,
        erasure.spec.audit.depth,
    )


def original_is_known(erasure: Erasure, case: Case) -> bool:
    """Whether the original was looked at before: an audit takes that look."""
    return _Looks(erasure, RunControl()).has("original", erasure.workspace.model, case)


class _Looks:
    """Takes an audit's looks, and says how long they and those that follow will take."""

    def __init__(self, erasure: Erasure, control: RunControl) -> None:
        self._erasure, self._control = erasure, control
        card, depth = erasure.workspace.card, erasure.spec.audit.depth
        self._units = card.train_pictures + card.test_pictures
        self._rate = Rate(f"looking {depth} {card.arch} {card.size[0]}x{card.size[1]}, {card.device}, {card.precision}")

    def take(
        self, model: nn.Module, case: Case, title: str, known: Outputs | None = None, *, then: int = 0
    ) -> Generator[Event, None, Look]:
        """Look at a net.

        :param then: how many looks come after it.
        """
        from maga_desk.auditing.looking import look

        later, looking = self._rate.for_units(then * self._units), look(model, case, self._control, title, known)
        return (yield from expecting(looking, self._rate, self._units, self._control, then=later))

    def known(self, name: str, model: nn.Module, case: Case, *, then: int) -> Generator[Event, None, Look]:
        """A look at a net that does not change; taken once for each forget set, and kept for later audits."""
        workspace, key = self._erasure.workspace, self._key(name)
        if not self.has(name, model, case):
            known = workspace.outputs if model is workspace.model else None
            title, shelf = "the original" if known else "the retrained model", kept_shelf()
            found = yield from self.take(model, case, title, known, then=then)
            keep_look(shelf, entry_of(workspace, model, case), found)
            workspace.looks[key] = found
        return workspace.looks[key]

    def has(self, name: str, model: nn.Module, case: Case) -> bool:
        """Whether a look was taken before; it is at hand then."""
        workspace, key = self._erasure.workspace, self._key(name)
        if key not in workspace.looks:
            found = find_look(kept_shelf(), entry_of(workspace, model, case), workspace)
            if found is not None:
                workspace.looks[key] = found
        return key in workspace.looks

    def _key(self, name: str) -> str:
        forgotten = hashlib.sha256(self._erasure.forget.indices.tobytes()).hexdigest()
        return f"{name} {self._erasure.spec.audit.depth} {forgotten}"
