"""A whole run: open, propose, unlearn, save, judge, and leave a folder that says what was done.

The folder holds ``spec.toml``, ``events.jsonl``, ``labels.csv`` (every forget picture with its perturbing label and
who chose it), ``noise.npz``, ``unlearned.safetensors``, ``forgotten.txt`` (what it has forgotten, this time and
before), ``report.json`` and ``summary.json``; ``resume.pt`` only while the run is unfinished.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from maga_desk import __version__
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import MethodError, OutputError
from maga_desk.domain.events import (
    Audited,
    Checkpointed,
    Ended,
    Event,
    Message,
    NoisePair,
    Opened,
    Proposed,
    Started,
    to_record,
)
from maga_desk.domain.files import ensure_folder, write_json, write_text, write_whole
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Guided, Report, Summary
from maga_desk.domain.specs.run import RunSpec
from maga_desk.guidance.means import Means
from maga_desk.services.guidance import NO_MEANS, proposing
from maga_desk.services.judging.audits import auditing
from maga_desk.services.judging.references import check_reference
from maga_desk.services.materials import audit_digest, engine_inputs, run_digest, situation
from maga_desk.services.workspace import FORGOTTEN, MADE_BY_UNLEARNING, Workspace, opening

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.engine.loop import Outcome

SPEC, EVENTS, LABELS, NOISE = "spec.toml", "events.jsonl", "labels.csv", "noise.npz"
LAST_GOOD = "last-good.safetensors"
"""Where a run that diverged leaves the net as it was before."""

CHECKPOINT, REPORT, SUMMARY, RESUME = "unlearned.safetensors", "report.json", "summary.json", "resume.pt"


def run(
    spec: RunSpec,
    control: RunControl,
    *,
    workspace: Workspace | None = None,
    resume: bool = False,
    means: Means = NO_MEANS,
) -> Iterator[Event]:
    """Everything from the pictures to ``summary.json`` in ``spec.output.dir``; ends with one ``Ended``.

    :param workspace: an open one, used when it fits the spec.
    :param resume: go on with what an interrupted run of the same settings left; otherwise start anew.
    :param means: what a questioned model needs: remembered answers, keys, agreements.
    :raises UserError: whatever a person can mend, before anything is overwritten.
    """
    folder = ensure_folder(Path(spec.output.dir))
    with _EventFile(folder / EVENTS, keep=resume) as log:
        events = _run(spec, control, folder, log, workspace, resume, means)
        try:
            for event in events:
                log.write(event)
                yield event
        except Cancelled:
            ended = Ended("cancelled", folder=str(folder))
            log.write(ended)
            yield ended
        except Exception as error:
            log.write(Message(str(error), "error"))
            raise


def _run(
    spec: RunSpec,
    control: RunControl,
    folder: Path,
    log: _EventFile,
    workspace: Workspace | None,
    resume: bool,
    means: Means,
) -> Iterator[Event]:
    from maga_desk.engine.registry import METHODS

    method = METHODS.find(spec.method.name)
    yield Started(f"Unlearning with {method.info.title}")
    if workspace is None or not workspace.fits(spec):
        workspace = yield from opening(spec, control)
    yield Opened(workspace, workspace.card)
    forget = workspace.forget_set(spec)
    method.info.parameters(
        situation(workspace, spec, forget), spec.method.params, spec.method.preset
    )  # a wrong parameter is said before any work
    check_reference(workspace, spec)
    digest = run_digest(workspace, spec, forget)
    judged = audit_digest(workspace, spec, forget)
    finished = _finished(folder, digest, judged) if resume else None
    if finished is not None:
        yield Message("This run is already finished; nothing was done again")
        yield Ended("finished", finished, str(folder))
        return
    clock, paused = time.perf_counter(), control.paused_seconds
    proposal = None
    if "guidance" in method.info.needs:
        proposal = yield from proposing(workspace, spec, forget, control, means)
        yield Proposed(proposal)
    seconds = time.perf_counter() - clock - (control.paused_seconds - paused)
    log.begin()  # everything that a person can get wrong was looked at: from here on the folder is this run's
    write_text(folder / SPEC, spec.to_toml())
    if proposal is not None:
        write_text(folder / LABELS, _labels_table(proposal))
    done = yield from _unlearned(workspace, spec, forget, proposal, control, folder, digest, resume)
    seconds = done.seconds + (0.0 if done.found else seconds)
    guided = Guided.of(proposal) if proposal else None
    write_text(folder / FORGOTTEN, _forgotten_names(workspace, forget))
    if not done.found:
        _save(folder, workspace, spec, forget, guided, done, seconds, digest)
    yield Checkpointed(str(folder / CHECKPOINT), done.steps)
    report = yield from auditing(workspace, spec, forget, done.model, seconds, control, guided, proposal)
    summary = _summary(workspace, spec, forget, report, folder)
    write_json(folder / REPORT, report.as_dict())
    write_json(folder / SUMMARY, {**summary.as_dict(), "digest": digest, "audit": judged})
    (folder / RESUME).unlink(missing_ok=True)
    yield Audited(report)
    yield Ended("finished", summary.as_dict(), str(folder))


def _forgotten_names(workspace: Workspace, forget: ForgetSet) -> str:
    """Every picture that the result has forgotten, this time and before: a next request must not train on them."""
    names = workspace.images.train.names
    return "".join(f"{names[i]}\n" for i in np.union1d(forget.indices, forget.earlier))


@dataclass(frozen=True)
class _Done:
    """The unlearned net. ``found``: it was already in the folder, and ``seconds`` are the whole unlearning's."""

    model: nn.Module
    seconds: float
    steps: int
    found: bool = False


