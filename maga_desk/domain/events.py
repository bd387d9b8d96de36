"""What a running job says. Every job is a generator of these; they are frozen and know no torch and no Qt.

The order in a run: ``Started``, then ``Forecast``, ``Opened``, ``Proposed``, ``Begun``, ``NoisePair``, many
``Progress`` and ``Scalars``, ``Checkpointed`` now and then, ``Saved``, ``Audited``, and always one ``Ended`` last.

Events are data: each can be pickled, and :func:`from_record` gives back what :func:`to_record` wrote, so that a
stream of them crosses processes and machines.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypeVar, get_args

from pydantic import TypeAdapter

from maga_desk.domain.accounting import Accounting
from maga_desk.domain.arrays import Float32s
from maga_desk.domain.memory import megabytes
from maga_desk.domain.model_facts import ModelFacts
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Report
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.domain.trials import Trial

T = TypeVar("T")
Level = Literal["info", "warning", "error"]
Status = Literal["finished", "cancelled"]
Series = Literal["run", "reference"]


@dataclass(frozen=True)
class Started:
    """A job begins. ``what`` is a short title for a person."""

    what: str


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` steps of a stage; ``total`` 0 means unknown, ``seconds_left`` is an estimate."""

    stage: str
    done: int
    total: int
    seconds_left: float | None = None


@dataclass(frozen=True)
class Scalars:
    """Measurements at one step of training, e.g. ``{"retain_accuracy": 81.2, "forget_accuracy": 3.1}`` in percent.

    Keys in use are those of :data:`~maga_desk.domain.live.VIEWS`.

    :param series: which net was trained: the run's own, or one that it is compared with, such as the retrained one.
    """

    step: int
    values: Mapping[str, float]
    series: Series = "run"


@dataclass(frozen=True)
class NoisePair:
    """The noise members of one (true, perturbing) pair of classes, in units of normalised pixels.

    :param positive: ``(m, 3, H, W) float32``, or ``None`` where the method does not use it.
    :param negative: likewise.
    """

    true: str
    perturbing: str
    positive: Float32s | None
    negative: Float32s | None


@dataclass(frozen=True)
class Checkpointed:
    """A file was written from which the run can be resumed at ``step``."""

    path: str
    step: int


@dataclass(frozen=True)
class Saved:
    """A file was written that stays: the job's result."""

    path: str


@dataclass(frozen=True)
class SetAside:
    """An earlier result was moved: what was in ``folder`` is now in ``moved_to``."""

    folder: str
    moved_to: str


@dataclass(frozen=True)
class Begun:
    """All that a person can get wrong was looked at: from here on ``folder`` is this run's."""

    folder: str


@dataclass(frozen=True)
class Message:
    """One line for a person."""

    text: str
    level: Level = "info"


@dataclass(frozen=True)
class Forecast:
    """What opening will take of the memory, before any picture is decoded. Bytes are estimates.

    :param pictures: of ``size``, height and width, that will be decoded, into ``decoded`` bytes.
    :param at_once: how many pass through the net together, which takes ``passing`` bytes; 0: not known.
    :param free: bytes that are free now.
    :param outputs: bytes that the net's outputs of all pictures take at most, judging them included.
    """

    pictures: int
    size: tuple[int, int]
    decoded: int
    at_once: int
    passing: int
    free: int
    outputs: int = 0

    def briefly(self) -> str:
        """``360 pictures take 2 MB; 12.3 GB are free``."""
        return f"{self.pictures:,} pictures take {megabytes(self.decoded)}; {megabytes(self.free)} are free"

    def text(self) -> str:
        """``360 pictures of 32 x 32 take 2 MB, 128 at a time through the model 53 MB; 12.3 GB are free``; outputs are
        named where they take more than all the rest, as they do with very many classes.
        """
        text = f"{self.pictures:,} pictures of {self.size[1]} x {self.size[0]} take {megabytes(self.decoded)}"
        if self.passing:
            text += f", {self.at_once} at a time through the model {megabytes(self.passing)}"
        if self.outputs > self.decoded + self.passing:
            text += f", its outputs {megabytes(self.outputs)}"
        return f"{text}; {megabytes(self.free)} are free"


@dataclass(frozen=True)
class Forecasted:
    """A pilot has measured what a run will take."""

    forecast: RunForecast


@dataclass(frozen=True)
class Opened:
    """Pictures and model are loaded. What was loaded is the value of the generator that says so."""

    card: WorkspaceCard


