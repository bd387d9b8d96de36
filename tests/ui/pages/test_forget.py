"""The Forget page, by clicks and keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.basket import Basket
from maga_desk.domain.forget import from_indices
from maga_desk.domain.marking import BY_HAND, How
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.ui.actions import Actions
from maga_desk.ui.controllers.forget import ForgetController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.forget import ONLY_MARKED, ForgetPage
from maga_desk.ui.selection import PictureSelection
from maga_desk.ui.widgets.basic.page import Lack
from maga_desk.ui.workers.job_thread import JobThread


def images_of(per_kind: int = 12, families: bool = False) -> ImageSet:
    kinds = ("cat", "dog", "jug", "mug")
    labels = np.repeat(np.arange(4), per_kind)
    names = tuple(f"train/{kinds[k]}/{i:04}.png" for i, k in enumerate(labels))
    pixels = np.broadcast_to(np.uint8(90), (len(labels), 3, 8, 8))
    split = PictureIndex(InMemory(pixels), labels, labels, names)
    images = ImageSet(split, split, kinds, kinds)
    owners = {"cat": "animals", "dog": "animals", "jug": "tableware", "mug": "tableware"}
    return images.with_families(owners) if families else images


def jobs_of(page: ForgetPage) -> Jobs:
    """Jobs on a thread that is never begun: nothing here needs one."""
    return Jobs(JobThread(page), page)


@pytest.fixture
def selection() -> PictureSelection:
    return PictureSelection()


@pytest.fixture
def page(qtbot: QtBot, selection: PictureSelection) -> ForgetPage:
    page = ForgetPage()
    qtbot.addWidget(page)
    page.resize(1130, 760)
    page.show_missing([])
    actions = Actions(Desk(), page)
    page.show_actions(actions)
    actions.show_page(page)
    page.follow(selection)
    selection.reset(48)
    page.show_pictures(images_of())
    page.show()
    qtbot.waitExposed(page)
    return page


def test_twins_of_what_is_marked_are_said_and_marked_by_a_click(qtbot: QtBot, page: ForgetPage) -> None:
    desk, images = Desk(), images_of()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (48, 3, 8, 8), dtype=np.uint8)
    pixels[30] = pixels[1]
    train = replace(images.train, backing=InMemory(pixels))
    images = replace(images, train=train, test=replace(train.take(np.array([5])), split="test"))
    ForgetController(page, desk, jobs_of(page))
    desk.set_workspace(object(), None, images)
    assert page.twins.isHidden()
    desk.set_basket(desk.basket.add(range(12)))
    assert page.twins.button.text() == "Mark the copy too"
    told = page.twins.text.toolTip()
    assert page.twins.text.text().startswith("1 exact copy of what is marked stays: the model goes on learning it.")
    assert "train/jug/0030.png" in told and "goes on learning it" in told and "test picture" in told
    qtbot.mouseClick(page.twins.button, Qt.MouseButton.LeftButton)
    assert np.flatnonzero(desk.basket.mask).tolist() == [*range(12), 30]
    assert page.twins.button.isHidden() and "goes on" not in page.twins.text.text()
    assert "Near copies were not looked for." in page.twins.text.text() and page.twins.look_button.isVisible()


def click(qtbot: QtBot, page: ForgetPage, row: int, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    place = page.grid.box_of(row).center()
    qtbot.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def test_click_shift_click_and_ctrl_click_select(qtbot: QtBot, page: ForgetPage) -> None:
    click(qtbot, page, 2)
    assert page.selected().tolist() == [2]
    click(qtbot, page, 5, Qt.KeyboardModifier.ShiftModifier)
    assert sorted(page.selected().tolist()) == [2, 3, 4, 5]
    click(qtbot, page, 3, Qt.KeyboardModifier.ControlModifier)
    assert sorted(page.selected().tolist()) == [2, 4, 5]
    with qtbot.waitSignal(page.step_wanted) as heard:
        qtbot.mouseClick(page.mark_button, Qt.MouseButton.LeftButton)
    assert (heard.args[0], sorted(heard.args[1].tolist()), heard.args[2]) == ("add", [2, 4, 5], BY_HAND)


def test_enter_and_double_click_toggle(qtbot: QtBot, page: ForgetPage) -> None:
    click(qtbot, page, 1)
    with qtbot.waitSignal(page.step_wanted) as heard:
        qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    assert (heard.args[0], heard.args[1].tolist()) == ("add", [1])
    page.show_basket(Basket(48).add([1]))
    with qtbot.waitSignal(page.step_wanted) as heard:
        place = page.grid.box_of(1).center()
        qtbot.mouseDClick(page.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (heard.args[0], heard.args[1].tolist()) == ("remove", [1])


def test_a_class_is_chosen_counted_and_marked(qtbot: QtBot, page: ForgetPage) -> None:
    page.classes.setCurrentItem(page.classes.topLevelItem(2))
    assert page.model.rowCount() == 12
    assert page.class_button.text() == "Mark whole class"
    with qtbot.waitSignal(page.step_wanted) as heard:
        qtbot.mouseClick(page.class_button, Qt.MouseButton.LeftButton)
    assert (heard.args[0], heard.args[2]) == ("add", How("class", "dog"))
    basket = Basket(48).add(range(12, 24))
    page.show_basket(basket)
    page.show_forget_set(from_indices(np.flatnonzero(basket.mask), images_of().catalogue()), None)
    assert page.class_button.text() == "Unmark whole class"
    assert page.classes.topLevelItem(2).text(1) == "12"
    assert "Whole class" in page.basket.task.text()
    assert "12 to forget" in page.basket.counts.text() and "36 remain" in page.basket.counts.text()


def test_families_show_their_kinds(qtbot: QtBot, page: ForgetPage) -> None:
    page.show_pictures(images_of(families=True))
    animals = page.classes.topLevelItem(1)
    assert animals.text(0) == "animals"
    page.classes.setCurrentItem(animals.child(1))
    assert page.class_button.text() == "Mark whole kind"
    with qtbot.waitSignal(page.step_wanted) as heard:
        qtbot.mouseClick(page.class_button, Qt.MouseButton.LeftButton)
    assert (heard.args[0], heard.args[2]) == ("add", How("kind", "dog"))


def desk_of(page: ForgetPage, images: ImageSet) -> Desk:
    """A desk with these pictures, whose controller answers the page."""
    desk = Desk()
    controller = ForgetController(page, desk, jobs_of(page))
    desk.set_workspace(object(), None, images)
    assert controller.parent() is page
    return desk


def test_search_and_filter(qtbot: QtBot, page: ForgetPage) -> None:
    desk_of(page, images_of())
    qtbot.keyClicks(page.search, "jug/002")
    assert page.model.rowCount() == 6
    page.search.setText("class:jug,mug -file:*5.png")
    assert page.model.rowCount() == 21 and page.shown.text() == "21 shown"
    page.search.clear()
    assert page.model.rowCount() == 48
    page.show_basket(Basket(48).add([4, 40]))
    page.which.setCurrentText(ONLY_MARKED)
    assert page.model.rowCount() == 2


def test_undo_and_redo(qtbot: QtBot, page: ForgetPage) -> None:
    assert not page.basket.undo_button.isEnabled()
    with qtbot.waitSignal(page.commands_changed):
        page.show_basket(Basket(48).add([4]).add([5]).undo())
    with qtbot.waitSignal(page.undo_requested):
        qtbot.mouseClick(page.basket.undo_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.redo_requested):
        qtbot.mouseClick(page.basket.redo_button, Qt.MouseButton.LeftButton)


def test_mistakes_are_told_and_move_nothing(qtbot: QtBot, page: ForgetPage) -> None:
    page.show()
    before = page.classes.mapTo(page, page.classes.pos())
    with qtbot.waitSignal(page.told, check_params_cb=lambda text, level: "no picture" in text and level == "error"):
        page.show_error("names.txt: names no picture")
    page.show_forget_set(None, "everything is marked: nothing would remain")
    assert page.basket.task.text() == "everything is marked: nothing would remain"
    assert page.classes.mapTo(page, page.classes.pos()) == before


def test_what_is_missing_stands_alone_with_the_way_to_it(qtbot: QtBot, page: ForgetPage) -> None:
    page.show()
    page.show_missing([Lack("Open a model first.", "load")])
    assert page.missing.isVisible() and page.missing.label.text() == "Open a model first."
    assert not page.grid.isVisible() and page.missing.button.text() == "Go to Load"
    with qtbot.waitSignal(page.page_wanted, check_params_cb=lambda key: key == "load"):
        qtbot.mouseClick(page.missing.button, Qt.MouseButton.LeftButton)
    page.show_missing([])
    assert page.grid.isVisible() and not page.missing.isVisible()


def test_what_was_forgotten_before_does_not_remain(page: ForgetPage) -> None:
    page.show_forget_set(from_indices(np.arange(12, 24), images_of().catalogue(), earlier=np.arange(6)), None)
    assert page.basket.counts.text().splitlines()[:3] == ["12 to forget", "30 remain", "6 were forgotten before"]


def test_the_page_shows_a_selection_made_elsewhere(page: ForgetPage, selection: PictureSelection) -> None:
    selection.replace([2, 3, 4, 9, 47])
    assert page.grid.selected_rows().tolist() == [2, 3, 4, 9, 47]
    assert page.mark_button.text() == "Mark 5 selected"
    selection.clear()
    assert not len(page.grid.selected_rows()) and not page.mark_button.isEnabled()


def test_other_pictures_come_while_some_are_selected(page: ForgetPage, selection: PictureSelection) -> None:
    selection.replace([46, 47])
    selection.reset(8)
    assert not len(page.grid.selected_rows()) and not page.mark_button.isEnabled()
    page.show_pictures(images_of(per_kind=2))
    selection.replace([7])
    assert page.grid.selected_rows().tolist() == [7]


def test_what_a_filter_takes_away_is_not_selected(qtbot: QtBot, page: ForgetPage, selection: PictureSelection) -> None:
    page.classes.setCurrentItem(page.classes.topLevelItem(2))
    click(qtbot, page, 1)
    assert selection.positions().tolist() == [13], "positions, not rows"
    page.classes.setCurrentItem(page.classes.topLevelItem(0))
    assert selection.positions().tolist() == [13] and page.grid.selected_rows().tolist() == [13]
    page.classes.setCurrentItem(page.classes.topLevelItem(1))
    assert len(selection) == 0 and not len(page.grid.selected_rows())


def test_everything_is_selected_at_once(qtbot: QtBot, page: ForgetPage, selection: PictureSelection) -> None:
    selection.reset(50_000)
    page.show_pictures(images_of(per_kind=12_500))
    told: list[int] = []
    selection.changed.connect(lambda: told.append(len(selection)))
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert told == [50_000]
    assert page.mark_button.text() == "Mark 50,000 selected"
    click(qtbot, page, 3)
    assert selection.positions().tolist() == [3]


def test_fifty_thousand_pictures_make_few_thumbnails(
    qtbot: QtBot, page: ForgetPage, selection: PictureSelection
) -> None:
    selection.reset(50_000)
    page.show_pictures(images_of(per_kind=12_500))
    bar, thumbnails = page.grid.verticalScrollBar(), page.grid.thumbnails
    qtbot.waitUntil(lambda: thumbnails.get(0) is not None)
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: thumbnails.get(49_999) is not None)
    assert page.model.rowCount() == 50_000
    assert 0 < thumbnails.made < 1_000


def test_counts_follow_what_is_found_and_all_of_it_is_marked_by_a_click(qtbot: QtBot, page: ForgetPage) -> None:
    desk = desk_of(page, images_of())
    column = [page.classes.topLevelItem(i) for i in range(5)]
    assert [item.text(2) for item in column] == ["48", "12", "12", "12", "12"]
    page.search.setText("number:10..13")
    assert [item.text(2) for item in column] == ["4", "2", "2", "0", "0"]
    assert page.classes.headerItem().text(2) == "Found" and page.shown.text() == "4 shown"
    page.classes.setCurrentItem(column[1])
    qtbot.mouseClick(page.shown_button, Qt.MouseButton.LeftButton)
    assert np.flatnonzero(desk.basket.mask).tolist() == [10, 11] and not page.shown_button.isEnabled()
    page.search.setText("nothing")
    assert page.shown.text() == "0 shown" and not page.shown_button.isEnabled()
    page.search.clear()
    assert page.classes.headerItem().text(2) == "Pictures"


def test_pictures_are_shown_in_the_order_that_is_chosen(page: ForgetPage) -> None:
    desk_of(page, images_of())
    titles = [page.order.itemText(i) for i in range(page.order.count())]
    assert titles[0] == "As they lie" and {"by class", "by name", "loss, highest first"} <= set(titles)
    page.step_wanted.emit("add", np.array([40, 3]), BY_HAND)
    page.order.setCurrentText("marked first")
    assert page.model.rows[:3].tolist() == [3, 40, 0]
    page.search.setText("class:mug,cat")
    assert page.model.rows[:3].tolist() == [3, 40, 0] and len(page.model.rows) == 24
    page.order.setCurrentIndex(0)
    assert page.model.rows[:2].tolist() == [0, 1]


def test_marks_reorder_the_pictures_and_leave_the_grid_where_it_is(page: ForgetPage) -> None:
    desk = desk_of(page, images_of(600))
    page.order.setCurrentText("marked first")
    bar = page.grid.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = bar.value()
    desk.selection.replace([2100])
    page.step_wanted.emit("add", np.array([2100]), BY_HAND)
    assert page.model.rows[0] == 2100 and bar.value() == before > 0
    desk.set_basket(desk.basket.undo())
    assert page.model.rows[0] == 0 and bar.value() == before
    page.order.setCurrentText("by name")
    assert bar.value() == 0, "who chooses an order sees its beginning"


def test_what_is_found_follows_the_marks(page: ForgetPage) -> None:
    desk = desk_of(page, images_of())
    page.search.setText("in:forget class:cat")
    assert page.model.rowCount() == 0
    page.step_wanted.emit("add", np.array([3, 4, 40]), BY_HAND)
    assert page.model.rowCount() == 2
    desk.set_basket(desk.basket.undo())
    assert page.model.rowCount() == 0


def test_a_mistake_is_underlined_and_said_and_what_was_found_stays(qtbot: QtBot, page: ForgetPage) -> None:
    desk_of(page, images_of())
    page.search.setText("class:jug")
    page.search.setText("class:jug colour:red")
    assert page.search.mistake == (10, 20) and page.mistake.isVisible()
    assert page.mistake.text().startswith("There is no column colour; there are")
    assert page.model.rowCount() == 12
    for name in ("mark-shown", "unmark-shown", "keep-shown"):
        assert page.commands[name].lacks() == "The query has a mistake: what is shown does not follow it."
    assert not page.shown_button.isEnabled()
    page.search.setText("class:jug colour:")
    assert "value is missing" in page.mistake.text()
    page.search.setText("class:jug")
    assert page.shown_button.isEnabled()
    assert page.search.mistake is None and not page.mistake.isVisible()
    assert page.search.text() == "class:jug", "underlining changes no letter"


def test_what_is_shown_is_not_marked_by_a_query_that_is_not_answered_yet(qtbot: QtBot, page: ForgetPage) -> None:
    desk = desk_of(page, images_of())
    page.search.wait(200)
    page.search.setText("number:10..13")
    assert page.commands["mark-shown"].lacks() == "The query is being answered."
    qtbot.mouseClick(page.shown_button, Qt.MouseButton.LeftButton)
    assert not desk.basket.mask.any()
    qtbot.waitUntil(page.shown_button.isEnabled)
    qtbot.mouseClick(page.shown_button, Qt.MouseButton.LeftButton)
    assert np.flatnonzero(desk.basket.mask).tolist() == [10, 11, 12, 13]
    assert desk.basket.history[-1].sentence() == "Added 4 pictures found by number:10..13"


def test_columns_and_values_are_proposed_and_taken(qtbot: QtBot, page: ForgetPage) -> None:
    desk_of(page, images_of())
    line = page.search
    line.setFocus()
    qtbot.keyClicks(line, "-cl")
    assert line.list_of_proposals().isVisible()
    line.proposals.activated.emit("class:")
    assert line.text() == "-class:"
    qtbot.keyClicks(line, "M")
    assert line.proposals.model().data(line.proposals.model().index(0, 0)) == "mug"
    line.proposals.activated.emit("mug")
    assert line.text() == "-class:mug " and page.model.rowCount() == 36
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    qtbot.keyClicks(line, "number")
    line.list_of_proposals().hide()


def test_a_search_without_hits_says_so(page: ForgetPage) -> None:
    desk_of(page, images_of())
    page.search.setText("zebra")
    assert page.grid._empty_text == "“zebra” finds no picture."
    page.search.clear()
    page.which.setCurrentText("Marked")
    assert page.grid._empty_text == "There is no marked picture."
    assert not page.grid.grab().isNull()


def test_the_history_is_gone_through_by_clicks_and_keys(qtbot: QtBot, page: ForgetPage) -> None:
    desk = desk_of(page, images_of())
    page.step_wanted.emit("add", np.arange(12), How("class", "cat"))
    page.step_wanted.emit("remove", np.array([3]), BY_HAND)
    page.search.setText("number:0..5")
    page.commands["keep-shown"].run()
    rows = page.history.list
    told = [rows.model().index(row, 0).data() for row in range(rows.model().rowCount())]
    assert told == [
        "Nothing marked",
        "Added 12 pictures of class cat",
        "Removed 1 picture chosen by hand",
        "Kept only 5 pictures found by number:0..5; 6 no longer marked",
    ]
    assert rows.currentIndex().row() == 3
    place = rows.visualRect(rows.model().index(1, 0)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert int(desk.basket.mask.sum()) == 12 and rows.currentIndex().row() == 1
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert int(desk.basket.mask.sum()) == 12, "the arrows only look"
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert int(desk.basket.mask.sum()) == 11 and desk.basket.can_redo
    page.commands["invert-marks"].run()
    assert int(desk.basket.mask.sum()) == 37 and not desk.basket.can_redo
    said = rows.model().index(3, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Inverted the marks: 37 pictures marked, now"
    assert len(desk.spec.forget.history) == 3


def test_what_is_shown_can_be_unmarked_and_cut_out_only_where_that_changes_something(page: ForgetPage) -> None:
    desk_of(page, images_of())
    assert page.commands["unmark-shown"].lacks() == "No picture that is shown is marked."
    page.step_wanted.emit("add", np.arange(20), BY_HAND)
    assert page.commands["unmark-shown"].lacks() == ""
    assert page.commands["keep-shown"].lacks() == "No other picture is marked."
    page.search.setText("class:dog")
    assert page.commands["keep-shown"].lacks() == ""
    page.search.setText("class:mug")
    assert page.commands["keep-shown"].lacks() == "No picture that is shown is marked."
