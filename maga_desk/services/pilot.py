"""The pilot before a run: about thirty seconds that say what method, retraining and audit will take on this machine.

Real steps of the chosen method are taken on the real device, with the real net and batches, then of a retraining, and
the original is judged once as the result will be. Nothing of the nets is kept. What was said is kept in the user's
folder until a run of the same settings begins, and then with the run.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maga_desk.domain.choices import involved
from maga_desk.domain.control import Clock, RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Ended, Event, Forecasted, Progress, Started
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.run_forecast import Expectation, RunForecast
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import proposing
from maga_desk.services.installation import proposers
from maga_desk.services.judging.audits import make_case, original_is_known
from maga_desk.services.judging.by_guess import guessed_before
from maga_desk.services.judging.guessing import with_recipe
from maga_desk.services.judging.memory import check_training
from maga_desk.services.judging.references import fitting
from maga_desk.services.judging.shadows import missing_shadows
from maga_desk.services.judging.trainings import SEED, Training, find_trained, training_routine
from maga_desk.services.judging.verification import SHARE, verification_trainings
from maga_desk.services.kept_forecasts import remember

if TYPE_CHECKING:
    from maga_desk.auditing.looking import Case
    from maga_desk.engine.inputs import RunInputs
    from maga_desk.engine.pilot import Bounded, Pace

SECONDS = 30.0
"""What a pilot takes at most, as far as work can be interrupted."""

_METHOD, _RETRAINING, _AUDIT = 0.4, 0.2, 0.4  # of these seconds
_REPEATED = 5  # times that a short preparation is done at most


def forecasting_run(
    erasure: Erasure, control: RunControl, proposal: Proposal | None = None, seconds: float = SECONDS
) -> Iterator[Event]:
    """Say what a run will take: one ``Forecasted``, which is remembered; ``Ended`` has it as a summary.

    :param proposal: the labels, where they are there already; without, others stand in for them, and nothing is asked.
    :raises MethodError: the method cannot do this.
    :raises ResourceError: a step of it does not fit into memory.
    :raises Cancelled: in between.
    """
    yield Started("Forecasting what the run takes")
    clock = Clock(control)
    info = erasure.method.info
    notes: list[str] = []
    method, pace = yield from _method(erasure, control, proposal, seconds * _METHOD)
    again, training = yield from _retraining(erasure, control, seconds * _RETRAINING, notes)
    audit = yield from _audit(erasure, control, seconds * _AUDIT, again, method, training or pace)
    _give_back()
    forecast = RunForecast(
        title=info.title,
        method=method,
        retraining=again,
        audit=audit,
        recipe=_by_recipe(erasure).recipe.text(),
        guessed=erasure.recipe_is_guessed,
        exact=info.exact,
        elsewhere=erasure.workspace.trained_elsewhere,
        here=fitting(erasure) is not None,
        machine=f"{erasure.workspace.card.device}, {erasure.workspace.card.precision}",
        at=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        took=clock.seconds,
        notes=tuple(notes),
    )
    remember(erasure, forecast)
    yield Forecasted(forecast)
    yield Ended("finished", forecast.as_dict())


def _method(
    erasure: Erasure, control: RunControl, proposal: Proposal | None, seconds: float
) -> Generator[Event, None, tuple[Expectation, Pace | None]]:
    """Prepare the method and take some of its steps."""
    from maga_desk.engine.loop import preparing
    from maga_desk.engine.pilot import ALONE, Bounded, OutOfTime, Pace, paced
    from maga_desk.models.peak import Peak

    runtime, spec = erasure.workspace.runtime, erasure.spec.method
    told = _Told()
    with Peak(runtime.device) as peak:
        given = yield from _given(erasure, Bounded(control, seconds / 2), proposal)
        inputs, note, seconds = given.inputs, given.note, seconds - given.proposed
        bounded = Bounded(control, seconds)
        try:
            ready = yield from told.by(preparing(spec, inputs, bounded))
        except OutOfTime:
            return _unprepared(given.proposed, bounded.seconds, told, peak.host, note), None
        runtime.synchronise()
        spent = [bounded.seconds]
        if not ready.routine.steps:
            while len(spent) < _REPEATED and bounded.seconds + spent[-1] < seconds:
                clock = Clock(control)
                yield from told.by(preparing(spec, inputs, control))
                runtime.synchronise()
                spent.append(clock.seconds)
            kept = tuple(spent[1:] or spent)
            expected, low, high = (given.proposed + each for each in Pace(kept, sum(kept)).between(1))
            how = f"Done {len(spent)} time{'' if len(spent) == 1 else 's'}: it takes no steps."
            pace = None
        else:
            room = max(seconds / 4, seconds - spent[0])
            pace = yield from paced(ready.routine, runtime, control, room, "Trying steps of the method", ready.tally)
            first = given.proposed + spent[0]
            expected, low, high = pace.between(ready.routine.steps)
            expected, low, high = expected + first, low + first / (1 + ALONE), high + first * (1 + ALONE)
            before = f"{first:.1f} s of preparation and " if first >= 0.5 else ""
            how = f"{before}{ready.routine.steps:,} steps."
    return Expectation(expected, low, high, peak.host, peak.device, f"{how} {note}".strip()), pace


def _unprepared(proposed: float, spent: float, told: _Told, host: int, note: str) -> Expectation:
    """Of a method whose preparation did not end within the pilot: no upper end is known."""
    share = told.share
    how = "Its preparation is longer than the pilot: this is the least."
    whole = proposed + (spent / share if share else spent)
    return Expectation(whole, proposed + spent, None, host, None, f"{how} {note}".strip())


class _Told:
    """Passes progress on, and remembers how far the last stage had come."""

    def __init__(self) -> None:
        self.share = 0.0

    def by(self, events: Generator[Event, None, Any]) -> Generator[Event, None, Any]:
        while True:
            try:
                event = next(events)
            except StopIteration as stop:
                return stop.value
            if isinstance(event, Progress):
                self.share = event.done / event.total if event.total else 0.0
                yield event


@dataclass(frozen=True)
class _Given:
    """What the method is given.

    :param proposed: seconds that its labels took, as they will in the run.
    :param note: what is to be said of its labels.
    """

    inputs: RunInputs
    proposed: float = 0.0
    note: str = ""


def _given(erasure: Erasure, bounded: Bounded, proposal: Proposal | None) -> Generator[Event, None, _Given]:
    """Labels are proposed as in the run, unless a model would be asked: then those that are there are taken, or others
    that stand in for them, each picture the next class. Which label it is does not change what the method takes.
    """
    import torch
    import torch.nn.functional as F

    from maga_desk.engine.pilot import OutOfTime

    if "guidance" not in erasure.method.info.needs:
        return _Given(erasure.inputs())
    note = "Asking a model for labels is not in it."
    if not any(info.asks for info in involved(erasure.spec.guidance, proposers())):
        try:
            made = yield from _Told().by(proposing(erasure, bounded))
            return _Given(erasure.inputs(made), bounded.seconds)
        except OutOfTime:
            note = "Proposing labels takes longer than the pilot, and is not in it."
    if proposal is not None:
        return _Given(erasure.inputs(proposal), note=note)
    inputs = erasure.inputs()
    labels = (torch.from_numpy(erasure.workspace.images.train.labels[erasure.forget.indices]) + 1) % inputs.classes
    inputs = replace(inputs, labels=labels, targets=F.one_hot(labels, inputs.classes).float())
    return _Given(inputs, note=note)


def _by_recipe(erasure: Erasure) -> Erasure:
    """The request with the recipe that it is retrained by: where it has to be guessed, the guess that was made
    before.
    """
    before = guessed_before(erasure, _reference(erasure))
    return erasure if before is None else with_recipe(erasure, before.recipe)


def _reference(erasure: Erasure) -> Training:
    return Training(erasure.gone, erasure.spec.seed + SEED)


def _retraining(
    erasure: Erasure, control: RunControl, seconds: float, notes: list[str]
) -> Generator[Event, None, tuple[Expectation | None, Pace | None]]:
    """Take some steps of a retraining; gives seconds of a picture's training too."""
    from maga_desk.engine.passes import Tally
    from maga_desk.engine.pilot import Pace, paced
    from maga_desk.models.peak import Peak

    workspace, by = erasure.workspace, _by_recipe(erasure)
    try:
        check_training(by)
        with Peak(workspace.runtime.device) as peak:
            routine = training_routine(by, _reference(erasure), "")
            tally = Tally(routine.model, workspace.pictures.train, workspace.runtime)
            pace = yield from paced(routine, workspace.runtime, control, seconds, "Trying steps of retraining", tally)
    except UserError as error:
        notes.append(f"Retraining cannot be forecast: {error.what}.")
        return None, None
    note = f"{by.recipe.text()}; {routine.steps:,} steps."
    if erasure.recipe_is_guessed:
        note += " The original does not say how it was trained; a guess that falls short is trained for longer."
    seconds_of_it, low, high = pace.between(routine.steps)
    upper = None if erasure.recipe_is_guessed else high
    expected = Expectation(seconds_of_it, low, upper, peak.host, peak.device, note)
    size = min(by.recipe.batch_size, erasure.retained)
    return expected, Pace(tuple(block / size for block in pace.blocks), pace.measured)


