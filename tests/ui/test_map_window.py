"""The map on the Forget page, with a real model: laid out, linked with grid, query and marks, drawn on and clicked."""

from __future__ import annotations

import itertools
import multiprocessing
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Progress
from maga_desk.domain.finding.columns import Coded
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.tints import tints_of
from maga_desk.services import mapping
from maga_desk.ui.composition import Composition
from maga_desk.ui.controllers import mapping as controller
from maga_desk.ui.job_view import JOB_KINDS, JobView
from maga_desk.ui.plots.point_map import BRUSH, LASSO
from tests.ui.driving import PATIENCE, Windows, open_tiny
from tests.ui.test_fit import too_wide

DIRECT = Qt.FindChildOption.FindDirectChildrenOnly
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
)  # fmt: skip


@pytest.fixture
def without_umap(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the package is not installed."""
    for module in (mapping, controller):
        monkeypatch.setattr(module, "has_umap", lambda: False)


@pytest.fixture
def made(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, without_umap: None) -> Composition:
    """A window whose map is in sight."""
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    show_map(qtbot, made)
    return made


def show_map(qtbot: QtBot, made: Composition) -> None:
    made.window.show_page("forget")
    made.window.resize(1280, 800)
    qtbot.mouseClick(made.forget.content.views.buttons[2], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.forget.map.model.map is not None, timeout=PATIENCE)


def draw(canvas: Any, corners: list[QPointF], modifier: Any = NONE) -> None:
    """Draw with the left button from corner to corner, with stops between."""
    left = Qt.MouseButton.LeftButton
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    def send(kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        place = QPointF(canvas.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(canvas, QMouseEvent(kind, at, place, button, held, modifier))

    send(QEvent.Type.MouseButtonPress, corners[0], left, left)
    for first, second in itertools.pairwise(corners):
        for share in (0.5, 1.0):
            send(QEvent.Type.MouseMove, first + (second - first) * share, Qt.MouseButton.NoButton, left)
    send(QEvent.Type.MouseButtonRelease, corners[-1], left, Qt.MouseButton.NoButton)


def left_half(canvas: Any) -> list[QPointF]:
    width, height = canvas.width(), canvas.height()
    return [QPointF(1, 1), QPointF(width / 2, 1), QPointF(width / 2, height - 1), QPointF(1, height - 1)]


def on_the_left(canvas: Any, made: Composition) -> np.ndarray:
    found = made.forget.map.model.map
    assert found is not None
    places = canvas.view.on_screen(found.points)
    inside = (places > 1).all(axis=1) & (places[:, 0] < canvas.width() / 2) & (places[:, 1] < canvas.height() - 1)
    return np.flatnonzero(inside)


def test_a_lasso_selects_in_the_grid_and_what_the_grid_selects_is_seen_on_the_map(
    qtbot: QtBot, made: Composition
) -> None:
    view, desk, page = made.forget.map, made.desk, made.forget
    canvas = view.canvas
    qtbot.mouseClick(view.tools.buttons[LASSO], Qt.MouseButton.LeftButton)
    draw(canvas, left_half(canvas))
    expected = on_the_left(canvas, made)
    assert 0 < len(expected) < 240 and np.array_equal(desk.selection.positions(), expected)
    assert np.array_equal(np.sort(page.model.rows[page.grid.selected_rows()]), expected)
    made.actions["mark"].trigger()
    assert np.array_equal(np.flatnonzero(desk.basket.mask), expected)
    assert desk.basket.history[-1].sentence() == f"Added {len(expected)} pictures within a lasso on the map"
    assert np.array_equal(view.model.marks, desk.basket.mask)
    desk.selection.replace([5, 9])
    assert np.array_equal(np.flatnonzero(view.model.selected), [5, 9])
    assert canvas.accessibleDescription() == (
        f"PCA map of 240 pictures: 240 found, {len(expected)} marked, 2 selected."
    )


@pytest.mark.parametrize("size", [(960, 520), (1100, 700), (1280, 800)], ids=str)
def test_the_map_covers_nothing_of_its_own_in_a_small_window(
    qtbot: QtBot, made: Composition, size: tuple[int, int]
) -> None:
    view, page = made.forget.map, made.forget
    made.window.resize(*size)
    names = tuple(f"a class that is called {each}" for each in range(10))
    view.model.set_tints(tints_of("class", Coded(names, np.arange(240) % 10)))
    view.say_notice("UMAP was stopped, and this is a line that is as long as what is said there.")
    view.job.show_job(JobView(JOB_KINDS["layout"], "running", Progress("Starting UMAP", 0, 0)))
    for button in page.content.views.buttons[1:]:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        for _ in range(5):
            QCoreApplication.sendPostedEvents()
            QApplication.processEvents()
        parts = [each for each in view.findChildren(QWidget, options=DIRECT) if each.isVisible()]
        assert view.canvas in parts and view.job in parts and view.notice in parts
        for first, second in itertools.combinations(parts, 2):
            assert not first.geometry().intersects(second.geometry()), (button.text(), first, second)
        assert all(view.rect().contains(each.geometry()) for each in parts), button.text()
        assert view.canvas.height() >= 150 and len(view.legend.texts) == 10
        assert view.said.isVisible() or view.said.text() in view.projections.toolTip()
        assert not any(too_wide(area) for area in page.findChildren(QScrollArea)), button.text()
        if button.text() == "Both":
            assert page.grid.viewport().width() >= 2 * page.grid.box_of(0).width(), "columns of the grid"


def test_a_narrow_window_has_the_map_below_the_grid_and_a_wide_one_beside_it(qtbot: QtBot, made: Composition) -> None:
    view, grid, splitter = made.forget.map, made.forget.grid, made.window.findChild(QSplitter, "pictures")
    made.window.resize(960, 800)
    qtbot.waitUntil(lambda: grid.geometry().bottom() < view.geometry().top())
    assert grid.width() == view.width() == splitter.width() and grid.height() >= 120
    made.window.resize(1280, 800)
    qtbot.waitUntil(lambda: grid.geometry().right() < view.geometry().left())
    assert grid.height() == view.height() == splitter.height()


def test_a_lasso_may_end_where_it_began_and_a_map_may_be_moved_and_brought_back(
    qtbot: QtBot, made: Composition
) -> None:
    view, selection = made.forget.map, made.desk.selection
    corners = left_half(view.canvas)
    qtbot.mouseClick(view.tools.buttons[LASSO], Qt.MouseButton.LeftButton)
    expected = on_the_left(view.canvas, made)
    for end in (corners[0], corners[0] + QPointF(2, 1)):
        selection.clear()
        draw(view.canvas, [*corners, end])
        assert len(expected) > 1 and np.array_equal(selection.positions(), expected), "a closed loop is no click"
    qtbot.mouseClick(view.tools.buttons[0], Qt.MouseButton.LeftButton)
    draw(view.canvas, [QPointF(2, 2), QPointF(80, 80), QPointF(2, 2)])
    assert np.array_equal(selection.positions(), expected), "moving the map selects nothing else"
    draw(view.canvas, [QPointF(2, 2), QPointF(3, 4), QPointF(2, 2)])
    assert not len(selection), "a hand that trembles clicks all the same, here beside all points"


def test_shift_adds_and_ctrl_takes_out(qtbot: QtBot, made: Composition) -> None:
    view, selection = made.forget.map, made.desk.selection
    qtbot.mouseClick(view.tools.buttons[LASSO], Qt.MouseButton.LeftButton)
    left = on_the_left(view.canvas, made)
    other = np.setdiff1d(np.arange(240), left)[0]
    selection.replace([other])
    draw(view.canvas, left_half(view.canvas), SHIFT)
    assert np.array_equal(selection.positions(), np.sort(np.append(left, other)))
    draw(view.canvas, left_half(view.canvas), CTRL)
    assert selection.positions().tolist() == [other]


def test_what_the_query_leaves_out_is_faded_and_no_lasso_takes_it(qtbot: QtBot, made: Composition) -> None:
    view, page = made.forget.map, made.forget
    page.search.setText("class:ring")
    assert np.array_equal(np.flatnonzero(view.model.found), np.sort(page.model.rows)) and view.model.found.sum() == 60
    qtbot.mouseClick(view.tools.buttons[LASSO], Qt.MouseButton.LeftButton)
    draw(view.canvas, left_half(view.canvas))
    expected = np.intersect1d(on_the_left(view.canvas, made), page.model.rows)
    assert np.array_equal(made.desk.selection.positions(), expected)


def test_a_brush_takes_what_it_passes_and_escape_ends_a_lasso(qtbot: QtBot, made: Composition) -> None:
    view, selection = made.forget.map, made.desk.selection
    canvas = view.canvas
    qtbot.mouseClick(view.tools.buttons[BRUSH], Qt.MouseButton.LeftButton)
    assert view.brush.isVisible()
    view.brush.setValue(40)
    start, end = QPointF(60, canvas.height() / 2), QPointF(canvas.width() - 60, canvas.height() / 2)
    found = view.model.map
    assert found is not None
    places = canvas.view.on_screen(found.points)
    near = np.abs(places[:, 1] - start.y()) <= 40
    middle = near & (places[:, 0] > 60) & (places[:, 0] < canvas.width() - 60)
    draw(canvas, [start, end])
    taken = selection.positions()
    assert np.isin(np.flatnonzero(middle), taken).all() and near[taken].all() and len(taken)
    made.actions["mark"].trigger()
    assert "under the brush on the map" in made.desk.basket.history[-1].sentence()
    selection.clear()
    qtbot.mouseClick(view.tools.buttons[LASSO], Qt.MouseButton.LeftButton)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    qtbot.mouseMove(canvas, QPoint(canvas.width() - 2, 2))
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(canvas.width() - 2, canvas.height() - 2))
    assert not len(selection)


def test_a_click_selects_and_the_grid_goes_there_and_beside_all_points_nothing_is_selected(
    qtbot: QtBot, made: Composition
) -> None:
    view, page, selection = made.forget.map, made.forget, made.desk.selection
    view.canvas.enlarge(3.0, view.canvas.screen_of(200))
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=view.canvas.screen_of(200).toPoint())
    chosen = selection.positions().tolist()
    assert len(chosen) == 1
    assert page.grid.current_position() == chosen[0]
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert not len(selection)


def test_keys_and_the_wheel_move_and_enlarge(qtbot: QtBot, made: Composition) -> None:
    canvas = made.forget.map.canvas
    before = canvas.screen_of(0)
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.screen_of(0).x() == pytest.approx(before.x() + 60)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.view.zoom == pytest.approx(1.25)
    at = canvas.screen_of(7)
    nothing = Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, 120), *nothing, False)
    QApplication.sendEvent(canvas, event)
    assert canvas.view.zoom == pytest.approx(1.25**2)
    after = canvas.screen_of(7)
    assert after.x() == pytest.approx(at.x()) and after.y() == pytest.approx(at.y())
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.view.zoom == 1


def test_colours_by_class_loss_and_forget_set(qtbot: QtBot, made: Composition) -> None:
    view, desk = made.forget.map, made.desk
    names = [view.colours.itemText(each) for each in range(view.colours.count())]
    assert names[:3] == ["class", "forget set", "loss"]
    assert view.legend.texts == [f"{name}: 60" for name in desk.images.classes]  # type: ignore[union-attr]
    choose_colour(view, "forget set")
    assert view.legend.texts == ["forget: 0", "retain: 240"]
    desk.set_basket(desk.basket.add(np.arange(7)))
    assert view.legend.texts == ["forget: 7", "retain: 233"]
    choose_colour(view, "loss")
    tints = view.model.tints
    assert tints is not None and tints.scale is not None and view.legend.texts[0].startswith("from ")
    loss = (
        -desk.workspace.outputs.train.double()
        .log_softmax(dim=1)
        .numpy()[
            np.arange(240), desk.images.train.labels  # type: ignore[union-attr]
        ]
    )
    order = np.argsort(loss)
    assert (np.diff(tints.codes[order].astype(int)) >= 0).all()


def choose_colour(view: Any, name: str) -> None:
    view.colours.setCurrentText(name)
    view.colours.activated.emit(view.colours.currentIndex())


def test_without_umap_the_window_says_what_to_install(made: Composition) -> None:
    view = made.forget.map
    assert view.notice.isVisible() and "pip install 'maga-desk[map]'" in view.notice.text()
    assert not view.projections.buttons[1].isEnabled() and view.model.shown == "PCA"


def test_no_model_says_what_to_do_and_another_model_leaves_nothing(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, without_umap: None
) -> None:
    made = windows.make()
    made.window.show_page("forget")
    made.forget.content.show_view(1)
    canvas = made.forget.map.canvas
    assert canvas._empty == "Open a model on the Load page; its features lay the pictures out."
    assert made.jobs.views() == [] or all(view.kind.purpose != "map" for view in made.jobs.views())
    open_tiny(qtbot, made, tiny_spec)
    show_map(qtbot, made)
    made.desk.set_workspace(None, None, None)
    assert made.forget.map.model.map is None and len(canvas._points) == 0
    assert canvas.accessibleDescription() == "No map yet of 0 pictures."


@pytest.mark.slow
@pytest.mark.timeout(500)  # numba compiles in each process anew
@pytest.mark.skipif(not mapping.has_umap(), reason="umap-learn is not installed")
def test_umap_is_laid_out_beside_and_can_be_stopped(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    show_map(qtbot, made)
    view = made.forget.map
    qtbot.waitUntil(lambda: view.job.isVisible() and "UMAP" in view.job.words.text(), timeout=PATIENCE)
    assert view.model.shown == "PCA" and made.jobs.views() == []  # nothing else waits for it
    qtbot.mouseClick(view.job.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.notice.text() == controller.STOPPED, timeout=PATIENCE)
    assert not multiprocessing.active_children()
    qtbot.mouseClick(view.projections.buttons[1], Qt.MouseButton.LeftButton)
    assert view.projections.current == 0
    qtbot.waitUntil(lambda: view.model.shown == "UMAP", timeout=5 * PATIENCE)
    assert view.projections.current == 1 and "UMAP keeps the 14 nearest pictures" in view.said.text()
