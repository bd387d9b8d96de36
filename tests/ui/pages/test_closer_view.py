"""Single pictures on the Verify page: lists, confusion, scores, maps and relearning show what the nets said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QItemSelectionModel, QRectF, Qt
from PySide6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from maga_desk.domain.closer.confusion import confusion, named_so
from maga_desk.domain.closer.lesson import Lesson
from maga_desk.domain.closer.ranking import damage, residue
from maga_desk.domain.errors import DataError
from maga_desk.domain.events import Scalars
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.ui.item_models.close_pictures import ClosePicturesModel
from maga_desk.ui.pages.closer_view import CONFUSION, FEATURES, PICTURES, RELEARNING, SCORES, VIEWS, CloserView
from maga_desk.ui.plots.map_panel import NO_MAP
from maga_desk.ui.widgets.basic.takeaway import Takeaway
from maga_desk.ui.widgets.verify.closer.pictures_view import ROOM_FOR_NAMES
from tests.ui.staging import close_look


@pytest.fixture
def view(qtbot: QtBot) -> CloserView:
    found = CloserView()
    qtbot.addWidget(found)
    found.resize(1000, 600)
    found.show()
    found.show_look(close_look())
    return found


def show(qtbot: QtBot, view: CloserView, place: int) -> Any:
    view.show_view(place)
    deferred = {SCORES: view.scores, FEATURES: view.features, RELEARNING: view.relearning}.get(place)
    if deferred is None:
        return (view.pictures, view.confusion)[place]
    deferred.ensure()
    return deferred.content


def images_of(count: int, classes: int) -> ImageSet:
    labels = np.arange(count) % classes
    names = tuple(f"train/{i:05}.png" for i in range(count))
    pixels = InMemory(np.zeros((count, 3, 2, 2), dtype=np.uint8))
    split = PictureIndex(pixels, labels, labels, names)
    called = tuple(f"c{i}" for i in range(classes))
    return ImageSet(split, split, called, called)


def test_before_anything_was_asked_one_button_asks(qtbot: QtBot) -> None:
    found = CloserView()
    qtbot.addWidget(found)
    found.show()
    assert found.empty.isVisible() and not found.panel.isVisible()
    with qtbot.waitSignal(found.look_wanted):
        qtbot.mouseClick(found.empty.button, Qt.MouseButton.LeftButton)
    found.set_asking(True)
    assert not found.empty.button.isVisible()
    found.set_asking(False, "The run has no result.")
    assert found.empty.label.text() == "The run has no result." and not found.empty.button.isVisible()


def test_a_ranked_picture_is_shown_large_with_all_answers(qtbot: QtBot, view: CloserView) -> None:
    look, pictures = view.look, show(qtbot, view, PICTURES)
    assert look is not None
    model, expected = pictures.table.pictures, damage(look, "train")
    assert model.positions.tolist() == expected.positions.tolist() and pictures.said.text() == expected.said
    cell = pictures.table.visualRect(model.index(0, 0)).center()
    qtbot.mouseClick(pictures.table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    assert view.panel.shown == ("train", int(expected.positions[0]))
    assert [title for title, _ in view.panel.bars.said] == ["Original", "Unlearned", "Retrained"]
    for (_, rows), (_, answers) in zip(view.panel.bars.said, look.shown_nets(), strict=True):
        best, share = answers.train.top(int(expected.positions[0]))[0]
        assert rows[0][0] == look.classes[best] and rows[0][2] == pytest.approx(share)
        assert sum(true for _, true, _ in rows) <= 1
    assert view.panel.name.text() == look.images.train.names[int(expected.positions[0])]


def test_lists_filters_and_sorting(qtbot: QtBot, view: CloserView) -> None:
    look, pictures = view.look, show(qtbot, view, PICTURES)
    assert look is not None
    pictures.lists.setCurrentIndex(2)
    pictures.lists.activated.emit(2)
    model = pictures.table.pictures
    assert model.positions.tolist() == residue(look, "train").positions.tolist()
    assert model.index(0, model.columnCount() - 1).data().startswith("+")
    pictures.lists.setCurrentIndex(4)
    pictures.classes.setCurrentIndex(3)
    pictures.classes.activated.emit(3)
    assert set(look.images.train.labels[model.positions]) == {2}
    pictures.search.setText("25.PNG")
    assert [look.images.train.names[i] for i in model.positions] == ["train/deer/25.png"]
    pictures.search.clear()
    pictures.classes.setCurrentIndex(0)
    pictures.classes.activated.emit(0)
    pictures.table.horizontalHeader().sectionClicked.emit(3)  # the unlearned net: the likeliest first
    odds = look.nets["unlearned"].train.log_odds[model.positions]
    assert (np.diff(odds) <= 0).all()
    pictures.table.horizontalHeader().sectionClicked.emit(3)
    assert model.positions[0] == look.nets["unlearned"].train.log_odds.argmin()


def test_the_definition_is_one_click_away(qtbot: QtBot, view: CloserView) -> None:
    for place in range(len(VIEWS)):
        shown = show(qtbot, view, place)
        assert not shown.explained.text.isVisibleTo(shown)
        shown.explained.button.click()
        text = shown.explained.text.text()
        assert shown.explained.text.isVisibleTo(shown)
        assert all(part in text for part in ("What it is:", "Which direction is good:", "What it cannot see:"))


def test_a_cell_of_the_confusion_leads_to_its_pictures(qtbot: QtBot, view: CloserView) -> None:
    look, shown = view.look, show(qtbot, view, CONFUSION)
    assert look is not None
    shown.layers.buttons[1].click()
    found = confusion(look, "test")
    named = int(found.counts["unlearned"][1].argmax())
    cell = shown.table.cells.index(1, named)
    qtbot.mouseClick(shown.table.viewport(), Qt.MouseButton.LeftButton, pos=shown.table.visualRect(cell).center())
    positions = named_so(look, "test", "unlearned", 1, named)
    assert shown.strip.count == len(positions) == found.counts["unlearned"][1, named]
    shown.strip.setCurrentIndex(shown.strip.model().index(0, 0))
    assert view.panel.shown == ("test", int(positions[0]))
    shown.layers.buttons[3].click()
    share = found.change("original")[1, 1]
    assert shown.table.cells.index(1, 1).data() == f"{share:+.0f}".replace("-", "−")
    assert shown.strip.count == len(positions), "the cell stays chosen"


def test_without_a_retrained_net_nothing_pretends_there_is_one(qtbot: QtBot, view: CloserView) -> None:
    view.show_look(close_look(retrained=False))
    shown, pictures = show(qtbot, view, CONFUSION), show(qtbot, view, PICTURES)
    assert [button.isVisibleTo(shown) for button in shown.layers.buttons] == [True, True, False, True, False]
    qtbot.waitUntil(lambda: pictures.table.width() > ROOM_FOR_NAMES)
    titles = [pictures.table.pictures.headerData(i, Qt.Orientation.Horizontal) for i in range(5)]
    assert titles == ["Picture", "Class", "Original", "Unlearned", "Lost"]
    assert view.yardstick.text() == "There is no retrained model."
    scores = show(qtbot, view, SCORES)
    assert not scores.nets.buttons[2].isVisibleTo(scores)


def test_the_threshold_is_moved_by_line_and_by_number(qtbot: QtBot, view: CloserView) -> None:
    shown = show(qtbot, view, SCORES)
    begin = shown.said.text()
    assert "TPR" in begin and "Balanced accuracy" in begin
    shown.plot._line.setValue(-2.5)
    assert shown.threshold.value() == pytest.approx(-2.5) and shown.said.text().startswith("At or above −2.50: ")
    shown.threshold.setValue(-3.0)
    assert shown.plot._line.value() == pytest.approx(-3.0) and "−3.00" in shown.said.text()
    shown.groups.buttons[1].click()
    assert "n 30" in shown.members.text


def test_over_forgotten_pictures_are_named_so(qtbot: QtBot, view: CloserView) -> None:
    look = view.look
    assert look is not None
    answers = look.nets["unlearned"]
    odds = answers.train.log_odds.copy()
    odds[look.forget] = -30.0
    over = replace(answers, train=replace(answers.train, log_odds=odds))
    view.show_look(replace(look, nets={**look.nets, "unlearned": over}))
    shown = show(qtbot, view, SCORES)
    told = shown.said.text().replace("\u00a0", " ")
    assert told.startswith("Below ") and "Balanced accuracy 100.0 %" in told
    assert "one half has 100.0 % on the other half. Over-forgotten: lower than unseen." in told
    shown.nets.buttons[0].click()
    assert "Over-forgotten" not in shown.said.text(), "the original knows both alike"


def test_no_point_stays_where_another_result_has_no_map(qtbot: QtBot, view: CloserView) -> None:
    look, shown = view.look, show(qtbot, view, FEATURES)
    assert look is not None and len(shown.before.rows()) > 1
    shown.before.brushed.emit(QRectF(-9, -9, 18, 18))
    assert not shown.strip.isHidden()
    view.show_look(replace(look, maps=()))
    assert shown.said.text() == NO_MAP
    for plot in (shown.before, shown.after):
        assert plot.rows() == [["x", "y", "marked", "selected"]]
    assert shown.strip.isHidden() and shown.chosen.isHidden() and not shown.clear_button.isEnabled()


def test_a_rectangle_in_one_map_selects_in_both(qtbot: QtBot, view: CloserView) -> None:
    look, shown = view.look, show(qtbot, view, FEATURES)
    assert look is not None
    point = look.maps[0].after[7]
    shown.after.brushed.emit(QRectF(point[0] - 0.01, point[1] - 0.01, 0.02, 0.02))
    for plot in (shown.before, shown.after):
        assert np.flatnonzero(plot._selected).tolist() == [7]
    assert shown.strip.count == 1 and shown.chosen.text() == "1 selected: bird 1."
    shown.strip.setCurrentIndex(shown.strip.model().index(0, 0))
    assert view.panel.shown == ("train", 7)
    assert shown.before._marked.sum() == 10, "the forgotten"
    shown.marked.setCurrentIndex(4)
    shown.marked.activated.emit(4)
    assert np.flatnonzero(shown.before._marked).tolist() == list(range(30, 40)), "a class"
    shown.clear_button.click()
    assert shown.strip.count == 0 and not shown.clear_button.isEnabled()


def test_a_drag_with_the_mouse_draws_the_rectangle(qtbot: QtBot, view: CloserView) -> None:
    shown = show(qtbot, view, FEATURES)
    plot = shown.before.plot
    qtbot.waitUntil(lambda: plot.viewport().width() > 100 and plot.viewport().height() > 60)
    area = plot.viewport().rect()
    with qtbot.waitSignal(shown.before.brushed):
        qtbot.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
        for step in range(1, 8):
            qtbot.mouseMove(plot.viewport(), area.center() + (area.topRight() - area.center()) * step / 12)
            qtbot.wait(15)
        end = area.center() + (area.topRight() - area.center()) * 7 / 12
        qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=end)


def test_selected_forgotten_pictures_are_what_copies_are_shown(qtbot: QtBot, view: CloserView) -> None:
    panel = show(qtbot, view, RELEARNING)
    asked: list[Lesson] = []
    view.lesson_wanted.connect(asked.append)
    panel.shown.buttons[1].click()
    assert not panel.start_button.isEnabled(), "nothing is selected yet"
    pictures = view.pictures
    pictures.lists.setCurrentIndex(2)
    pictures.lists.activated.emit(2)
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in (0, 3):
        pictures.table.selectionModel().select(pictures.table.pictures.index(row, 0), flags)
    assert panel.shown.buttons[1].text() == "Selected ones (2)" and panel.start_button.isEnabled()
    panel.start_button.click()
    assert asked[0].picked == tuple(sorted(int(i) for i in pictures.table.pictures.positions[[0, 3]]))
    panel.shown.buttons[2].click()
    panel.start_button.click()
    assert asked[1] == Lesson("retained", steps=60)
    panel.add([Scalars(0, {"forget_accuracy": 1.0}), Scalars(0, {"forget_accuracy": 0.0}, "reference")])
    panel.add([Scalars(5, {"forget_accuracy": 40.0, "retain_accuracy": 70.0})])
    assert "unlearned: 1 % at the start, 40 % after 5 steps" in panel.result.text()
    assert panel.curves.rows()[1] == ["unlearned", "0", "1", ""]


def test_fifty_thousand_pictures_make_no_thumbnail_before_they_are_seen(qtbot: QtBot, view: CloserView) -> None:
    view.show_look(close_look(images_of(50_000, 10)))
    pictures = show(qtbot, view, PICTURES)
    pictures.lists.setCurrentIndex(4)
    pictures.lists.activated.emit(4)
    model: ClosePicturesModel = pictures.table.pictures
    assert model.rowCount() == 50_000
    pictures.table.selectAll()
    assert len(pictures.chosen_forgotten()) == 5_000
    pictures.table.scrollToBottom()
    pictures.table.grab()
    assert sum(each.made for each in model._thumbnails.values()) < 100


@pytest.mark.parametrize(("count", "classes"), [(10, 1), (10, 4), (1000, 1000)])
def test_one_class_ten_pictures_and_a_thousand_classes(
    qtbot: QtBot, view: CloserView, count: int, classes: int
) -> None:
    images = images_of(count, max(classes, 2))
    if classes == 1:
        images = replace(images, train=replace(images.train, labels=np.ones(count, dtype=np.int64)))
    view.show_look(close_look(images))
    for place in range(len(VIEWS)):
        show(qtbot, view, place).grab()
    assert view.confusion.table.cells.rowCount() <= count


def test_no_test_pictures_at_all(qtbot: QtBot, view: CloserView) -> None:
    images = images_of(12, 3)
    empty = images.test.take(np.empty(0, dtype=np.int64))
    view.show_look(close_look(ImageSet(images.train, empty, images.classes, images.kinds)))
    shown = show(qtbot, view, CONFUSION)
    assert not shown.splits.buttons[0].isEnabled() and shown.splits.current == 1
    scores = show(qtbot, view, SCORES)
    assert "no unseen pictures" in scores.said.text() and not scores.threshold.isEnabled()
    pictures = show(qtbot, view, PICTURES)
    pictures.lists.setCurrentIndex(3)
    pictures.lists.activated.emit(3)
    assert pictures.table.pictures.rowCount() == 0 and "There is no such picture" in pictures.said.text()


def test_every_plot_and_table_can_be_taken_away(qtbot: QtBot, view: CloserView) -> None:
    import pyqtgraph as pg

    parts: list[QWidget] = []
    for place in range(len(VIEWS)):
        show(qtbot, view, place)
    parts += view.findChildren(QTableView)
    parts += [plot.parentWidget() for plot in view.findChildren(pg.PlotWidget)]
    names = set()
    for part in [*parts, view.panel.bars]:
        (takeaway,) = [child for child in part.children() if isinstance(child, Takeaway)]
        assert all(isinstance(cell, str) for row in takeaway.rows() for cell in row)
        names.add(part.accessibleName())
    assert len(names) == len(parts) + 1 == 7 and all(names)


def test_a_picture_that_has_gone_is_shown_as_the_models_saw_it(qtbot: QtBot, view: CloserView) -> None:
    def gone(name: str) -> Image.Image:
        raise DataError("is gone", where=name)

    images = images_of(12, 3)
    train = replace(images.train, opener=gone)
    view.show_look(close_look(replace(images, train=train)))
    show(qtbot, view, PICTURES)
    view.pictures.table.selectRow(0)
    assert view.panel.shown is not None and not view.panel.picture.pixmap().isNull()