@dataclass(frozen=True)
class _Nets:
    """What an audit looks at and trains.

    :param looks: nets that are looked at; each is ``judged`` as well, the original too.
    :param retrainings: whole trainings, in numbers of retrainings; ``unlearnings``: of shadow models.
    """

    looks: int
    judged: int
    retrainings: float
    unlearnings: int


def _nets(erasure: Erasure, case: Case) -> _Nets:
    audit = erasure.spec.audit
    there = fitting(erasure) is not None
    made = audit.retrained == "make" and not there
    second = audit.guesses > 1 and erasure.recipe_is_guessed and made
    references = int(there or audit.retrained is not None) + int(second)
    trainings = float(made) + float(second)
    missing = missing_shadows(erasure) if audit.shadows and references else 0
    if audit.without_retraining:
        wanted = verification_trainings(erasure)
        trainings += SHARE * sum(find_trained(erasure, each) is None for each in wanted)
    return _Nets(
        looks=1 + int(not original_is_known(erasure, case)) + references,
        judged=2 + references,
        retrainings=trainings + missing,
        unlearnings=audit.shadows if references else 0,
    )


def _audit(
    erasure: Erasure,
    control: RunControl,
    seconds: float,
    again: Expectation | None,
    method: Expectation,
    pace: Pace | None,
) -> Generator[Event, None, Expectation]:
    """Judge the original as the result will be. What does not end in time is told by how many pictures pass."""
    from maga_desk.auditing.amount import amount_of
    from maga_desk.auditing.figures.judged import Baselines, Judged
    from maga_desk.auditing.judging import judge
    from maga_desk.auditing.looking import look
    from maga_desk.engine.pilot import ALONE, Bounded, OutOfTime, Pace
    from maga_desk.models.peak import Peak

    model, runtime = erasure.workspace.model, erasure.workspace.runtime
    told = _Told()
    with Peak(runtime.device) as peak:
        case = make_case(erasure)
        nets, amount = _nets(erasure, case), amount_of(case)
        bounded = Bounded(control, seconds)
        spent: list[float] = []
        comparing = 0.0
        try:
            while not spent or (len(spent) < _REPEATED and bounded.seconds + spent[-1] < seconds):
                before = bounded.seconds
                found = yield from told.by(look(model, case, bounded, "the original, as a trial"))
                runtime.synchronise()
                spent.append(bounded.seconds - before)
                if not comparing:
                    judge(Judged(found, case, Baselines(None, found)))
                    comparing = bounded.seconds - before - spent[-1]
        except OutOfTime:
            pass
        if spent:
            each, low, high = Pace(tuple(spent), sum(spent)).between(1)
            how = f"A look at a net was taken {len(spent)} time{'' if len(spent) == 1 else 's'}."
        else:
            read = yield from _reading(erasure, control, seconds / 4)
            each, low, high = read.between(amount.read)
            least = bounded.seconds
            each, low, high = max(each, least), max(low, least), max(high, least)
            how = "A look at a net is longer than the pilot: it is told by how many pictures pass."
            if pace is not None:
                sure = pace.between(amount.surely)
                each, low, high = each + sure[0], low + sure[1], high + sure[2]
    extra = pace.between(amount.trained - amount.surely) if pace is not None else (0.0, 0.0, 0.0)
    relearning = nets.looks  # a net that has forgotten may take all steps of relearning, or stop at once
    compare = nets.judged * comparing
    expected = Expectation(
        nets.looks * each + relearning * extra[0] / 2 + compare,
        nets.looks * low + compare / (1 + ALONE),
        nets.looks * high + relearning * extra[2] + compare * (1 + ALONE),
        peak.host,
        peak.device,
        f"{nets.looks} net{'' if nets.looks == 1 else 's'} to look at. {how}",
    )
    more = "With the trainings that it needs." if nets.retrainings else ""
    expected = expected.with_more(again, nets.retrainings, more)
    return expected.with_more(method, nets.unlearnings, "With the unlearnings of shadow models.")


def _reading(erasure: Erasure, control: RunControl, seconds: float) -> Generator[Event, None, Pace]:
    """Seconds in which a picture passes through the net, forward only."""
    import torch

    from maga_desk.engine.pilot import BLOCKS, Pace
    from maga_desk.models.evenly import evenly
    from maga_desk.models.inference import logits

    workspace, clock, found = erasure.workspace, Clock(control), list[float]()
    pictures = workspace.pictures.train
    chosen = evenly(torch.arange(len(pictures)), 512)
    for number in range(BLOCKS + 1):
        control.checkpoint()
        yield Progress("Trying how fast pictures pass", number, BLOCKS + 1)
        start = time.perf_counter()
        logits(workspace.model, pictures, workspace.runtime, chosen)
        workspace.runtime.synchronise()
        found.append((time.perf_counter() - start) / len(chosen))
        if clock.seconds > seconds:
            break
    return Pace(tuple(found[1:] or found), clock.seconds)


def _give_back() -> None:
    """What the pilot's nets held on a GPU."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
