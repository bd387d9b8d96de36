"""How long things take on this machine, as they did the last time: what is said before anything can be measured.

A rate is seconds for one unit of work (a picture decoded, a question answered, a pass of a picture through a net). Its
name says all that it depends on. Where none is known, nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from maga_desk.domain import paths
from maga_desk.domain.control import Clock, RunControl
from maga_desk.domain.cost import host_mark
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.files import remember_json
from maga_desk.domain.outside import json_of

T = TypeVar("T")
_MOST = 500  # rates that are kept; the longest unused go first


@dataclass(frozen=True)
class Rate:
    """One of this machine's rates.

    :param name: what the work is and all that its time depends on, e.g. ``"asking demo"``.
    :param file: where rates are kept; ``None``: the user's own.
    """

    name: str
    file: Path | None = None

    @property
    def seconds(self) -> float | None:
        """For one unit, as last measured here; ``None``: not known."""
        return _read(self._file).get(self._key)

    def for_units(self, units: float) -> float | None:
        """Seconds for so many; ``None``: not known."""
        seconds = self.seconds
        return None if seconds is None else seconds * units

    def remember(self, seconds: float, units: float) -> None:
        """It took ``seconds`` for ``units``. Where that cannot be written down, nothing happens."""
        if units <= 0 or seconds <= 0:
            return
        kept = _read(self._file)
        kept.pop(self._key, None)
        kept[self._key] = seconds / units
        with suppress(UserError):  # no folder for it
            remember_json(self._file, dict(list(kept.items())[-_MOST:]))

    @property
    def _file(self) -> Path:
        return self.file or paths.rates_file()

    @property
    def _key(self) -> str:
        return f"{host_mark()} {self.name}"


def expecting(
    events: Generator[Event, None, T], rate: Rate, units: float, control: RunControl, *, then: float | None = 0.0
) -> Generator[Event, None, T]:
    """The same events; progress that does not say how much time is left says what the rate lets expect.

    What it took is remembered, without pauses. Work that takes longer than expected says no time from then on.

    :param units: that the work consists of.
    :param then: seconds of what comes after it in the same job, ``None`` where that is not known.
    """
    expected, clock = rate.for_units(units), Clock(control)
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            rate.remember(clock.seconds, units)
            value: T = stop.value
            return value
        if isinstance(event, Progress) and event.seconds_left is None and expected is not None and then is not None:
            left = expected - clock.seconds
            done = 0 < event.total <= event.done
            event = replace(event, seconds_left=left + then) if left > 0 and not done else event
        yield event


def counting(events: Generator[Event, None, T], rate: Rate) -> Generator[Event, None, T]:
    """The same events; progress that counts units, and does not say how much time is left, says what the rate lets
    expect of those that are left.
    """
    seconds = rate.seconds
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            value: T = stop.value
            return value
        if isinstance(event, Progress) and event.total and event.seconds_left is None and seconds is not None:
            event = replace(event, seconds_left=seconds * (event.total - event.done))
        yield event


def _read(file: Path) -> dict[str, float]:
    try:
        raw = json_of(file.read_text(encoding="utf-8"))
        return {
            str(key): float(value)
            for key, value in raw.items()
            if isinstance(value, int | float) and math.isfinite(value) and value > 0
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
