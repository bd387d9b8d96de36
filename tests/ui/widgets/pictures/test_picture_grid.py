"""The grid by mouse, wheel and keys: what is selected, what stays in place, what is said."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QHelpEvent, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolTip
from pytestqt.qtbot import QtBot

from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.ui import theme
from maga_desk.ui.item_models.pictures import PictureAnswers, PicturesModel
from maga_desk.ui.selection import PictureSelection
from maga_desk.ui.widgets.pictures.cell_view import SIDES
from maga_desk.ui.widgets.pictures.grid_painting import CAPTIONED
from maga_desk.ui.widgets.pictures.picture_grid import PictureGrid

CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)
LEFT = Qt.MouseButton.LeftButton


def images_of(count: int, classes: int = 4, names: tuple[str, ...] = ()) -> ImageSet:
    """Pictures whose red is their position, of classes in turns."""
    pixels = np.zeros((count, 3, 8, 8), dtype=np.uint8)
    pixels[:, 0] = (np.arange(count) % 256)[:, None, None]
    labels = np.arange(count) % classes
    titles = names or tuple(f"class{k:05}" for k in range(classes))
    files = tuple(f"train/{titles[k]}/{i}.png" for i, k in enumerate(labels))
    split = PictureIndex(InMemory(pixels), labels, labels, files)
    return ImageSet(split, split, titles, titles)


class Shown:
    """A grid with its model and selection."""

    def __init__(self, qtbot: QtBot, images: ImageSet, width: int = 500, height: int = 400) -> None:
        self.model, self.selection, self.grid = PicturesModel(), PictureSelection(), PictureGrid()
        qtbot.addWidget(self.grid, before_close_func=lambda _: self.selection.clear())  # all live until it is closed
        self.grid.resize(width, height)
        self.selection.reset(len(images.train))
        self.grid.show_pictures(self.model, self.selection)
        self.model.set_images(images)
        self.grid.show()
        qtbot.waitExposed(self.grid)

    def at(self, row: int) -> QPoint:
        return self.grid.box_of(row).center()

    def chosen(self) -> list[int]:
        return self.selection.positions().tolist()


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot, images_of(400))


def drag(grid: PictureGrid, begin: QPoint, end: QPoint, modifier: Qt.KeyboardModifier = NONE) -> None:
    """Press, move in steps, and stay there with the button down."""
    view = grid.viewport()
    for kind, at in (
        (QEvent.Type.MouseButtonPress, begin),
        *((QEvent.Type.MouseMove, begin + (end - begin) * step / 5) for step in range(1, 6)),
    ):
        place = QPointF(at)
        button = LEFT if kind == QEvent.Type.MouseButtonPress else Qt.MouseButton.NoButton
        QApplication.sendEvent(view, QMouseEvent(kind, place, view.mapToGlobal(place), button, LEFT, modifier))


def test_a_rubber_band_selects_what_it_touches_and_goes_back_with_the_pointer(qtbot: QtBot, shown: Shown) -> None:
    grid = shown.grid
    columns = sum(grid.box_of(row).top() == grid.box_of(0).top() for row in range(30))
    drag(grid, shown.at(columns + 1), shown.at(3 * columns + 3))
    wanted = [line * columns + column for line in (1, 2, 3) for column in (1, 2, 3)]
    assert shown.chosen() == wanted and grid.rubber.active
    drag_on = QPointF(shown.at(2 * columns + 2))
    view = grid.viewport()
    move = QMouseEvent(QEvent.Type.MouseMove, drag_on, view.mapToGlobal(drag_on), Qt.MouseButton.NoButton, LEFT, NONE)
    QApplication.sendEvent(view, move)
    assert shown.chosen() == [columns + 1, columns + 2, 2 * columns + 1, 2 * columns + 2]
    qtbot.mouseRelease(view, LEFT, pos=shown.at(2 * columns + 2))
    assert not grid.rubber.active
    drag(grid, shown.at(0), shown.at(1), CTRL)
    assert set(shown.chosen()) == {0, 1, columns + 1, columns + 2, 2 * columns + 1, 2 * columns + 2}
    qtbot.mouseRelease(view, LEFT, pos=shown.at(1))


def test_a_rubber_band_beyond_the_edge_scrolls_and_goes_on_selecting(qtbot: QtBot, shown: Shown) -> None:
    grid = shown.grid
    below = QPoint(shown.at(2).x(), grid.viewport().height() + 80)
    drag(grid, shown.at(0), below)
    seen = len(shown.chosen())
    qtbot.waitUntil(lambda: grid.verticalScrollBar().value() > 200)
    assert len(shown.chosen()) > seen and {0, 1, 2} <= set(shown.chosen())
    qtbot.mouseRelease(grid.viewport(), LEFT, pos=below)
    value = grid.verticalScrollBar().value()
    qtbot.wait(80)
    assert grid.verticalScrollBar().value() == value, "it stops with the button"


def test_a_click_beside_the_pictures_selects_nothing(qtbot: QtBot, shown: Shown) -> None:
    shown.model.set_rows(np.arange(3))
    shown.selection.replace([0, 1])
    qtbot.mouseClick(shown.grid.viewport(), LEFT, CTRL, QPoint(300, 380))
    assert shown.chosen() == [0, 1]
    qtbot.mouseClick(shown.grid.viewport(), LEFT, NONE, QPoint(300, 380))
    assert shown.chosen() == []


def test_keys_do_all_that_the_mouse_does(qtbot: QtBot, shown: Shown) -> None:
    grid = shown.grid
    columns = sum(grid.box_of(row).top() == grid.box_of(0).top() for row in range(30))
    lines = grid.viewport().height() // grid.box_of(0).height()
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert shown.chosen() == [0], "without a current picture, the first"
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert shown.chosen() == [columns + 1]
    qtbot.keyClick(grid, Qt.Key.Key_Down, SHIFT)
    assert shown.chosen() == list(range(columns + 1, 2 * columns + 2))
    qtbot.keyClick(grid, Qt.Key.Key_Up, SHIFT)
    assert shown.chosen() == [columns + 1]
    qtbot.keyClick(grid, Qt.Key.Key_PageDown)
    assert shown.chosen() == [columns + 1 + lines * columns]
    assert grid.viewport().rect().contains(shown.at(shown.chosen()[0])), "it is scrolled to"
    qtbot.keyClick(grid, Qt.Key.Key_PageUp)
    assert shown.chosen() == [columns + 1]
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert shown.chosen() == [399] and grid.viewport().rect().contains(shown.at(399))
    qtbot.keyClick(grid, Qt.Key.Key_Home, SHIFT)
    assert shown.chosen() == list(range(400))
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert shown.chosen() == []
    qtbot.keyClick(grid, Qt.Key.Key_Right, CTRL)
    qtbot.keyClick(grid, Qt.Key.Key_Right, CTRL)
    assert shown.chosen() == [] and grid.current_position() == 2
    qtbot.keyClick(grid, Qt.Key.Key_Space, CTRL)
    assert shown.chosen() == [2]
    qtbot.keyClick(grid, Qt.Key.Key_Space, CTRL)
    assert shown.chosen() == []
    qtbot.keyClick(grid, Qt.Key.Key_A, CTRL)
    assert len(shown.chosen()) == 400
    qtbot.keyClicks(grid, "cat")
    assert len(shown.chosen()) == 400 and grid.current_position() == 2, "letters do nothing"
    with qtbot.waitSignal(grid.open_requested, check_params_cb=lambda position: position == 2):
        qtbot.keyClick(grid, Qt.Key.Key_Space)
    with qtbot.waitSignal(grid.toggle_requested):
        qtbot.keyClick(grid, Qt.Key.Key_Enter)


def test_the_current_picture_is_said_and_follows_an_order(qtbot: QtBot, shown: Shown) -> None:
    shown.grid.setFocus()
    qtbot.mouseClick(shown.grid.viewport(), LEFT, NONE, shown.at(5))
    assert shown.grid.accessibleDescription().startswith("train/class00001/5.png\nclass00001")
    shown.model.set_rows(np.arange(400)[::-1].copy())
    assert shown.grid.current_position() == 5 and shown.chosen() == [5]
    qtbot.keyClick(shown.grid, Qt.Key.Key_Right)
    assert shown.chosen() == [4]


def turn(grid: PictureGrid, at: QPoint, notches: int, modifier: Qt.KeyboardModifier) -> None:
    place = QPointF(at)
    buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        place, grid.viewport().mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), buttons, modifier, phase, False
    )
    QApplication.sendEvent(grid.viewport(), event)


@pytest.mark.parametrize("headings", [False, True])
def test_the_picture_under_the_pointer_stays_where_it_is(qtbot: QtBot, headings: bool) -> None:
    shown = Shown(qtbot, images_of(5000))
    grid = shown.grid
    shown.model.group(headings)
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum() // 2)
    for notches, at in ((1, QPoint(150, 210)), (3, QPoint(60, 90)), (-5, QPoint(200, 300)), (-4, QPoint(9, 9))):
        row = grid.row_at(at)
        if row is None:  # between two pictures: move into one
            at = at + QPoint(0, 30)
            row = grid.row_at(at)
        assert row is not None
        before, share = grid.side, (at.y() - grid.box_of(row).top()) / grid.box_of(row).height()
        turn(grid, at, notches, CTRL)
        assert grid.side == SIDES[SIDES.index(before) + notches]
        box = grid.box_of(row)
        assert abs(box.top() + share * box.height() - at.y()) <= 1, "the same part of it is at the same height"


def test_the_wheel_alone_scrolls_and_zooming_ends_at_both_ends(qtbot: QtBot, shown: Shown) -> None:
    grid = shown.grid
    turn(grid, QPoint(50, 50), -1, NONE)
    assert grid.side == 64 and grid.verticalScrollBar().value() > 0
    grid.setFocus()
    for key, end in ((Qt.Key.Key_Plus, 256), (Qt.Key.Key_Minus, 24)):
        for _ in range(20):
            qtbot.keyClick(grid, key, CTRL)
        assert grid.side == end
    grid.set_side(99)
    assert grid.side == 96, "the nearest there is"


def test_headings_count_select_and_fold(qtbot: QtBot) -> None:
    shown = Shown(qtbot, images_of(40))
    grid, model = shown.grid, shown.model
    model.group(True)
    assert model.rows[:11].tolist() == [*range(0, 40, 4), 1], "by class, and within it in order"
    heading = QPoint(120, grid.box_of(0).top() - 10)
    qtbot.mouseClick(grid.viewport(), LEFT, NONE, heading)
    assert shown.chosen() == list(range(0, 40, 4))
    below = QPoint(120, grid.box_of(10).top() - 10)
    qtbot.mouseClick(grid.viewport(), LEFT, CTRL, below)
    assert shown.chosen() == sorted([*range(0, 40, 4), *range(1, 40, 4)])
    top = grid.box_of(10).top()
    qtbot.mouseClick(grid.viewport(), LEFT, NONE, QPoint(12, heading.y()))
    assert grid.folded == {0} and grid.box_of(10).top() < top and grid.row_at(QPoint(30, 60)) != 0
    assert len(shown.chosen()) == 20, "what is folded away stays selected"
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Left):
        qtbot.keyClick(grid, key)
        assert grid.selected_rows().tolist() == [10], "keys do not lead into what is folded away"
    grid.show_position(int(model.rows[3]))
    assert not grid.folded, "who goes to a picture sees it"
    grid.fold_all(folded=True)
    assert grid.verticalScrollBar().maximum() == 0
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.selected_rows().tolist() == [10], "nothing is seen"
    grid.fold_all(folded=False)
    assert not grid.folded and grid.box_of(10).top() == top


def test_the_context_menu_selects_a_class_and_by_key_stands_at_the_current_picture(qtbot: QtBot, shown: Shown) -> None:
    images, grid = images_of(40).with_families({f"class{k:05}": f"family{k // 2}" for k in range(4)}), shown.grid
    shown.selection.reset(40)
    shown.model.set_images(images)
    qtbot.mouseClick(grid.viewport(), LEFT, NONE, shown.at(6))
    place = grid.viewport().mapToGlobal(shown.at(6))
    QApplication.sendEvent(
        grid.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), place, NONE)
    )
    menu = next(each for each in grid.findChildren(QMenu) if each.isVisible())
    titles = {action.text(): action for action in menu.actions() if action.text()}
    assert menu.pos() == place
    assert {"Select all of the &class family1", "Select all of the &kind class00002"} <= set(titles)
    titles["Select all of the &kind class00002"].trigger()
    assert shown.chosen() == list(range(2, 40, 4))
    titles["Select all of the &class family1"].trigger()
    assert shown.chosen() == sorted([*range(2, 40, 4), *range(3, 40, 4)])
    shown.model.set_rows(np.arange(10))
    titles["Select all of the &class family1"].trigger()
    assert shown.chosen() == [2, 3, 6, 7], "of what is shown"
    menu.close()


def test_a_right_click_keeps_the_selection_that_it_is_made_in(qtbot: QtBot, shown: Shown) -> None:
    shown.selection.replace([1, 2, 3])
    qtbot.mouseClick(shown.grid.viewport(), Qt.MouseButton.RightButton, NONE, shown.at(2))
    assert shown.chosen() == [1, 2, 3]
    qtbot.mouseClick(shown.grid.viewport(), Qt.MouseButton.RightButton, NONE, shown.at(9))
    assert shown.chosen() == [9]


def grabbed(grid: PictureGrid) -> QImage:
    return grid.viewport().grab().toImage()


def test_pictures_marks_and_captions_are_painted(qtbot: QtBot, shown: Shown) -> None:
    grid, model = shown.grid, shown.model
    qtbot.waitUntil(lambda: grid.thumbnails.get(20) is not None)
    plain = grabbed(grid)
    assert plain.pixelColor(shown.at(20)).red() == 20, "the picture that belongs there"
    mask = np.zeros(400, dtype=bool)
    mask[3] = True
    model.set_mask(mask)
    marked = grabbed(grid)
    corner = grid.box_of(3).topRight() + QPoint(-12, 9)
    assert marked.pixelColor(corner) == QColor(theme.colours().forget) != plain.pixelColor(corner)
    asked: list[list[int]] = []

    def answers(positions: np.ndarray) -> PictureAnswers:
        asked.append(positions.tolist())
        return PictureAnswers(np.zeros_like(positions), np.full(len(positions), 87.4), np.full(len(positions), 0.5))

    model.set_answers(answers)
    model.show({"class", "pred", "conf", "loss"})
    height = grid.box_of(0).height()
    grabbed(grid)
    assert height > 64 + 12 and asked and len(asked[0]) < 60, "those that are seen, and no others"
    assert [(each.text, each.tail, each.wrong) for each in model.captions(1)] == [
        ("class00001", "", False),
        ("≠ class00000", "87 %", True),
        ("loss 0.50", "", False),
    ]
    assert model.captions(4)[1] == ("→ class00000", "87 %", False)
    count = len(asked)
    grabbed(grid)
    assert len(asked) == count, "what is known is not asked for again"
    grid.set_side(48)
    assert grid.side < CAPTIONED and grid.box_of(0).height() == 48 + 12, "no room for words, none for their lines"


def test_a_vanished_file_shows_its_pixels_and_a_line(qtbot: QtBot) -> None:
    images = images_of(12)

    def opener(name: str) -> object:
        raise DataError("no such file", where=name)

    images.train.__dict__["opener"] = opener
    shown = Shown(qtbot, images)
    shown.grid.set_side(96)
    qtbot.waitUntil(lambda: (found := shown.grid.thumbnails.get(11)) is not None and found.gone)
    picture = grabbed(shown.grid)
    box = shown.grid.box_of(5)
    assert picture.pixelColor(box.center()).red() == 5
    assert picture.pixelColor(box.center().x() - 40, box.bottom() - 10) == QColor(theme.colours().danger)


def test_ten_thousand_classes_with_names_from_right_to_left(qtbot: QtBot) -> None:
    names = tuple(f"צילום {k} <b>" for k in range(10_000))
    shown = Shown(qtbot, images_of(30_000, 10_000, names))
    shown.model.group(True)
    assert len(shown.model.groups) == 10_000
    grid, bar = shown.grid, shown.grid.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    row = grid.row_at(QPoint(40, 200)) or grid.row_at(QPoint(40, 240))
    assert row is not None
    qtbot.waitUntil(lambda: grid.thumbnails.get(int(shown.model.rows[row])) is not None)
    assert not grabbed(grid).isNull() and grid.thumbnails.made < 200
    help_event = QHelpEvent(QEvent.Type.ToolTip, shown.at(row), grid.viewport().mapToGlobal(shown.at(row)))
    QApplication.sendEvent(grid.viewport(), help_event)
    assert "צילום" in QToolTip.text() and "&lt;b&gt;" in QToolTip.text(), "as text, not as markup"
    QToolTip.hideText()


def test_a_million_rows_are_scrolled_to_their_end(qtbot: QtBot) -> None:
    count = 1_000_000
    pixels = np.broadcast_to(np.uint8(7), (count, 3, 8, 8))

    class Flat(InMemory):
        def __init__(self) -> None:
            self._array = pixels

    labels = np.arange(count) // 1000
    titles = tuple(f"c{k}" for k in range(1000))
    split = PictureIndex(Flat(), labels, labels, ("",) * count)
    shown = Shown(qtbot, ImageSet(split, split, titles, titles))
    grid = shown.grid
    grid.resize(300, 400)
    grid.set_side(256)
    bar = grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert grid.viewport().rect().contains(grid.box_of(count - 1))
    qtbot.waitUntil(lambda: grid.thumbnails.get(count - 1) is not None)
    grid.selectAll()
    assert len(shown.selection) == count and grid.thumbnails.made < 100


def test_content_taller_than_a_scroll_bar_counts_is_scrolled_in_larger_steps(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maga_desk.ui.widgets.pictures.cell_view._LARGEST_RANGE", 1000)
    shown = Shown(qtbot, images_of(4000))
    grid, bar = shown.grid, shown.grid.verticalScrollBar()
    assert bar.maximum() < 1000
    bar.setValue(bar.maximum())
    assert grid.viewport().rect().contains(shown.at(3999))
    grid.choose(0)
    assert grid.viewport().rect().contains(shown.at(0))


def test_nothing_is_made_while_nobody_looks(qtbot: QtBot, shown: Shown) -> None:
    grid = shown.grid
    qtbot.waitUntil(lambda: grid.thumbnails.get(10) is not None)
    grid.hide()
    made = grid.thumbnails.made
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    qtbot.wait(30)
    assert grid.thumbnails.made == made
    grid.show()
    qtbot.waitUntil(lambda: grid.thumbnails.get(399) is not None)
