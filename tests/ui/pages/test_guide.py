"""The Guide page, driven by clicks and keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.registry import PROPOSERS
from maga_desk.ui.actions import Actions
from maga_desk.ui.desk import Desk
from maga_desk.ui.item_models.labels import LABEL, MARGIN
from maga_desk.ui.pages.guide import GuidePage
from maga_desk.ui.widgets.basic.page import Lack

CLASSES = ("bird", "cat", "deer", "dog")


def proposal_of(probabilities: np.ndarray, matrix: TransitionMatrix, true: np.ndarray) -> Proposal:
    """A product proposal over whatever is given."""
    score = matrix.values[true] * probabilities
    targets = np.eye(len(matrix.classes), dtype=np.float32)[score.argmax(axis=1)]
    names = tuple(f"train/{matrix.classes[t]}/{i:05d}.png" for i, t in enumerate(true))
    count = len(names)
    return Proposal(
        matrix, names, np.arange(count), true, probabilities, targets, np.zeros(count, dtype=bool), "product"
    )


def small() -> Proposal:
    """Six cats: the matrix says dog; picture 2 clearly looks like a deer, picture 4 hardly more than like a dog."""
    scores = np.zeros((4, 4))
    scores[1] = [0.1, 0, 0.3, 0.6]
    p = np.array(
        [
            [0.0, 0.7, 0.0, 0.3],
            [0.0, 0.6, 0.1, 0.3],
            [0.0, 0.2, 0.6, 0.2],
            [0.1, 0.5, 0.0, 0.4],
            [0.1, 0.5, 0.26, 0.14],
            [0.0, 0.9, 0.0, 0.1],
        ],
        dtype=np.float32,
    )
    matrix = TransitionMatrix.from_scores(CLASSES, scores, "classifier")
    return proposal_of(p, matrix, np.ones(6, dtype=np.int64))


def split_for(proposal: Proposal) -> PictureIndex:
    count = len(proposal.names)
    images = np.zeros((count, 3, 8, 8), dtype=np.uint8)
    return PictureIndex(InMemory(images), proposal.true, proposal.true, proposal.names)


def with_label(proposal: Proposal, position: int, label: int) -> Proposal:
    targets, edited = proposal.targets.copy(), proposal.edited.copy()
    targets[position], edited[position] = 0, True
    targets[position, label] = 1
    return Proposal(
        proposal.matrix,
        proposal.names,
        proposal.indices,
        proposal.true,
        proposal.probabilities,
        targets,
        edited,
        proposal.combine,
    )


@pytest.fixture
def page(qtbot: QtBot) -> GuidePage:
    page = GuidePage()
    qtbot.addWidget(page)
    page.resize(1100, 740)
    page.show_proposers({name: PROPOSERS[name].info for name in ("classifier", "centroids", "uniform")})
    page.draft.follow(GuidanceSpec())
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def filled(page: GuidePage) -> GuidePage:
    proposal = small()
    page.show_proposal(proposal, split_for(proposal))
    return page


def shown_rows(page: GuidePage) -> list[int]:
    model = page.table.label_model
    return [model.position(row) for row in range(model.rowCount())]


def select_rows(page: GuidePage, rows: list[int]) -> None:
    view = page.table.view
    for row in rows:
        view.selectionModel().select(
            view.model().index(row, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )


def choose(page: GuidePage, proposer: str) -> None:
    page.bar.proposer.setCurrentIndex(page.bar.proposer.findData(proposer))


def test_propose_emits_what_was_typed(qtbot: QtBot, page: GuidePage) -> None:
    page.bar.combine.setCurrentText("soft")
    page.bar.gamma.selectAll()
    qtbot.keyClicks(page.bar.gamma, "0.5")
    with qtbot.waitSignal(page.bar.propose_requested) as caught:
        qtbot.mouseClick(page.bar.propose_button, Qt.MouseButton.LeftButton)
    given = caught.args[0]
    assert (given["proposer"], given["combine"], given["gamma"]) == ("classifier", "soft", 0.5)
    assert RunSpec().with_changes("guidance", **given).guidance.gamma == 0.5


def test_settings_that_a_rule_ignores_are_off(page: GuidePage) -> None:
    page.bar.combine.setCurrentText("transition")
    choose(page, "uniform")
    assert not page.bar.gamma.isEnabled()
    assert not page.bar.settings_button.isEnabled()
    assert "matrix alone" in page.bar.help.text()


def test_changed_settings_are_marked_until_applied(filled: GuidePage) -> None:
    filled.bar.combine.setCurrentText("classifier")
    assert "press Propose labels" in filled.bar.help.text()
    filled.draft.follow(GuidanceSpec(combine="classifier"))
    assert "press Propose labels" not in filled.bar.help.text()


def test_auto_names_the_rule_in_force(filled: GuidePage) -> None:
    assert "Chosen for this task: product" in filled.bar.help.text()


def test_missing_things_block_proposing(page: GuidePage) -> None:
    page.show_missing([Lack("Open a model on the Load page")])
    assert not page.bar.propose_button.isEnabled()
    page.show_missing([])
    assert page.bar.propose_button.isEnabled()


def test_busy_blocks_proposing(page: GuidePage) -> None:
    page.set_busy(True)
    assert not page.bar.propose_button.isEnabled()
    page.set_busy(False)
    assert page.bar.propose_button.isEnabled()


def test_only_asked_rows_are_shown_until_all_are_wanted(qtbot: QtBot, filled: GuidePage) -> None:
    model = filled.heat_map.transition_model
    assert [model.row_name(row) for row in range(model.rowCount())] == ["cat"]
    qtbot.mouseClick(filled.matrix.all_rows, Qt.MouseButton.LeftButton)
    assert [model.row_name(row) for row in range(model.rowCount())] == list(CLASSES)


def edit_cell(qtbot: QtBot, page: GuidePage, key: Any, text: str) -> None:
    view = page.heat_map
    view.setFocus()
    if isinstance(key, str):
        qtbot.keyClicks(view, key)
    else:
        qtbot.keyClick(view, key)
    editor = view.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [(Qt.Key.Key_Return, "0.25", 0.25), (Qt.Key.Key_F2, "0,5", 0.5), ("4", "40 %", 0.4)],
)
def test_a_cell_is_edited_by_keys(qtbot: QtBot, filled: GuidePage, key: Any, text: str, value: float) -> None:
    filled.heat_map.setCurrentIndex(filled.heat_map.model().index(0, 2))
    with qtbot.waitSignal(filled.matrix.model.cell_edited) as caught:
        edit_cell(qtbot, filled, key, text)
    assert caught.args == ["cat", "deer", pytest.approx(value)]


def test_a_cell_is_edited_by_double_click(qtbot: QtBot, filled: GuidePage) -> None:
    view = filled.heat_map
    place = view.visualRect(view.model().index(0, 3)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    editor = view.findChild(QLineEdit)
    assert editor is not None
    assert editor.text() == "0.6"


def test_nonsense_in_a_cell_is_refused_in_words(qtbot: QtBot, filled: GuidePage) -> None:
    filled.heat_map.setCurrentIndex(filled.heat_map.model().index(0, 2))
    with qtbot.assertNotEmitted(filled.matrix.model.cell_edited):
        edit_cell(qtbot, filled, Qt.Key.Key_Return, "7")
        qtbot.waitUntil(lambda: "number from 0 to 1" in filled.cell_text.text())


def test_the_diagonal_cannot_be_edited(qtbot: QtBot, filled: GuidePage) -> None:
    filled.heat_map.setCurrentIndex(filled.heat_map.model().index(0, 1))
    qtbot.keyClick(filled.heat_map, Qt.Key.Key_Return)
    assert filled.heat_map.findChild(QLineEdit) is None


def test_pointing_at_a_cell_reads_it(qtbot: QtBot, filled: GuidePage) -> None:
    view = filled.heat_map
    qtbot.mouseMove(view.viewport(), view.visualRect(view.model().index(0, 3)).center())
    view.entered.emit(view.model().index(0, 3))  # offscreen delivers no hover events
    assert filled.cell_text.text() == "cat → dog 0.60 (proposed by classifier)"


def test_resets_come_alive_with_edits(qtbot: QtBot, filled: GuidePage) -> None:
    assert not filled.matrix.reset_all_button.isEnabled()
    proposal = small()
    matrix = proposal.matrix.with_edit("cat", "deer", 0.9)
    filled.show_proposal(proposal_of(proposal.probabilities, matrix, proposal.true), split_for(proposal))
    with qtbot.waitSignal(filled.matrix.model.row_reset) as caught:
        qtbot.mouseClick(filled.matrix.reset_row_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["cat"]
    with qtbot.waitSignal(filled.matrix.model.all_reset):
        qtbot.mouseClick(filled.matrix.reset_all_button, Qt.MouseButton.LeftButton)
    index = filled.heat_map.model().index(0, 2)
    assert filled.heat_map.transition_model.describe(index) == "cat → deer 0.90 (set by hand; classifier proposed 0.30)"


def test_one_label_is_set_through_the_button(qtbot: QtBot, filled: GuidePage) -> None:
    place = filled.table.view.visualRect(filled.table.label_model.index(1, 1)).center()
    qtbot.mouseClick(filled.table.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    filled.table.target_box.setCurrentText("bird")
    with qtbot.waitSignal(filled.table.labels_edited) as caught:
        qtbot.mouseClick(filled.table.apply_button, Qt.MouseButton.LeftButton)
    assert caught.args == [[1], "bird"]


def test_many_labels_are_set_at_once_after_sorting(qtbot: QtBot, filled: GuidePage) -> None:
    filled.table.view.sortByColumn(MARGIN, Qt.SortOrder.AscendingOrder)
    first_two = shown_rows(filled)[:2]
    select_rows(filled, [0, 1])
    filled.table.target_box.setCurrentText("deer")
    with qtbot.waitSignal(filled.table.labels_edited) as caught:
        qtbot.mouseClick(filled.table.apply_button, Qt.MouseButton.LeftButton)
    assert caught.args == [first_two, "deer"]
    assert first_two == [4, 2], "the least clear-cut come first"


def test_enter_opens_the_list_of_classes_in_the_row(qtbot: QtBot, filled: GuidePage) -> None:
    select_rows(filled, [0, 3])
    filled.table.view.selectionModel().setCurrentIndex(
        filled.table.label_model.index(3, 0), QItemSelectionModel.SelectionFlag.NoUpdate
    )
    qtbot.keyClick(filled.table.view, Qt.Key.Key_Return)
    editor = filled.table.view.viewport().findChild(QComboBox)
    assert editor is not None
    assert editor.currentText() == "dog"
    with qtbot.waitSignal(filled.table.labels_edited) as caught:
        editor.setCurrentText("bird")
        editor.activated.emit(editor.currentIndex())
    assert caught.args == [[0, 3], "bird"]


def test_context_menu_offers_likely_labels_and_the_way_back(qtbot: QtBot, filled: GuidePage) -> None:
    select_rows(filled, [2])
    menu = filled.table.context_menu(filled.table.selected_positions())
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts[0] == "Set label to deer"
    assert "Reset to proposed" in texts
    assert "Set label to cat" not in texts
    with qtbot.waitSignal(filled.table.labels_edited) as caught:
        menu.actions()[0].trigger()
    assert caught.args == [[2], "deer"]
    menu.deleteLater()


def test_reset_emits_only_labels_set_by_hand(qtbot: QtBot, filled: GuidePage) -> None:
    select_rows(filled, [0, 1, 2])
    assert not filled.table.reset_button.isEnabled()
    filled.show_proposal(with_label(small(), 1, 0), split_for(small()))
    assert filled.table.selected_positions() == [0, 1, 2], "an edit keeps the selection"
    with qtbot.waitSignal(filled.table.labels_reset) as caught:
        qtbot.mouseClick(filled.table.reset_button, Qt.MouseButton.LeftButton)
    assert caught.args == [[1]]
    with qtbot.waitSignal(filled.table.labels_reset):
        qtbot.keyClick(filled.table.view, Qt.Key.Key_Delete)


def test_filters(filled: GuidePage) -> None:
    table = filled.table
    assert [table.filter_box.itemText(i) for i in range(3)] == ["all (6)", "doubtful (2)", "by hand (0)"]
    table.filter_box.setCurrentIndex(1)
    assert shown_rows(filled) == [2, 4], "2: matrix and classifier disagree; 4: a small margin"
    assert table.count.text() == "2 of 6 pictures · 2 left to review"
    filled.show_proposal(with_label(small(), 4, 0), split_for(small()))
    assert shown_rows(filled) == [2], "what a person decided is not doubtful any more"
    table.filter_box.setCurrentIndex(2)
    assert shown_rows(filled) == [4]
    assert table.label_model.index(0, LABEL).data() == "bird"
    filled.show_proposal(small(), split_for(small()))
    assert shown_rows(filled) == []
    assert table.view.empty_text == "No label was set by hand."
    assert not table.view.grab().isNull()


def test_filter_by_true_class(filled: GuidePage) -> None:
    base = small()
    true = np.array([1, 1, 2, 1, 2, 1])
    scores = np.zeros((4, 4))
    scores[1], scores[2] = [0.1, 0, 0.3, 0.6], [0.5, 0.2, 0, 0.3]
    two = proposal_of(base.probabilities, TransitionMatrix.from_scores(CLASSES, scores, "classifier"), true)
    filled.show_proposal(two, split_for(two))
    assert filled.table.class_box.isVisible()
    filled.table.class_box.setCurrentText("deer")
    assert shown_rows(filled) == [2, 4]


def test_undo_and_redo(qtbot: QtBot, filled: GuidePage) -> None:
    actions = Actions(Desk(), filled)
    filled.show_actions(actions)
    actions.show_page(filled)
    assert not filled.bar.undo_button.isEnabled() and "no change" in filled.bar.undo_button.toolTip()
    filled.set_history(can_undo=True, can_redo=True)
    with qtbot.waitSignal(filled.undo_requested):
        qtbot.mouseClick(filled.bar.undo_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(filled.redo_requested):
        qtbot.mouseClick(filled.bar.redo_button, Qt.MouseButton.LeftButton)


def test_flow_says_where_the_pictures_go(filled: GuidePage) -> None:
    assert filled.matrix.flow.accessibleDescription() == "cat, 6 pictures: dog 5, deer 1"


def test_fifty_thousand_rows_and_a_hundred_classes_stay_lazy(qtbot: QtBot, page: GuidePage) -> None:
    rng = np.random.default_rng(0)
    classes = tuple(f"class {i:02d}" for i in range(100))
    matrix = TransitionMatrix.from_scores(classes, rng.random((100, 100)), "uniform")
    true = rng.integers(0, 100, 50_000)
    proposal = proposal_of(rng.random((50_000, 100), dtype=np.float32), matrix, true)
    images = np.broadcast_to(np.zeros((1, 3, 32, 32), dtype=np.uint8), (50_000, 3, 32, 32))
    page.show_proposal(proposal, PictureIndex(InMemory(images), true, true, proposal.names))
    qtbot.wait(20)
    model = page.table.label_model
    assert model.rowCount() == 50_000
    visible = page.table.view.viewport().height() // page.table.view.rowHeight(0) + 2
    assert 0 < model.thumbnails_made <= visible
    page.table.view.scrollToBottom()
    qtbot.wait(20)
    assert model.thumbnails_made <= 2 * visible
    page.table.view.sortByColumn(MARGIN, Qt.SortOrder.DescendingOrder)
    lead = [float(model.index(row, MARGIN).data()) for row in (0, 25_000, 49_999)]
    assert lead == sorted(lead, reverse=True)
    assert page.matrix.view is page.matrix.strongest
    qtbot.mouseClick(page.matrix.views.buttons[0], Qt.MouseButton.LeftButton)
    heat_map = page.heat_map
    qtbot.waitUntil(lambda: heat_map.viewport().height() > 40)
    assert heat_map.cell_side() == 20
    assert heat_map.horizontalScrollBar().maximum() > 0
    heat_map.setCurrentIndex(heat_map.model().index(99, 98))
    assert heat_map.viewport().rect().contains(heat_map.visualRect(heat_map.currentIndex()))


def test_nothing_is_selected_in_a_cleared_page(filled: GuidePage) -> None:
    filled.show_proposal(None, None)
    assert not filled.splitter.isVisible()
    assert filled.table.label_model.rowCount() == 0
    assert filled.heat_map.currentIndex() == QModelIndex()
