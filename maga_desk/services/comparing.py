"""Comparisons: many runs without folders, each tried once, kept as it is done.

A trial is known by a fingerprint of all that its figures rest on; one that was done before, in this comparison or in
another, is not done again. Retrained references are made once and shared.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from maga_desk.domain.control import Clock, RunControl
from maga_desk.domain.errors import GuidanceError, MethodError, SpecError, located
from maga_desk.domain.events import Ended, Event, Message, Progress, Started, Tried
from maga_desk.domain.measures import VERSION
from maga_desk.domain.methods import MethodInfo
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Guided, Report
from maga_desk.domain.specs.comparison import Comparison, Contender, TaskSpec
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.run import OPENED, MethodSpec, RunSpec
from maga_desk.domain.trials import Trial
from maga_desk.guidance.means import Means
from maga_desk.services.accuracy_check import check_believable
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import NO_MEANS, proposing
from maga_desk.services.judging.audits import Result, auditing
from maga_desk.services.judging.yardsticks import remembered
from maga_desk.services.parts import check_one_goal, said_of_parts
from maga_desk.services.workspace import Workspace, opening, said_of_names

_TUNED_BY = "gap"
_WORST = 1e9
_OPEN_AT_ONCE = 4
_ONE_GOAL = (
    "a comparison has one goal for each task: write a [[task]] for each of them, or together = true in its forget, "
    "which makes all of it single pictures"
)


class TrialBook(Protocol):
    """Where trials are kept."""

    def known_trial(self, digest: str) -> Trial | None:
        """The trial of this fingerprint, if it was done."""
        ...

    def keep_trial(self, digest: str, trial: Trial) -> None:
        """Keep a trial; returns when it is safe."""
        ...


@dataclass
class Shelf:
    """A book in memory, for those who keep nothing."""

    trials: dict[str, Trial] = field(default_factory=dict)

    def known_trial(self, digest: str) -> Trial | None:
        return self.trials.get(digest)

    def keep_trial(self, digest: str, trial: Trial) -> None:
        self.trials[digest] = trial


def compare(
    comparison: Comparison, control: RunControl, *, book: TrialBook, means: Means = NO_MEANS, dry: bool = False
) -> Iterator[Event]:
    """Every contender on every task with every seed; ``Tried`` for each, ``Ended.summary`` counts them.

    :param dry: only what was done before; nothing is run.
    :raises UserError: a mistake in the comparison, before anything is run.
    :raises Cancelled: in between; what is done is kept.
    """
    from maga_desk.engine.registry import METHODS

    yield Started("Comparing")
    contenders = comparison.contenders([name for name in METHODS if name != "retrain"])
    plan = comparison.plan
    _check_tuning(comparison)
    for task, contender in itertools.product(plan.tasks, contenders):
        comparison.run_of(task, contender, plan.seeds[0])  # a wrong key is named before any work
        _info(contender)
    bench = _Bench(comparison, control, book, means, dry)
    yield from bench.looked_up()
    total = len(plan.tasks) * len(plan.seeds) * len(contenders)
    counts = {"done": 0, "failed": 0, "unable": 0, "missing": 0}
    number = 0
    for task, contender in _by_workspace(comparison, contenders):
        tuned = yield from bench.tuned(task, contender)
        for seed in plan.seeds:
            yield Progress("Comparing", number, total)
            number += 1
            trial = yield from bench.trial(task, contender, seed, tuned)
            counts[trial.status if trial else "missing"] += 1
            if trial is not None:
                yield Tried(trial)
    yield Progress("Comparing", total, total)
    yield Ended("finished", {**counts, "device": bench.device, "precision": bench.precision})


def _check_tuning(comparison: Comparison) -> None:
    """:raises SpecError: tuning is asked for and cannot be done."""
    tuning, base = comparison.plan.tuning, comparison.base
    if not tuning.budget:
        return
    for missing, todo in (
        (not tuning.tasks, "write [[tuning.task]]"),
        (not base.data.held_out, "write [data] held_out, e.g. 0.2"),
        (base.audit.retrained is None, 'write [audit] retrained = "make"'),
    ):
        if missing:
            raise SpecError("tuning has nothing to judge by", where="tuning", todo=todo)


def guidances(comparison: Comparison) -> list[GuidanceSpec]:
    """Whoever is asked in any of the runs, each once."""
    from maga_desk.engine.registry import METHODS

    found: list[GuidanceSpec] = []
    for task, contender in itertools.product(comparison.plan.tasks, comparison.contenders(list(METHODS))):
        guidance = comparison.run_of(task, contender, comparison.plan.seeds[0]).guidance
        if guidance not in found:
            found.append(guidance)
    return found


def _by_workspace(comparison: Comparison, contenders: Sequence[Contender]) -> list[tuple[TaskSpec, Contender]]:
    """Task by task, those on the same model and pictures after one another: opening takes longest."""
    first = contenders[0]

    def place(task: TaskSpec) -> str:
        run = comparison.run_of(task, first, comparison.plan.seeds[0])
        return json.dumps([run.data.model_dump(mode="json"), run.model.model_dump(mode="json")])

    order: dict[str, list[TaskSpec]] = {}
    for task in comparison.plan.tasks:
        order.setdefault(place(task), []).append(task)
    return [(task, contender) for tasks in order.values() for task in tasks for contender in contenders]


def _info(contender: Contender) -> MethodInfo:
    from maga_desk.engine.registry import METHODS

    return METHODS.find(contender.method.name).info


@dataclass
class _Bench:
    """Keeps what trials share: the open model, proposals of the same guidance."""

    comparison: Comparison
    control: RunControl
    book: TrialBook
    means: Means
    dry: bool
    open: dict[str, Workspace] = field(default_factory=dict)
    proposals: dict[str, tuple[Proposal, float]] = field(default_factory=dict)
    device: str = ""
    precision: str = ""

    def looked_up(self) -> Iterator[Event]:
        """What each task forgets, before any trial is run.

        :raises ForgetError: unknown names; nothing, or everything, goes; or one task has several goals.
        """
        plan = self.comparison.plan
        for task in (*plan.tasks, *plan.tuning.tasks):
            with located(f"task '{task.name}'"):
                erasure = yield from self.any_erasure(task)
                check_one_goal(erasure, _ONE_GOAL)
            yield from said_of_names(erasure.forget)
            yield from said_of_parts(erasure)

    def trial(
        self, task: TaskSpec, contender: Contender, seed: int, tuned: Mapping[str, Any] | None
    ) -> Generator[Event, None, Trial | None]:
        """Do a trial, or find it done; ``None``: it was not done and nothing may be."""
        spec = _with_params(self.comparison.run_of(task, contender, seed), tuned)
        workspace = yield from self.opened(spec)
        check_believable(workspace.card, spec)
        erasure = Erasure.of(workspace, spec)
        digest = _trial_digest(erasure)
        known = self.book.known_trial(digest)
        if known is not None:
            known = replace(known, report=_with_yardstick(known.report, erasure))
            return replace(known, task=task.name, contender=contender.name, tuned=tuned)
        if self.dry:
            return None
        trial = Trial(task.name, contender.name, seed, "done", tuned=tuned)
        try:
            report = yield from self.report(erasure)
            trial = replace(trial, report=report)
        except MethodError as error:
            able = erasure.forget.task in _info(contender).tasks
            trial = replace(trial, status="failed" if able else "unable", reason=str(error))
        except GuidanceError as error:  # who is asked may be there again the next time
            return replace(trial, status="failed", reason=str(error))
        self.book.keep_trial(digest, trial)
        return trial

    def report(self, erasure: Erasure) -> Generator[Event, None, Report]:
        """Unlearn as a run does, with the same range test and the same guard of what stays, and judge.

        :raises MethodError: it cannot be done, diverged, or harmed what stays.
        """
        from maga_desk.engine.loop import run

        proposal, seconds = None, 0.0
        if "guidance" in erasure.method.info.needs:
            proposal, seconds = yield from self.proposed(erasure)
        inputs = erasure.inputs(proposal, guarded=True, spent=seconds)
        outcome = yield from run(erasure.spec.method, inputs, self.control)
        guided = Guided.of(proposal) if proposal else None
        machine = erasure.workspace.runtime.machine
        took = outcome.seconds + seconds
        result = Result(outcome.model, took, guided, proposal, outcome.passes, machine, outcome.scaled)
        result = replace(result, stopped=outcome.stopped)
        return (yield from auditing(erasure, result, self.control))

    def proposed(self, erasure: Erasure) -> Generator[Event, None, tuple[Proposal, float]]:
        """The labels and the seconds that proposing them took; asked once for the same question."""
        workspace, spec = erasure.workspace, erasure.spec
        asked = [spec.guidance.model_dump(mode="json"), spec.seed, spec.method.model_dump(mode="json"), spec.intent]
        forgotten = hashlib.sha256(erasure.forget.indices.tobytes()).hexdigest()
        key = json.dumps([workspace.images.fingerprint, workspace.card.checkpoint, forgotten, asked])
        if key not in self.proposals:
            clock = Clock(self.control)
            proposal = yield from proposing(erasure, self.control, self.means)
            self.proposals[key] = proposal, clock.seconds
        return self.proposals[key]

    def opened(self, spec: RunSpec) -> Generator[Event, None, Workspace]:
        """The workspace of a run; the last few are kept, so that tuning and trials can take turns."""
        key = spec.model_dump_json(include=set(OPENED))
        workspace = self.open.pop(key, None)
        if workspace is None:
            while len(self.open) >= _OPEN_AT_ONCE:
                del self.open[next(iter(self.open))]
            workspace = yield from opening(spec, self.control)
            self.device, self.precision = workspace.card.device, workspace.card.precision
        self.open[key] = workspace
        return workspace

    def tuned(self, task: TaskSpec, contender: Contender) -> Generator[Event, None, Mapping[str, Any] | None]:
        """The best of the settings tried on the tuning tasks of the same kind; ``None`` where nothing is tuned."""
        tuning, info = self.comparison.plan.tuning, _info(contender)
        if not tuning.budget or not info.search or not contender.tune:
            return None
        kind = yield from self.kind(task)
        fitting = []
        for each in tuning.tasks:
            if (yield from self.kind(each)) == kind:
                fitting.append(each)
        if kind not in info.tasks:
            return None
        fitting = fitting or list(tuning.tasks)
        best: Mapping[str, Any] = {}
        least = _WORST
        for params in candidates(info, tuning.budget, tuning.seed, contender.method.params):
            gaps = []
            for each in fitting:
                trial = yield from self.tuning_trial(each, contender, params)
                if trial is None:
                    return None
                value = trial.report.after.value(_TUNED_BY) if trial.report else None
                gaps.append(_WORST if value is None else value)
            if sum(gaps) / len(gaps) < least:
                best, least = params, sum(gaps) / len(gaps)
        if least >= _WORST:
            text = "no retrained model of the tuning tasks counts as a yardstick; its defaults are used"
            yield Message(f"{contender.name}, {kind}: {text}", "warning")
            return best
        yield Message(f"{contender.name}, {kind}: tuned to {dict(best) or 'its defaults'} (gap {least:.2f})")
        return best

    def tuning_trial(
        self, task: TaskSpec, contender: Contender, params: Mapping[str, Any]
    ) -> Generator[Event, None, Trial | None]:
        """A trial on a tuning task, judged on the pictures that are held out, by accuracies and entropy alone."""
        data, audit = (
            {**task.data, "judge_on": "held-out"},
            {**task.audit, "depth": "quick", "shadows": 0, "without_retraining": False},
        )
        held_out = task.model_copy(update={"data": data, "audit": audit})
        return (yield from self.trial(held_out, contender, self.comparison.plan.tuning.seed, params))

    def kind(self, task: TaskSpec) -> Generator[Event, None, str]:
        """What kind of task the forget set is."""
        return (yield from self.any_erasure(task)).forget.task

    def any_erasure(self, task: TaskSpec) -> Generator[Event, None, Erasure]:
        """A task as one of its contenders has it."""
        first = self.comparison.contenders(["fine-tune"])[0]
        spec = self.comparison.run_of(task, first, self.comparison.plan.seeds[0])
        workspace = yield from self.opened(spec)
        return Erasure.of(workspace, spec)


def candidates(info: MethodInfo, budget: int, seed: int, fixed: Collection[str] = ()) -> list[dict[str, Any]]:
    """The settings that tuning tries: the defaults, then a seeded draw from the method's search ranges, none twice.

    :param fixed: parameters that a row sets itself; they are left alone.
    """
    free = {name: values for name, values in info.search.items() if name not in fixed}
    grid = [dict(zip(free, values, strict=True)) for values in itertools.product(*free.values())] if free else []
    random.Random(seed).shuffle(grid)
    return [{}, *grid][:budget]


def _with_yardstick(report: Report | None, erasure: Erasure) -> Report | None:
    """The report; one of earlier versions is told what it was judged by, where the fingerprint leaves no doubt."""
    if report is None or report.retrained is None or report.yardstick is not None:
        return report
    return replace(report, yardstick=remembered(erasure))


def _with_params(spec: RunSpec, tuned: Mapping[str, Any] | None) -> RunSpec:
    if not tuned:
        return spec
    method = spec.method
    changed = MethodSpec(name=method.name, preset=method.preset, params={**tuned, **method.params})
    return spec.model_copy(update={"method": changed})


def _trial_digest(erasure: Erasure) -> str:
    method = erasure.spec.method
    info = _info(Contender(name=method.name, method=method))
    try:  # as they are now: another release may have other defaults
        settings = info.parameters(erasure.situation, method.params, method.preset).model_dump_json()
    except MethodError as error:
        settings = str(error)
    parts = [erasure.run_digest, erasure.audit_digest, settings, str(VERSION)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]
