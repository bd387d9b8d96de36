"""What a run is expected to take on this machine, told before it starts: by the method, by retraining, by the audit.

Seconds are seconds of work, as a run's own record counts them: without pauses, and without the looks on the way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from maga_desk.domain.durations import exact, rough
from maga_desk.domain.memory import megabytes

CHEAP_SECONDS = 300.0
"""Retraining is cheap where it takes no longer than this, at the upper end of its interval,"""
CHEAP_TIMES = 3.0
"""or no longer than so many times what the method is expected to take."""

_CHEAP = "Retraining is cheap here"
_ELSEWHERE = (
    "The original was trained on other pictures than these, though: a model that is retrained on these alone is not "
    "the original without what is forgotten."
)


@dataclass(frozen=True)
class Expectation:
    """What one part is expected to take.

    :param seconds: with ``low`` and ``high`` the 95 % interval, or half as much to either side where fewer than three
        blocks of work could be timed; ``high`` is ``None`` where no upper end is known.
    :param host: bytes of memory that the whole program held at most while it was tried; ``None``: not tried.
    :param device: likewise bytes on the GPU; ``None`` on a processor.
    :param note: what was measured, and what is not in it; for people.
    """

    seconds: float
    low: float
    high: float | None
    host: int | None = None
    device: int | None = None
    note: str = ""

    def text(self) -> str:
        """``about 12 s (10 s to 15 s)``."""
        if self.high is None:
            return f"{rough(self.seconds)}, {exact(self.low)} at least"
        if exact(self.low) == exact(self.high):
            return rough(self.seconds)
        return f"{rough(self.seconds)} ({exact(self.low)} to {exact(self.high)})"

    def memory_text(self) -> str:
        """``1.9 GB, 3.2 GB of the GPU's``; empty where it is not known."""
        found = [] if self.host is None else [megabytes(self.host)]
        found += [] if self.device is None else [f"{megabytes(self.device)} of the GPU's"]
        return ", ".join(found)

    def with_more(self, other: Expectation | None, times: float, note: str = "") -> Expectation:
        """The same and so many times the other besides."""
        if other is None or times <= 0:
            return self
        high = None if self.high is None or other.high is None else self.high + times * other.high
        return Expectation(
            self.seconds + times * other.seconds,
            self.low + times * other.low,
            high,
            _larger(self.host, other.host),
            _larger(self.device, other.device),
            f"{self.note} {note}".strip(),
        )

    @classmethod
    def from_dict(cls, raw: object) -> Expectation | None:
        """The inverse of ``asdict``; ``None`` where nothing of the kind is said."""
        if not isinstance(raw, Mapping):
            return None
        try:
            high = raw["high"]
            found = cls(
                float(raw["seconds"]),
                float(raw["low"]),
                None if high is None else float(high),
                _whole(raw.get("host")),
                _whole(raw.get("device")),
                str(raw.get("note", "")),
            )
        except (KeyError, TypeError, ValueError):
            return None
        ends = (found.seconds, found.low, found.high or 0.0)
        return found if all(math.isfinite(each) and each >= 0 for each in ends) else None


