"""The Guide page's matrix: locks and resets by key and menu, many classes, and another source beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Compared
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.transition import TransitionMatrix, rank_correlation
from maga_desk.guidance.registry import PROPOSERS
from maga_desk.ui.item_models.matrix import LockedRole, StrengthRole
from maga_desk.ui.pages.guide import GuidePage
from maga_desk.ui.widgets.guide.matrix_panel import MatrixPanel

FOUR = ("bird", "cat", "deer", "dog")


def proposal_of(matrix: TransitionMatrix) -> Proposal:
    """One picture of every asked class."""
    true = np.array(matrix.rows_asked)
    count = len(true)
    p = np.full((count, len(matrix.classes)), 1 / len(matrix.classes), dtype=np.float32)
    targets = np.eye(len(matrix.classes), dtype=np.float32)[matrix.values[true].argmax(axis=1)]
    names = tuple(f"train/{i}.png" for i in range(count))
    return Proposal(matrix, names, np.arange(count), true, p, targets, np.zeros(count, dtype=bool), "transition")


def random_matrix(count: int, rows: range | None = None, source: str = "mllm", seed: int = 0) -> TransitionMatrix:
    scores = np.zeros((count, count))
    for row in rows or range(count):
        scores[row] = np.random.default_rng([seed, row]).random(count)
    return TransitionMatrix.from_scores([f"class {i:03d}" for i in range(count)], scores, source)


def small() -> TransitionMatrix:
    scores = np.zeros((4, 4))
    scores[1] = [0.1, 0, 0.3, 0.6]
    return TransitionMatrix.from_scores(FOUR, scores, "mllm")


@pytest.fixture
def page(qtbot: QtBot) -> GuidePage:
    page = GuidePage()
    qtbot.addWidget(page)
    page.resize(1100, 740)
    page.show_proposers(
        {name: PROPOSERS[name].info for name in (["mllm", "classifier", "centroids", "uniform", "mixture"])}
    )
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def panel(page: GuidePage) -> MatrixPanel:
    page.show_proposal(proposal_of(small()), None)
    return page.matrix


def at(panel: MatrixPanel, row: int, column: int) -> Any:
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.view.model().index(row, column))
    return panel.view.currentIndex()


def press(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_locks_by_key(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    at(panel, 0, 3)
    with qtbot.waitSignal(page.matrix.model.cell_locked) as cell:
        qtbot.keyClick(panel.view, Qt.Key.Key_L)
    assert cell.args == ["cat", "dog", True]
    with qtbot.waitSignal(page.matrix.model.row_locked) as row:
        qtbot.keyClick(panel.view, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert row.args == ["cat", True]
    page.show_proposal(proposal_of(small().with_row_lock("cat", True)), None)
    assert panel.lock_row_button.text() == "Unlock row"
    with qtbot.waitSignal(page.matrix.model.row_locked) as row:
        press(qtbot, panel.lock_row_button)
    assert row.args == ["cat", False]
    with qtbot.waitSignal(page.matrix.model.cell_locked) as cell:
        qtbot.keyClick(panel.view, Qt.Key.Key_L)
    assert cell.args == ["cat", "dog", False]


def test_a_locked_cell_says_so_and_opens_no_editor(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    plain = panel.heat_map.grab().toImage()
    page.show_proposal(proposal_of(small().with_lock("cat", "dog", True)), None)
    index = at(panel, 0, 3)
    assert index.data(LockedRole)
    assert "locked" in panel.cell_text.text()
    panel.view.clearSelection()
    assert panel.heat_map.grab().toImage() != plain, "a lock is drawn, at the same value and colour"
    at(panel, 0, 3)
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert panel.view.findChild(QLineEdit) is None
    assert "unlock it first" in panel.cell_text.text()


def test_more_than_the_locked_cells_leave_is_refused(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    page.show_proposal(proposal_of(small().with_lock("cat", "dog", True)), None)
    at(panel, 0, 2)
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    editor = panel.view.findChild(QLineEdit)
    assert editor is not None
    editor.setText("0.9")
    with qtbot.assertNotEmitted(page.matrix.model.cell_edited):
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: "leave only 0.40" in panel.cell_text.text())


def test_delete_resets_only_a_cell_that_was_set(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    at(panel, 0, 3)
    with qtbot.assertNotEmitted(page.matrix.model.cell_reset):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    page.show_proposal(proposal_of(small().with_edit("cat", "dog", 0.2)), None)
    with qtbot.waitSignal(page.matrix.model.cell_reset) as caught:
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert caught.args == ["cat", "dog"]


def test_a_letter_opens_no_editor(qtbot: QtBot, panel: MatrixPanel) -> None:
    at(panel, 0, 3)
    qtbot.keyClicks(panel.view, "x")
    assert panel.view.findChild(QLineEdit) is None


def test_the_menu_offers_what_can_be_done(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    page.show_proposal(proposal_of(small().with_edit("cat", "dog", 0.2)), None)
    at(panel, 0, 3)
    menu = panel.view.context_menu()
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions) == [
        "Set value…", "Lock cell", "Reset cell", "Lock row 'cat'", "Reset row 'cat'", "Reset all",
        "", "Copy table", "Save table as CSV…",
    ]  # fmt: skip
    for text, signal, args in (
        ("Lock cell", page.matrix.model.cell_locked, ["cat", "dog", True]),
        ("Reset cell", page.matrix.model.cell_reset, ["cat", "dog"]),
        ("Lock row 'cat'", page.matrix.model.row_locked, ["cat", True]),
        ("Reset row 'cat'", page.matrix.model.row_reset, ["cat"]),
    ):
        with qtbot.waitSignal(signal) as caught:
            actions[text].trigger()
        assert caught.args == args
    menu.deleteLater()


@pytest.mark.parametrize(("count", "strongest"), [(10, False), (60, False), (61, True), (1000, True)])
def test_many_classes_begin_with_the_strongest(page: GuidePage, count: int, strongest: bool) -> None:
    page.show_proposal(proposal_of(random_matrix(count, range(3))), None)
    assert (page.matrix.view is page.matrix.strongest) == strongest
    assert page.matrix.views.current == int(strongest)


def test_the_strongest_are_named_in_order_and_edited(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    press(qtbot, panel.views.buttons[1])
    model = panel.strongest.ranked
    texts = [model.index(0, column).data() for column in range(model.columnCount())]
    assert texts == ["dog\n0.60", "deer\n0.30", "bird\n0.10"]
    at(panel, 0, 1)
    qtbot.keyClick(panel.strongest, Qt.Key.Key_Return)
    editor = panel.strongest.findChild(QLineEdit)
    assert editor is not None
    editor.setText("0.8")
    with qtbot.waitSignal(page.matrix.model.cell_edited) as caught:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert caught.args == ["cat", "deer", 0.8]
    page.show_proposal(proposal_of(small().with_edit("cat", "deer", 0.8)), None)
    assert model.index(0, 0).data() == "deer\n0.80"
    assert panel.strongest.currentIndex().column() == 0, "the current cell stays with its class"
    with qtbot.waitSignal(page.matrix.model.cell_locked) as locked:
        qtbot.keyClick(panel.strongest, Qt.Key.Key_L)
    assert locked.args == ["cat", "deer", True]


def test_an_edit_is_told_once_whatever_the_views(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    seen: list[str] = []
    page.matrix.model.cell_edited.connect(lambda row, column, value: seen.append(column))
    panel.model.setData(panel.model.index(0, 2), "0.5")
    assert seen == ["deer"]


def test_a_thousand_classes_stay_lazy(qtbot: QtBot, page: GuidePage) -> None:
    page.show_proposal(proposal_of(random_matrix(1000, range(40))), None)
    before = len(page.matrix.findChildren(QLineEdit))
    press(qtbot, page.matrix.views.buttons[0])
    page.matrix.heat_map.grab()
    assert len(page.matrix.findChildren(QLineEdit)) == before
    assert len(page.matrix.heat_map.findChildren(object)) < 60, "no widget for every class"
    assert page.matrix.heat_map.horizontalScrollBar().maximum() > 0


def test_a_class_is_found_in_both_views(qtbot: QtBot, page: GuidePage) -> None:
    page.show_proposal(proposal_of(random_matrix(100)), None)
    panel = page.matrix
    assert panel.find_box.isVisible()
    qtbot.keyClicks(panel.find_box, "class 077")
    assert panel.strongest.currentIndex().row() == 77
    press(qtbot, panel.views.buttons[0])
    qtbot.keyClick(panel.find_box, Qt.Key.Key_Return)
    assert panel.heat_map.current_row() == "class 077"
    box = panel.heat_map.visualRect(panel.heat_map.currentIndex())
    assert panel.heat_map.viewport().rect().contains(box)
    panel.find_box.clear()
    qtbot.keyClicks(panel.find_box, "zebra")
    assert "No class is called 'zebra'" in panel.cell_text.text()


def test_the_sources_to_compare_with_are_those_of_the_installation(qtbot: QtBot, page: GuidePage) -> None:
    box = page.matrix.compare.box
    assert [box.itemData(i) for i in range(box.count())] == [None, "mllm", "classifier", "centroids", "uniform"]
    assert "entanglement" in box.toolTip()
    with qtbot.waitSignal(page.matrix.compare.compare_requested) as caught:
        box.setCurrentIndex(box.findData("centroids"))
        box.activated.emit(box.currentIndex())
    assert caught.args == ["centroids"]


def other_matrix() -> TransitionMatrix:
    scores = np.zeros((4, 4))
    scores[1] = [0.5, 0, 0.3, 0.2]
    return TransitionMatrix.from_scores(FOUR, scores, "centroids")


def test_the_difference_is_signed_in_numbers_and_colours(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    page.show_compared(Compared(other_matrix()))
    assert [panel.model.index(0, column).data() for column in range(4)] == ["−.40", "", "", "+.40"]
    signs = [np.sign(panel.model.index(0, column).data(StrengthRole)) for column in (0, 3)]
    assert signs == [-1, 1]
    assert panel.compare.scale.isVisible()
    assert panel.compare.scale.ends == ("−0.40", "+0.40")
    agreement = rank_correlation(small(), other_matrix())["cat"]
    assert panel.compare.words.text() == f"Rank agreement {agreement:.2f} with centroids in the row of cat"
    assert panel.model.headerData(0, Qt.Orientation.Vertical) == f"cat {agreement:.2f}"
    at(panel, 0, 3)
    assert "+0.40: proposal 0.60, centroids 0.20" in panel.cell_text.text()
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert panel.view.findChild(QLineEdit) is None, "a difference cannot be edited"
    with qtbot.assertNotEmitted(page.matrix.model.cell_locked):
        qtbot.keyClick(panel.view, Qt.Key.Key_L)


def test_the_layers_are_switched(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    page.show_compared(Compared(other_matrix()))
    proposal, other, _, both = panel.compare.layers.buttons
    press(qtbot, other)
    assert panel.model.index(0, 0).data() == ".50"
    assert not panel.compare.scale.isVisible()
    press(qtbot, proposal)
    assert panel.model.index(0, 0).data() == ".10"
    press(qtbot, both)
    assert panel.beside.isVisible()
    assert panel.model.index(0, 0).data() == ".10"
    assert panel.beside.transition_model.index(0, 0).data() == ".50"
    assert panel.beside.cell_side() == panel.heat_map.cell_side(), "columns stand under each other"
    page.show_compared(None)
    assert not panel.beside.isVisible()
    assert not panel.compare.layers.isVisible()
    assert panel.model.layer == "proposal"


def test_the_strongest_follow_the_layer(qtbot: QtBot, page: GuidePage, panel: MatrixPanel) -> None:
    press(qtbot, panel.views.buttons[1])
    page.show_compared(Compared(other_matrix()))
    model = panel.strongest.ranked
    assert model.index(0, 0).data().split("\n")[1] in ("−0.40", "+0.40")
    press(qtbot, panel.compare.layers.buttons[1])
    assert model.index(0, 0).data() == "bird\n0.50"


def test_a_control_without_order_has_no_agreement(page: GuidePage, panel: MatrixPanel) -> None:
    scores = np.zeros((4, 4))
    scores[1] = 1
    page.show_compared(Compared(TransitionMatrix.from_scores(FOUR, scores, "uniform")))
    assert "No rank agreement" in panel.compare.words.text()
    assert panel.model.headerData(0, Qt.Orientation.Vertical) == "cat"


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_the_page_fits_the_window(qtbot: QtBot, page: GuidePage, count: int) -> None:
    page.resize(1130, 740)
    page.show_proposal(proposal_of(random_matrix(count, range(min(count, 30)))), None)
    page.table.view.selectRow(0)
    qtbot.wait(20)
    body = page.splitter.parentWidget()
    assert body.width() <= 1130 and body.height() <= 740, "nothing has to be scrolled into view"
    panel = page.matrix
    parts = [panel.compare, panel.stack, panel.lock_row_button, panel.cell_text, panel.flow]
    tops = [part.mapTo(page, part.rect().topLeft()).y() for part in parts]
    bottoms = [part.mapTo(page, part.rect().bottomLeft()).y() for part in parts]
    assert all(top > bottom for top, bottom in zip(tops[1:], bottoms[:-1], strict=True)), "no part covers another"


def test_the_strongest_views_row_names_follow_what_is_compared(qtbot: QtBot, page: GuidePage) -> None:
    ranked = page.matrix.strongest.ranked
    with qtbot.waitSignal(ranked.headerDataChanged):
        ranked.source.headerDataChanged.emit(Qt.Orientation.Vertical, 0, 0)
    with qtbot.assertNotEmitted(ranked.headerDataChanged):
        ranked.source.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 0)
