"""How long things took here, and what is said by that of the next time."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress, drained
from maga_desk.domain.rates import Rate, counting, expecting


def work(*counts: tuple[int, int]) -> Generator[Event, None, str]:
    for done, total in counts:
        yield Progress("Working", done, total)
    return "done"


def left(events: Generator[Event, None, str]) -> list[float | None]:
    told: list[float | None] = []
    assert drained(events, lambda event: told.append(event.seconds_left)) == "done"
    return told


@pytest.fixture
def rate(tmp_path: Path) -> Rate:
    return Rate("working", tmp_path / "rates.json")


def test_what_was_never_done_here_has_no_rate(rate: Rate) -> None:
    assert rate.seconds is None and rate.for_units(10) is None
    assert left(counting(work((0, 4)), rate)) == [None]
    assert left(expecting(work((0, 4)), rate, 4, RunControl())) == [None]


def test_a_rate_is_that_of_the_last_time_and_of_its_work_alone(rate: Rate) -> None:
    rate.remember(10.0, 5)
    rate.remember(8.0, 8)
    Rate("other work", rate.file).remember(3.0, 1)
    assert rate.seconds == 1.0 and rate.for_units(60) == 60.0
    rate.remember(1.0, 0)
    assert rate.seconds == 1.0, "nothing was done, so nothing was measured"


def test_what_is_counted_is_expected_by_its_number(rate: Rate) -> None:
    rate.remember(2.0, 1)
    assert left(counting(work((0, 0), (0, 4), (3, 4)), rate)) == [None, 8.0, 2.0]
    assert rate.seconds == 2.0


def test_what_is_not_counted_is_expected_whole_and_measured(rate: Rate) -> None:
    rate.remember(1000.0, 1)
    (told,) = left(expecting(work((0, 5)), rate, 2, RunControl(), then=500.0))
    assert told is not None and 2400 < told <= 2500
    measured = rate.seconds
    assert measured is not None and measured < 1000
    rate.remember(1e-9, 1)
    assert left(expecting(work((0, 5)), rate, 1, RunControl())) == [None], "longer than expected: nobody knows"


def test_a_broken_file_is_no_rate(rate: Rate) -> None:
    assert rate.file is not None
    for text in ("{", "[]", '{"working": "fast"}', '{"working": null}'):
        rate.file.write_text(text)
        assert rate.seconds is None
    rate.remember(1.0, 2)
    assert rate.seconds == 0.5