@dataclass(frozen=True)
class RunForecast:
    """What was forecast of a run.

    :param method: the chosen method, whose title is ``title``; likewise ``retraining`` and ``audit``. ``None``: nothing
        could be measured, and ``notes`` say why.
    :param recipe: by which retraining was measured; ``guessed``: the original does not say all of it.
    :param exact: the chosen method is retraining itself.
    :param elsewhere: the original was trained on other pictures than these.
    :param here: a model that was retrained without exactly these pictures is kept here already.
    :param machine: the device and number format; ``at``: when, ISO 8601; ``took``: seconds of the pilot.
    :param not_retrained: why retraining was not chosen, in a person's words.
    """

    title: str
    method: Expectation | None
    retraining: Expectation | None
    audit: Expectation | None
    recipe: str = ""
    guessed: bool = False
    exact: bool = False
    here: bool = False
    machine: str = ""
    at: str = ""
    took: float = 0.0
    notes: tuple[str, ...] = ()
    not_retrained: str = ""
    elsewhere: bool = False

    @property
    def cheap(self) -> bool:
        """Whether retraining is cheap (:data:`CHEAP_SECONDS`, :data:`CHEAP_TIMES`), and not chosen already. By a
        guessed recipe it never is: a guess that falls short is trained for longer, and no upper end is known.
        """
        again, method = self.retraining, self.method
        if self.exact or self.guessed or again is None or again.high is None:
            return False
        return again.high <= CHEAP_SECONDS or (method is not None and again.high <= CHEAP_TIMES * method.seconds)

    @property
    def advice(self) -> str:
        """That retraining is recommended; empty where it is not."""
        return advised(self.retraining.text(), elsewhere=self.elsewhere) if self.cheap and self.retraining else ""

    def rows(self) -> list[tuple[str, Expectation]]:
        """What was measured, by its title."""
        parts = ((self.title, self.method), (self.retraining_title, self.retraining), ("The audit", self.audit))
        return [(title, part) for title, part in parts if part is not None]

    @property
    def retraining_title(self) -> str:
        return "Retraining, by a guessed recipe" if self.guessed else "Retraining, by the same recipe"

    def lines(self) -> list[str]:
        """For people, a line each."""
        found = []
        for title, part in self.rows():
            memory = part.memory_text()
            more = f"; {memory} of memory" if memory else ""
            found.append(f"{title}: {part.text()}{more}.{f' {part.note}' if part.note else ''}")
        return [*found, *self.notes, *([f'{self.advice} Set [method] name = "retrain" for it.'] if self.advice else [])]

    def beside(self, seconds: float, retrain_seconds: float | None, audit_seconds: float | None) -> list[str]:
        """What was forecast beside what it took afterwards, a line each."""
        found = []
        took = (("The method", self.method, seconds), ("Retraining", self.retraining, retrain_seconds))
        for title, part, really in (*took, ("The audit", self.audit, audit_seconds)):
            if part is not None:
                after = "not done" if really is None else f"it took {exact(really)}"
                found.append(f"{title}: forecast {part.text()}; {after}.")
        return found

    def retraining_text(self) -> str:
        """For a record: what retraining was expected to take; empty where that is not known."""
        if self.retraining is None:
            return ""
        how = "a guessed recipe" if self.guessed else "the original's recipe"
        told = f"{self.retraining.text()}, by {how}, on {self.machine}."
        if self.cheap:
            told += " It was recommended." if self.elsewhere else " It was recommended, as the only exact answer."
        elif self.guessed:
            told += " A guess that falls short is trained for longer."
        return f"{told} {_ELSEWHERE.replace(', though', '')}" if self.elsewhere else told

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "cheap": self.cheap}

    @classmethod
    def from_dict(cls, raw: object) -> RunForecast | None:
        """The inverse of :meth:`as_dict`, also after a trip through JSON; ``None`` where nothing of it is said."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("title"), str):
            return None
        took, notes = raw.get("took"), raw.get("notes")
        return cls(
            title=raw["title"],
            method=Expectation.from_dict(raw.get("method")),
            retraining=Expectation.from_dict(raw.get("retraining")),
            audit=Expectation.from_dict(raw.get("audit")),
            recipe=str(raw.get("recipe", "")),
            guessed=bool(raw.get("guessed")),
            exact=bool(raw.get("exact")),
            here=bool(raw.get("here")),
            machine=str(raw.get("machine", "")),
            at=str(raw.get("at", "")),
            took=float(took) if isinstance(took, int | float) else 0.0,
            notes=tuple(map(str, notes)) if isinstance(notes, list | tuple) else (),
            not_retrained=str(raw.get("not_retrained", "")),
            elsewhere=bool(raw.get("elsewhere")),
        )


def advised(takes: str, *, elsewhere: bool) -> str:
    """That retraining by the original's own recipe is recommended.

    :param takes: what it takes, in words; ``elsewhere``: the original was trained on other pictures than these.
    """
    return f"{_CHEAP}: {takes}. {_ELSEWHERE}" if elsewhere else f"{_CHEAP}, and the only exact answer: {takes}."


def _larger(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _whole(raw: object) -> int | None:
    return int(raw) if isinstance(raw, int | float) else None
