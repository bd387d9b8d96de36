"""The queue: runs that wait for their turn, one after the other, on one machine. Plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from maga_desk.domain.events import Event

EntryState = Literal["waiting", "held", "running", "interrupted", "finished", "failed", "cancelled"]
"""``held``: a person paused it, and it waits until it is let go; ``interrupted``: the process that did it has ended."""

Wish = Literal["", "pause", "free", "skip", "cancel"]
"""What a person wants of the entry that is run: that it waits in place (``pause``), that it stops and gives memory back
until it is let go (``free``), that it stops and goes on after all others (``skip``), or that it stops."""

Pause = Literal["", "pause", "free"]

TO_COME: tuple[EntryState, ...] = ("waiting", "held", "interrupted")
OVER: tuple[EntryState, ...] = ("finished", "failed", "cancelled")

STATE_WORDS: Mapping[EntryState, str] = {
    "waiting": "waits",
    "held": "paused",
    "running": "runs",
    "interrupted": "interrupted",
    "finished": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, kw_only=True)
class QueueEntry:
    """One run of the queue; reading it loads no spec.

    :param wish: of the one that is run: what a person wants of it.
    :param data: the folder of pictures, or the source's name where there is none.
    :param forget: what it forgets, in few words.
    :param folder: where its result goes.
    :param begun: when it was first run; it goes on from what it left there.
    :param reason: one line: why it failed, or what a person should know of its result.
    :param session_id: the session that its run belongs to; ``None``: one is made when it begins.
    :param run_id: its run, once that has begun.
    :param process: the number of the process that runs it.
    """

    id: int
    state: EntryState
    wish: Wish
    method: str
    forget: str
    data: str
    seed: int
    folder: str
    added: datetime
    begun: datetime | None
    ended: datetime | None
    reason: str
    session_id: int | None
    run_id: int | None
    process: int | None

    @property
    def title(self) -> str:
        """``maga: forget cat, seed 3``."""
        return f"{self.method}: forget {self.forget or 'nothing yet'}, seed {self.seed}"

    @property
    def state_words(self) -> str:
        """How it stands, with what was asked of it meanwhile."""
        if self.state == "waiting" and self.begun is not None:
            return "waits, begun"
        if self.state != "running":
            return STATE_WORDS[self.state]
        return {"": "runs", "pause": "paused, keeps its memory"}.get(self.wish, "stops after this step")


@dataclass(frozen=True)
class QueueView:
    """The queue as it stands.

    :param entries: the one that is run, those to come in their order, then those that are over, the last one first.
    :param paused: whether all of it is paused, and how; ``reason`` says why, where nobody asked for it.
    :param runner: the process that runs the queue; ``None``: nobody does.
    :param mine: whether that is this process.
    """

    entries: tuple[QueueEntry, ...] = ()
    paused: Pause = ""
    reason: str = ""
    runner: int | None = None
    mine: bool = False

    @property
    def running(self) -> QueueEntry | None:
        return next((entry for entry in self.entries if entry.state == "running"), None)

    @property
    def to_come(self) -> tuple[QueueEntry, ...]:
        """In the order in which they are run."""
        return tuple(entry for entry in self.entries if entry.state in TO_COME)

    @property
    def over(self) -> tuple[QueueEntry, ...]:
        return tuple(entry for entry in self.entries if entry.state in OVER)

    @property
    def next(self) -> QueueEntry | None:
        """Whose turn it is next."""
        return next((entry for entry in self.entries if entry.state in ("waiting", "interrupted")), None)

    def find(self, entry_id: int) -> QueueEntry | None:
        return next((entry for entry in self.entries if entry.id == entry_id), None)

    def words(self) -> str:
        """How it stands, in a line: ``1 runs, 3 wait, 2 done``."""
        running, waiting, over = int(self.running is not None), len(self.to_come), len(self.over)
        counts = ((running, "runs"), (waiting, "waits" if waiting == 1 else "wait"), (over, "done"))
        return ", ".join(f"{count} {word}" for count, word in counts if count) or "The queue is empty"


# What running the queue tells.


@dataclass(frozen=True)
class EntryTurn:
    """An entry's turn has come."""

    entry: QueueEntry


@dataclass(frozen=True)
class EntryTold:
    """An event of the run whose turn it is."""

    entry: QueueEntry
    event: Event


@dataclass(frozen=True)
class Over:
    """An entry is over, or went back to wait, as its state says."""

    entry: QueueEntry


@dataclass(frozen=True)
class Idle:
    """Nothing is run now.

    :param reason: why, in words: nothing waits, or the queue is paused.
    :param full: a disk is full: nothing goes on until a person made room.
    """

    reason: str
    full: bool = False


QueueEvent = EntryTurn | EntryTold | Over | Idle
