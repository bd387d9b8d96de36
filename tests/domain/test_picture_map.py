"""Which points lie in what is drawn on a map, compared with the plainest way of asking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from maga_desk.domain.picture_map import PointPlaces, Points

# Small whole numbers and halves: points then lie on corners, on edges, and at the height of corners again and again.
GRID = st.integers(-6, 6).map(lambda number: number / 2)


def naive(points: Points, corners: Points) -> list[int]:
    """One point after the other, one edge after the other: the rule as it stands in textbooks."""
    found = []
    for number, (x, y) in enumerate(points):
        within = False
        for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if (y1 > y) != (y2 > y):
                low, high = ((x1, y1), (x2, y2)) if y1 < y2 else ((x2, y2), (x1, y1))
                crossing = low[0] + (y - low[1]) * ((high[0] - low[0]) / (high[1] - low[1]))
                within ^= x < crossing
        if within:
            found.append(number)
    return found


def rows(most: int) -> st.SearchStrategy[Points]:
    return st.integers(0, most).flatmap(lambda count: arrays(np.float64, (count, 2), elements=GRID))


@settings(max_examples=300, deadline=None)
@given(rows(40), rows(9))
def test_a_lasso_takes_exactly_the_points_within_it(points: Points, corners: Points) -> None:
    expected = naive(points, corners) if len(corners) >= 3 else []
    assert PointPlaces(points).inside(corners).tolist() == expected


def test_a_square_has_its_lower_left_edges_and_not_the_others() -> None:
    points = np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 0.5], [0.5, 1.0], [2.0, 0.5], [0.0, 0.5]])
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    assert PointPlaces(points).inside(square).tolist() == [0, 1, 5]
    assert PointPlaces(points).inside(square[::-1]).tolist() == [0, 1, 5]


@settings(max_examples=200, deadline=None)
@given(rows(40), arrays(np.float64, (2, 2), elements=GRID), st.sampled_from([0.0, 0.5, 1.0, 2.5]))
def test_a_brush_takes_what_it_passes(points: Points, ends: Points, radius: float) -> None:
    start, end = ends
    expected = []
    for number, point in enumerate(points):
        steps = [start + (end - start) * t for t in _closest(point, start, end)]
        if min(float(((point - step) ** 2).sum()) for step in steps) <= radius**2:
            expected.append(number)
    assert PointPlaces(points).along(start, end, radius).tolist() == expected


def _closest(point: Points, start: Points, end: Points) -> list[float]:
    length = float(((end - start) ** 2).sum())
    if not length:
        return [0.0]
    return [0.0, 1.0, min(1.0, max(0.0, float((point - start) @ (end - start)) / length))]


@settings(max_examples=100, deadline=None)
@given(rows(30), arrays(np.float64, (2,), elements=GRID))
def test_the_nearest_point_is_the_nearest(points: Points, place: Points) -> None:
    found = PointPlaces(points).nearest(place, 1.0)
    away = np.sqrt(((points - place) ** 2).sum(axis=1))
    if found is None:
        assert not (away <= 1.0).any()
    else:
        assert away[found] == away.min()


@pytest.mark.parametrize("count", [0, 1])
def test_few_points(count: int) -> None:
    places = PointPlaces(np.zeros((count, 2)))
    assert places.inside(np.array([[-1.0, -1.0], [1.0, -1.0], [0.0, 1.0]])).tolist() == list(range(count))
    assert places.nearest(np.zeros(2), 0.0) == (0 if count else None)