def _unlearned(
    workspace: Workspace,
    spec: RunSpec,
    forget: ForgetSet,
    proposal: Proposal | None,
    control: RunControl,
    folder: Path,
    digest: str,
    resume: bool,
) -> Generator[Event, None, _Done]:
    from maga_desk.engine.loop import Diverged, Resumable, run
    from maga_desk.models.checkpoint import read_state, restore, write_checkpoint

    path = folder / CHECKPOINT
    if resume and path.exists():
        state, info = read_state(path)
        if info.made.get("digest") == digest:
            model, _ = restore(state, info.arch, where=str(path))
            yield Message("The unlearned checkpoint is already there; going on with judging it")
            model = workspace.runtime.place(model).eval()
            return _Done(model, float(info.made["seconds"]), int(info.made["steps"]), found=True)
    inputs = engine_inputs(workspace, spec, forget, proposal)
    pairs = _NoisePairs()
    method, place = spec.method, Resumable(folder / RESUME, digest, go_on=resume)
    try:
        outcome = yield from pairs.seen(run(method.name, method.params, inputs, control, place, method.preset))
    except Diverged as error:
        info = workspace.info.with_made(by="diverged", method=method.name, params=dict(method.params), steps=error.step)
        write_checkpoint(folder / LAST_GOOD, error.model, info)
        raise MethodError(error.what, todo=f"{error.todo}; the net of step {error.step} is in {LAST_GOOD}") from error
    pairs.write(folder / NOISE)
    return _Done(outcome.model, outcome.seconds, outcome.steps)


def _save(
    folder: Path,
    workspace: Workspace,
    spec: RunSpec,
    forget: ForgetSet,
    guided: Guided | None,
    done: _Done,
    seconds: float,
    digest: str,
) -> None:
    """Write the unlearned checkpoint with the record of what was done in its metadata."""
    from maga_desk.models.checkpoint import write_checkpoint

    names = workspace.card
    info = workspace.info.with_made(
        by=MADE_BY_UNLEARNING,
        version=__version__,
        method=spec.method.name,
        preset=spec.method.preset,
        params=dict(spec.method.params),
        task=forget.task,
        intent=situation(workspace, spec, forget).intent,
        seed=spec.seed,
        forgotten_pictures=len(forget),
        forgotten_classes=[names.classes[i] for i in forget.whole_classes],
        forgotten_kinds=[names.kinds[i] for i in forget.whole_kinds],
        **(asdict(guided) if guided else {}),
        original=Path(workspace.card.checkpoint).name,
        seconds=seconds,
        steps=done.steps,
        digest=digest,
        when=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )
    write_checkpoint(folder / CHECKPOINT, done.model, info)


def _summary(workspace: Workspace, spec: RunSpec, forget: ForgetSet, report: Report, folder: Path) -> Summary:
    guided = report.guided
    return Summary(
        task=forget.task,
        method=spec.method.name,
        metrics=report.after.values(),
        seconds=report.seconds,
        retrain_seconds=report.retrain_seconds,
        checkpoint=str((folder / CHECKPOINT).resolve()),
        before=report.before.values(),
        retrained=report.retrained.values() if report.retrained else None,
        intent=report.intent,
        notes=report.notes,
        forget_pictures=len(forget),
        retain_pictures=len(forget.retained(len(workspace.images.train))),
        labels_by_hand=guided.labels_by_hand if guided else 0,
        cells_by_hand=guided.cells_by_hand if guided else 0,
        labels_agreed=guided.labels_agreed if guided else 0,
        opinions=guided.opinions if guided else (),
        device=workspace.card.device,
        precision=workspace.card.precision,
        version=__version__,
    )


