"""What opening takes is said before any picture is decoded, and refused where it cannot fit."""

from __future__ import annotations

from typing import Any

import pytest

from maga_desk.domain import memory
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ResourceError
from maga_desk.domain.events import Event, Forecast, Progress, drained
from maga_desk.services import forecast
from maga_desk.services.workspace import open_workspace


def _readings(events: list[Event]) -> list[int]:
    """Where in the events pictures are decoded."""
    named = [(i, event.stage) for i, event in enumerate(events) if isinstance(event, Progress)]
    return [i for i, stage in named if stage == "Reading the pictures"]


class _NoShelf:
    def takes(self, _nbytes: int) -> bool:
        return False


def test_it_is_said_before_the_pictures_are_read(tiny_spec: Any) -> None:
    events: list[Event] = []
    drained(open_workspace(tiny_spec, RunControl()), events.append)
    [at] = [i for i, event in enumerate(events) if isinstance(event, Forecast)]
    said = events[at]
    assert isinstance(said, Forecast) and said.pictures == 320 and said.decoded == 320 * 3 * 16 * 16
    assert said.at_once == 128 and 0 < said.passing < 200e6
    assert said.text().startswith("320 pictures of 16 x 16 take 1 MB, 128 at a time through the model")
    assert at < min(_readings(events))


def test_what_cannot_fit_is_one_line(tiny_spec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 260_000_000)
    events: list[Event] = []
    monkeypatch.setattr(forecast, "kept_shelf", _NoShelf)
    with pytest.raises(ResourceError, match=r"not enough memory: 320 pictures .* free; set a smaller size") as error:
        drained(open_workspace(tiny_spec.with_changes("data", size=64), RunControl()), events.append)
    assert error.value.status == 3
    assert not _readings(events)
