"""A whole run: open, propose, unlearn, save, judge, and leave a folder that says what was done.

What the folder holds: :mod:`maga_desk.domain.run_folder`.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maga_desk import __version__
from maga_desk.domain.control import Cancelled, Clock, RunControl
from maga_desk.domain.cost import Machine, Passes, made_at_cost
from maga_desk.domain.errors import HarmError
from maga_desk.domain.events import (
    Audited,
    Begun,
    Ended,
    Event,
    Message,
    NoisePair,
    Opened,
    Proposed,
    Saved,
    SetAside,
    Started,
    tapped,
)
from maga_desk.domain.files import ensure_folder, folder_for
from maga_desk.domain.lineage import earlier_steps
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.protection import check_run_folder, is_taken_by_run, set_aside, taken
from maga_desk.domain.resolved import RESOLVED, ordered_plain
from maga_desk.domain.results import Guided, Report
from maga_desk.domain.run_folder import EVENTS, KINDS, LAST_GOOD
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.summary import Summary, judged_part
from maga_desk.guidance.means import Means
from maga_desk.services.accuracy_check import check_believable, check_unchanged
from maga_desk.services.copies import looking_where_asked
from maga_desk.services.environment import environment
from maga_desk.services.erasure import Erasure
from maga_desk.services.forgotten import LIST_DIGEST, MADE_BY_UNLEARNING
from maga_desk.services.guidance import NO_MEANS, proposing
from maga_desk.services.judging.audits import Result, auditing
from maga_desk.services.judging.references import check_reference, outputs_to_watch
from maga_desk.services.judging.starting import check_start
from maga_desk.services.judging.trainings import made_by_retraining
from maga_desk.services.kept_forecasts import kept_forecast, said_of_retraining
from maga_desk.services.parts import said_of_parts
from maga_desk.services.resolving import judging_of, resolved_of
from maga_desk.services.run_folder import EventFile, RunFolder
from maga_desk.services.said_before import said_before
from maga_desk.services.workspace import Workspace, opening, said_of_names

if TYPE_CHECKING:
    from torch import nn


def run(
    spec: RunSpec,
    control: RunControl,
    *,
    workspace: Workspace | None = None,
    resume: bool = False,
    force: bool = False,
    means: Means = NO_MEANS,
) -> Generator[Event, None, Workspace | None]:
    """Everything from the pictures to ``summary.json`` in ``spec.output.dir``; ends with one ``Ended``.

    :param workspace: an open one, used when it fits the spec.
    :param resume: go on with what an interrupted run of the same settings left; otherwise start anew.
    :param force: set an earlier result in that folder aside instead of refusing.
    :param means: what a questioned model needs: remembered answers, keys, agreements.
    :returns: the workspace that was used; ``None`` when cancelled.
    :raises UserError: whatever a person can mend, before anything is overwritten.
    """
    check_run_folder(spec, resume=resume, force=force)
    with (
        folder_for(Path(spec.output.dir)) as path,
        OnlyWriter(path, *KINDS) as held,
        EventFile(path / EVENTS, keep=resume) as log,
    ):
        attempt = _Attempt(RunFolder(path), held, log, control, resume, force)
        used, ends = None, list[Event]()
        try:
            used = yield from _before_its_end(tapped(_run(spec, workspace, attempt, means), log.write), ends)
        except Cancelled:
            ends = [Ended("cancelled", folder=str(path) if log.begun else None)]
            log.write(ends[0])
        except Exception as error:
            log.write(Message(str(error), "error"))
            raise
    yield from ends  # once the folder is free: whoever hears it may begin the next run there
    return used


def _before_its_end(events: Generator[Event, None, Workspace], ends: list[Event]) -> Generator[Event, None, Workspace]:
    """All events but ``Ended``, which is put into ``ends``."""
    while True:
        try:
            event = next(events)
        except StopIteration as finished:
            workspace: Workspace = finished.value
            return workspace
        if isinstance(event, Ended):
            ends.append(event)
        else:
            yield event


@dataclass(frozen=True)
class _Attempt:
    """Where a run is done and how it is stopped.

    :param resume: go on with what is in the folder.
    :param force: set an earlier result in it aside.
    """

    folder: RunFolder
    held: OnlyWriter
    log: EventFile
    control: RunControl
    resume: bool
    force: bool


def _run(
    spec: RunSpec, workspace: Workspace | None, attempt: _Attempt, means: Means
) -> Generator[Event, None, Workspace]:
    from maga_desk.engine.registry import METHODS

    folder, control = attempt.folder, attempt.control
    yield Started(f"Unlearning with {METHODS.find(spec.method.name).info.title}")
    begun = folder.begun if attempt.resume else None
    if workspace is None or not workspace.fits(spec) or not workspace.can_go_on(begun):
        workspace = yield from opening(spec, control, begun, asked=True)
    else:
        check_unchanged(workspace.card)
        yield from looking_where_asked(workspace.copies, spec.forget, control)
    yield Opened(workspace.card)
    erasure = Erasure.of(workspace, spec)
    yield from said_of_names(erasure.forget)
    yield from said_of_parts(erasure)
    yield from said_before(erasure)
    needs = erasure.method.info.needs  # wrong parameters are named before any work
    check_believable(workspace.card, spec)
    check_reference(erasure)
    finished = folder.finished(erasure) if attempt.resume else None
    if finished is None and (erasure.method.info.retrains or spec.audit.retrained == "make"):
        yield from check_start(erasure, control)
    if finished is not None:
        yield Message("This run is already finished; nothing was done again")
        yield Ended("finished", finished, str(folder.path))
        return workspace
    foreign = is_taken_by_run(folder.path) and not (attempt.resume and folder.holds(erasure.run_digest))
    if foreign and not attempt.force:
        raise taken(folder.path)
    clock, proposal = Clock(control), None
    if "guidance" in needs:
        proposal = yield from proposing(erasure, control, means)
        yield Proposed(proposal)
    seconds = clock.seconds
    if foreign:
        moved_to = set_aside(folder.path)
        ensure_folder(folder.path)
        attempt.held.follow(moved_to)
        yield SetAside(str(folder.path.resolve()), str(moved_to))
    attempt.log.begin()  # everything that a person can get wrong was looked at: from here on the folder is this run's
    yield Begun(str(folder.path))
    done = yield from _found(erasure, attempt)
    if done is None:
        folder.write_start(erasure, proposal)
        forecast = kept_forecast(erasure) or (folder.forecast if attempt.resume else None)
        folder.write_forecast(forecast)
        yield from said_of_retraining(erasure, forecast)
        done = yield from _unlearned(erasure, proposal, seconds, attempt)
    guided = Guided.of(proposal) if proposal else None
    resolved = ordered_plain({**resolved_of(erasure, done.training, done.scaled), **done.resolved})
    if not done.found:
        _save(folder, erasure, guided, done, resolved)
    yield Saved(str(folder.checkpoint))
    result = Result(done.model, done.seconds, guided, proposal, done.passes, done.machine, done.scaled, resolved)
    result = replace(result, stopped=done.stopped, forecast=folder.forecast)
    report = yield from auditing(erasure, result, control)
    summary = folder.write_end(erasure, report, _summary(erasure, report, folder))
    yield Audited(report)
    yield Ended("finished", summary.as_dict(), str(folder.path))
    return workspace


@dataclass(frozen=True)
class _Done:
    """The unlearned net, and what proposing and unlearning took.

    :param found: it was already in the folder.
    :param scaled: parameters whose defaults were scaled to what the net bears, and the values that were used.
    :param training: how its steps were taken; of one that was found, all values stand in ``resolved``.
    :param stopped: the limit that ended it early, in words; else empty.
    """

    model: nn.Module
    seconds: float
    steps: int
    passes: Passes | None
    machine: Machine | None
    found: bool = False
    scaled: Mapping[str, float] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    stopped: str = ""


def _found(erasure: Erasure, attempt: _Attempt) -> Generator[Event, None, _Done | None]:
    """The net that an interrupted run left; ``None``: it is still to be made."""
    from maga_desk.models.checkpoint import read_state, restore

    path = attempt.folder.checkpoint
    if not (attempt.resume and path.exists()):
        return None
    state, info = read_state(path)
    if info.made.get("digest") != erasure.run_digest:
        return None
    model, _ = restore(state, info.arch, where=str(path))
    yield Message("The unlearned checkpoint is already there; going on with judging it")
    model = erasure.workspace.runtime.place(model).eval()
    _, passes, machine = made_at_cost(info.made)
    scaled = dict(info.made.get("scaled") or {})
    seconds, steps = float(info.made["seconds"]), int(info.made["steps"])
    resolved = {**(info.made.get(RESOLVED) or {}), **judging_of(erasure)}
    done = _Done(model, seconds, steps, passes, machine, found=True, scaled=scaled, resolved=resolved)
    return replace(done, stopped=str(info.made.get("stopped") or ""))


def _unlearned(
    erasure: Erasure, proposal: Proposal | None, proposing_took: float, attempt: _Attempt
) -> Generator[Event, None, _Done]:
    """A new net."""
    from maga_desk.engine.looking import Diverged, OverLimit
    from maga_desk.engine.loop import Resumable, run
    from maga_desk.models.checkpoint import write_checkpoint

    workspace, method, folder = erasure.workspace, erasure.spec.method, attempt.folder
    pairs: list[NoisePair] = []

    def keep(event: Event) -> None:
        if isinstance(event, NoisePair):
            pairs.append(event)

    place = Resumable(folder.resume, erasure.run_digest, go_on=attempt.resume)
    inputs = erasure.inputs(proposal, guarded=True, spent=proposing_took)
    inputs = replace(inputs, retrained=outputs_to_watch(erasure))
    try:
        outcome = yield from tapped(run(method, inputs, attempt.control, place), keep)
    except Diverged as error:
        info = workspace.info.with_made(by="diverged", method=method.name, params=dict(method.params), steps=error.step)
        write_checkpoint(folder.last_good, error.model, info)
        raise HarmError(error.what, todo=f"{error.todo}; the net of step {error.step} is in {LAST_GOOD}") from error
    except OverLimit as error:
        raise HarmError(error.what, todo=error.todo) from error
    folder.write_noise(pairs)
    seconds = outcome.seconds + proposing_took
    machine = workspace.runtime.machine
    done = _Done(outcome.model, seconds, outcome.steps, outcome.passes, machine)
    return replace(done, scaled=outcome.scaled, training=outcome.training, stopped=outcome.stopped)


def _save(folder: RunFolder, erasure: Erasure, guided: Guided | None, done: _Done, resolved: Mapping[str, Any]) -> None:
    """Write the unlearned checkpoint with the record of what was done in its metadata."""
    from maga_desk.models.checkpoint import write_checkpoint

    workspace, forget, method = erasure.workspace, erasure.forget, erasure.spec.method
    names = workspace.card
    info = workspace.info.with_made(
        by=MADE_BY_UNLEARNING,
        version=__version__,
        method=method.name,
        preset=method.preset,
        params=dict(method.params),
        **({"scaled": dict(done.scaled)} if done.scaled else {}),
        **({"stopped": done.stopped} if done.stopped else {}),
        task=forget.task,
        intent=erasure.situation.intent,
        seed=erasure.spec.seed,
        forgotten_pictures=len(forget),
        forgotten_classes=[names.classes[i] for i in forget.whole_classes],
        forgotten_kinds=[names.kinds[i] for i in forget.whole_kinds],
        not_found=list(forget.not_found),
        **{RESOLVED: resolved},
        **(asdict(guided) if guided else {}),
        original=Path(names.checkpoint).name,
        earlier=earlier_steps(workspace.info.made, names),
        seconds=done.seconds,
        passes=asdict(done.passes) if done.passes else None,
        machine=asdict(done.machine) if done.machine else None,
        steps=done.steps,
        retrained=made_by_retraining(erasure),
        digest=erasure.run_digest,
        when=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )
    folder.write_result(
        erasure,
        resolved,
        lambda path, list_digest: write_checkpoint(path, done.model, info.with_made(**{LIST_DIGEST: list_digest})),
    )


def _summary(erasure: Erasure, report: Report, folder: RunFolder) -> Summary:
    guided, card = report.guided, erasure.workspace.card
    return Summary(
        task=erasure.forget.task,
        method=erasure.spec.method.name,
        checkpoint=str(folder.checkpoint.resolve()),
        checkpoint_sha256="",  # of the file as it is written with the figures
        forget_pictures=len(erasure.forget),
        retain_pictures=erasure.retained,
        forgotten_classes=tuple(card.classes[i] for i in erasure.forget.whole_classes),
        labels_by_hand=guided.labels_by_hand if guided else 0,
        cells_by_hand=guided.cells_by_hand if guided else 0,
        labels_agreed=guided.labels_agreed if guided else 0,
        opinions=guided.opinions if guided else (),
        device=card.device,
        precision=card.precision,
        version=__version__,
        environment=environment(),
        **judged_part(report),
    )