def _finished(folder: Path, digest: str, judged: str) -> dict[str, Any] | None:
    """The summary of the same run, judged in the same way."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(summary, dict):
        return None
    return summary if (summary.pop("digest", None), summary.pop("audit", None)) == (digest, judged) else None


def _labels_table(proposal: Proposal) -> str:
    classes = proposal.matrix.classes
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["picture", "true", "perturbing", "margin", "chosen_by", "agreed", "proposed_by", "at"])
    by = "; ".join(f"{op.title} {op.revision}, prompt {op.provenance()['prompt_version']}" for op in proposal.opinions)
    at = max((opinion.at for opinion in proposal.opinions), default="")
    agreed = proposal.agreed & ~proposal.edited
    rows = zip(proposal.names, proposal.true, proposal.labels, proposal.margin, proposal.edited, agreed, strict=True)
    for name, true, label, margin, edited, accepted in rows:
        chosen_by = "user" if edited else proposal.matrix.source
        proposed = ("", "") if edited else (by, at)  # when a hand chose is in the session
        row = [name, classes[true], classes[label], f"{margin:.4f}", chosen_by, "yes" if accepted else "", *proposed]
        table.writerow(row)
    return text.getvalue()


@dataclass
class _NoisePairs:
    """Keeps the noise pairs that pass by, for the run's folder."""

    pairs: list[NoisePair] = field(default_factory=list)

    def seen(self, events: Generator[Event, None, Outcome]) -> Generator[Event, None, Outcome]:
        while True:
            try:
                event = next(events)
            except StopIteration as stop:
                outcome: Outcome = stop.value
                return outcome
            if isinstance(event, NoisePair):
                self.pairs.append(event)
            yield event

    def write(self, path: Path) -> None:
        arrays: dict[str, Any] = {"true": np.array([p.true for p in self.pairs])}
        arrays["perturbing"] = np.array([p.perturbing for p in self.pairs])
        for number, pair in enumerate(self.pairs):
            for sign, noise in (("positive", pair.positive), ("negative", pair.negative)):
                if noise is not None:
                    arrays[f"{sign}_{number}"] = noise
        if self.pairs:
            write_whole(path, lambda temporary: np.savez_compressed(temporary, **arrays))
        else:
            path.unlink(missing_ok=True)  # an earlier run's, which would be taken for this one's


def read_noise(folder: Path | str) -> list[NoisePair]:
    """The noise pairs that a run left in its folder; none where the method makes none."""
    path = Path(folder) / NOISE
    if not path.exists():
        return []
    with np.load(path, allow_pickle=False) as stored:
        return [
            NoisePair(str(true), str(perturbing), stored.get(f"positive_{number}"), stored.get(f"negative_{number}"))
            for number, (true, perturbing) in enumerate(zip(stored["true"], stored["perturbing"], strict=True))
        ]


class _EventFile:
    """``events.jsonl``: one event a line, flushed as it happens.

    Events wait until :meth:`begin` is called, once the spec has proved usable, so that a mistake in a spec does not
    wipe an earlier run's file.
    """

    def __init__(self, path: Path, *, keep: bool) -> None:
        self._path, self._mode = path, "a" if keep else "w"
        self._waiting: list[str] = []
        self._stream: IO[str] | None = None

    def __enter__(self) -> _EventFile:
        return self

    def write(self, event: Event) -> None:
        record = to_record(event)
        if record is None:
            return
        self._waiting.append(json.dumps({"at": round(time.time(), 3), **record}, default=str) + "\n")
        if self._stream is not None:
            self._flush(self._stream)

    def begin(self) -> None:
        """Start the file (or go on with it, when resuming) and write what has waited."""
        try:
            self._stream = self._path.open(self._mode, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"cannot write: {error.strerror}", where=str(self._path)) from error
        self._flush(self._stream)

    def _flush(self, stream: IO[str]) -> None:
        try:
            stream.writelines(self._waiting)
            stream.flush()
        except OSError as error:
            raise OutputError(f"cannot write: {error.strerror}", where=str(self._path)) from error
        self._waiting.clear()

    def __exit__(self, *_exc: object) -> None:
        if self._stream is not None:
            self._stream.close()
