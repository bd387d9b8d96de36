"""Points as pixels: where they lie, which lies on which, and nothing beside the picture's memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from maga_desk.ui.plots.map_look import MapLook, layers_of
from maga_desk.ui.plots.plane_view import PlaneView
from maga_desk.ui.plots.point_raster import LARGEST, PointLayer, PointRaster, disc, mixed

WHITE, RED, BLUE = 0xFFFFFFFF, 0xFFFF0000, 0xFF0000FF


def pixels(view: PlaneView, layers: list[PointLayer], radius: float, ratio: float = 1.0) -> np.ndarray:
    image = PointRaster().draw(view, layers, radius, WHITE, ratio)
    whole = image.copy()  # without the border around it
    return np.array(whole.constBits()).view(np.uint32).reshape(image.height(), image.width())


def layer(points: np.ndarray, colour: int, wider: float = 0.0) -> PointLayer:
    return PointLayer(np.asarray(points, dtype=np.float32).T, np.array(colour, dtype=np.uint32), wider)


def test_a_point_lies_where_the_view_says(qapp: object) -> None:
    view = PlaneView((0.0, 0.0), 10.0, 10.0, (60, 40))
    found = pixels(view, [layer(np.array([[1.0, 1.0]]), RED)], 0.5)
    assert np.argwhere(found == RED).tolist() == [[10, 40]]  # ten up, ten to the right of the middle
    finer = pixels(view, [layer(np.array([[1.0, 1.0]]), RED)], 0.25, ratio=2.0)
    assert finer.shape == (80, 120) and np.argwhere(finer == RED).tolist() == [[20, 80]]


def test_later_layers_and_later_points_lie_on_top(qapp: object) -> None:
    view, here = PlaneView(size=(20, 20)), np.zeros((1, 2))
    found = pixels(view, [layer(here, RED, 3.0), layer(here, BLUE)], 1.5)
    assert found[10, 10] == BLUE and found[10, 14] == RED and found[0, 0] == WHITE
    both = PointLayer(np.zeros((2, 2), dtype=np.float32), np.array([RED, BLUE], dtype=np.uint32))
    assert pixels(view, [both], 0.5)[10, 10] == BLUE


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.floats(0.1, 40.0), st.integers(0, 2**32 - 1))
def test_no_point_leaves_the_picture_however_large_and_wherever_it_lies(
    qapp: object, width: int, height: int, radius: float, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    points = draw.normal(scale=60, size=(300, 2))
    view = PlaneView((0.0, 0.0), 1.0, 1.0, (width, height))
    shades = np.full(300, RED, dtype=np.uint32)
    found = pixels(view, [PointLayer(points.T.astype(np.float32), shades, 5.0)], radius)
    assert found.shape == (height, width)
    assert set(np.unique(found).tolist()) <= {WHITE, RED, int(mixed(np.array([RED], dtype=np.uint32), WHITE, 0.5)[0])}
    x, y = points[:, 0] + width / 2, height / 2 - points[:, 1]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    assert (found[y[inside].astype(int), x[inside].astype(int)] == RED).all()


def test_a_disc_is_round_and_within_its_largest() -> None:
    core, rim = disc(4 * LARGEST)
    away = [np.hypot(*place) for place in core]
    assert max(away) <= LARGEST and len(core) == pytest.approx(np.pi * LARGEST**2, rel=0.08)
    assert not set(core) & set(rim) and max(max(map(abs, place)) for place in rim) <= LARGEST
    assert disc(1)[0] == ((0, 0),) and disc(1)[1] == ()


def test_layers_fade_ring_and_select_each_point_once(qtbot: QtBot) -> None:
    points, no = np.arange(10.0).reshape(5, 2), np.zeros(5, dtype=bool)

    def only(*places: int) -> np.ndarray:
        mask = no.copy()
        mask[list(places)] = True
        return mask

    look = MapLook(np.full(5, RED, dtype=np.uint32), ~only(0, 1), only(1, 2), only(3))
    layers = layers_of(points, np.arange(5), look)
    drawn = [each.points[0].tolist() for each in layers]
    assert drawn == [[0.0], [2.0], [2.0], [2.0], [8.0], [4.0], [4.0], [4.0], [6.0], [6.0], [6.0]]
    assert layers_of(points, np.arange(5), look, only(4))[-1].points[0].tolist() == [6.0, 8.0]
    assert layers_of(points[:0], np.arange(0), MapLook.plain(0)) == []


def test_a_view_goes_there_and_back_and_keeps_what_is_under_the_pointer() -> None:
    draw = np.random.default_rng(0)
    points = draw.normal(size=(1000, 2)) * [3, 40]
    view = PlaneView.of(points, (640, 480))
    assert np.allclose(view.in_plane(view.on_screen(points)), points)
    on_screen = view.on_screen(points)
    assert ((on_screen > 0) & (on_screen < [640, 480])).all(axis=1).mean() > 0.99
    nearer = view.zoomed(3.0, (100, 50))
    assert np.allclose(nearer.in_plane(np.array([[100, 50]])), view.in_plane(np.array([[100, 50]])))
    assert nearer.zoom == pytest.approx(3) and view.zoomed(1e-9, (0, 0)).zoom == pytest.approx(0.5)
    assert np.allclose(view.moved(7, -3).on_screen(points), on_screen + np.array([7, -3]))


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.ones((1, 2)), np.ones((9, 2)), np.array([[0.0, 0], [5, 0]])])
def test_few_points_and_points_in_one_place_have_a_view(points: np.ndarray) -> None:
    view = PlaneView.of(points, (300, 200))
    assert np.isfinite(view.on_screen(points)).all() and view.zoom == 1