@dataclass(frozen=True)
class Proposed:
    proposal: Proposal


@dataclass(frozen=True)
class Compared:
    """Another source's matrix for the same classes, to look at beside the proposal."""

    matrix: TransitionMatrix
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True)
class Audited:
    report: Report


@dataclass(frozen=True)
class Tried:
    """One trial of a comparison is there, done now or before."""

    trial: Trial


@dataclass(frozen=True)
class Ended:
    """The last event. ``summary`` is what ``summary.json`` holds (or a job's own result), ``None`` when cancelled."""

    status: Status
    summary: Mapping[str, Any] | None = None
    folder: str | None = None


Event = (
    Started
    | Progress
    | Scalars
    | NoisePair
    | Checkpointed
    | Saved
    | SetAside
    | Begun
    | Message
    | Forecast
    | Forecasted
    | Opened
    | Proposed
    | Compared
    | Audited
    | Tried
    | Ended
)


AT_CHANCE = "The model does not read these pictures"
"""How the note of a card begins that says so."""


@dataclass(frozen=True)
class WorkspaceCard:
    """What the Load page says about the model and the pictures.

    :param accuracy_train: percent of training pictures that the model reads rightly; likewise ``accuracy_test``.
    :param fingerprint: of the training pictures; with ``checkpoint_sha256`` it tells later whether either has changed.
        Both are empty in a session that version 0.1.0 kept.
    :param found: accounts for every file that lies where the pictures are.
    :param own_form: of a net that another program wrote: in which form it came, for people; likewise ``own_ending``:
        how its file's name ends, ``/`` where it is a folder; ``own_numbers``: their format there; ``own_without``: what
        of it does not go back, in lines.
    :param model: what was found in the model's file, and how it reads pictures; ``None`` in earlier sessions.
    :param reads: the model is better than chance on its training pictures.
    """

    checkpoint: str
    arch: str
    parameters: int
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    families: Mapping[str, str] | None
    train_pictures: int
    test_pictures: int
    size: tuple[int, int]
    accuracy_train: float
    accuracy_test: float | None
    device: str
    precision: str
    trained_by: str
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    fingerprint: str = ""
    checkpoint_sha256: str = ""
    found: Accounting = field(default_factory=Accounting)
    model: ModelFacts | None = None
    own_form: str = ""
    own_ending: str = ""
    own_numbers: str = ""
    own_without: tuple[str, ...] = ()
    reads: bool = True


_TYPES: Mapping[str, type[Any]] = {kind.__name__.lower(): kind for kind in get_args(Event)}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_TYPES[name])


def tapped(events: Generator[Event, None, T], take: Callable[[Event], object]) -> Generator[Event, None, T]:
    """The same events, each handed to ``take`` before it goes on; returns what the generator returns."""
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            value: T = stop.value
            return value
        take(event)
        yield event


def drained(events: Iterator[Event], take: Callable[[Event], object] = lambda event: None) -> Any:
    """Hand every event to ``take``; what the generator returns at its end (``None`` for another iterator)."""
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            return stop.value
        take(event)


def to_record(event: Event) -> dict[str, Any]:
    """The event as JSON-able data; arrays are packed whole. ``event`` is its type."""
    name = type(event).__name__.lower()
    return {"event": name, **_adapter(name).dump_python(event, mode="json")}


def from_record(record: Mapping[str, Any]) -> Event:
    """The inverse of :func:`to_record`, also after a trip through JSON.

    :raises ValueError: no record of an event.
    """
    name = str(record.get("event"))
    if name not in _TYPES:
        raise ValueError(f"no event is called '{name}'")
    event: Event = _adapter(name).validate_python({key: value for key, value in record.items() if key != "event"})
    return event


def log_record(event: Event) -> dict[str, Any] | None:
    """A line of the run's ``events.jsonl``: what a person wants to read later; ``None`` for bulk data."""
    if isinstance(event, Opened):
        return {"event": "opened", **asdict(replace(event.card, found=event.card.found.brief()))}
    if isinstance(event, Proposed):
        proposal = event.proposal
        return {
            "event": "proposed",
            "source": proposal.matrix.source,
            "combine": proposal.combine,
            "pictures": len(proposal.names),
            "labels_by_hand": int(proposal.edited.sum()),
            "cells_by_hand": len(proposal.matrix.edits),
            "opinions": [opinion.provenance() for opinion in proposal.opinions],
        }
    if isinstance(event, NoisePair | Compared | Tried):
        return None
    return {"event": type(event).__name__.lower(), **asdict(event)}
