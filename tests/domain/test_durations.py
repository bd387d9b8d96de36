"""Durations in words."""

from __future__ import annotations

import pytest

from maga_desk.domain.durations import exact, rough


@pytest.mark.parametrize(
    ("seconds", "words"), [(8.21, "8.2 s"), (78.4, "78 s"), (725.0, "12 min 5 s"), (7800.0, "2 h 10 min")]
)
def test_what_was_measured(seconds: float, words: str) -> None:
    assert exact(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "less than a second"),
        (12.3, "about 12 s"),
        (67, "about 65 s"),
        (754, "about 13 min"),
        (4800, "about 1 h 20 min"),
        (7200, "about 2 h"),
    ],
)
def test_what_is_estimated(seconds: float, words: str) -> None:
    assert rough(seconds) == words
