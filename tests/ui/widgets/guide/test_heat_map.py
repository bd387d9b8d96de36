"""Cell sizes, contrast and marks of the heat map."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from maga_desk.domain.transition import TransitionMatrix
from maga_desk.ui import theme
from maga_desk.ui.item_models.matrix import EditedRole
from maga_desk.ui.widgets.guide.heat_map import LARGEST_CELL, SMALLEST_CELL, HeatMap
from maga_desk.ui.widgets.guide.shades import blend, readable_on


def matrix_of(count: int) -> TransitionMatrix:
    scores = np.random.default_rng(0).random((count, count))
    return TransitionMatrix.from_scores([f"class {i}" for i in range(count)], scores, "uniform")


@pytest.fixture
def view(qtbot: QtBot) -> HeatMap:
    view = HeatMap()
    qtbot.addWidget(view)
    view.resize(520, 400)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_cells_adapt_to_the_number_of_classes(view: HeatMap) -> None:
    sides = []
    for count in (10, 20, 100):
        view.transition_model.set_matrix(matrix_of(count))
        sides.append(view.columnWidth(0))
    assert sides[0] > sides[1] > sides[2] == SMALLEST_CELL
    assert sides[0] <= LARGEST_CELL
    assert view.horizontalScrollBar().maximum() > 0, "a hundred classes scroll"


def test_one_row_takes_the_room_of_one_row(view: HeatMap) -> None:
    scores = np.zeros((10, 10))
    scores[3] = 1
    view.transition_model.set_matrix(TransitionMatrix.from_scores([str(i) for i in range(10)], scores, "uniform"))
    assert view.maximumHeight() < 2 * LARGEST_CELL + view.horizontalHeader().sizeHint().height()


def test_an_edited_cell_is_marked_beyond_its_colour(view: HeatMap) -> None:
    matrix = matrix_of(10)
    view.transition_model.set_matrix(matrix)
    view.resize(520, 400)  # an empty map is low
    index = view.model().index(0, 4)
    box = view.visualRect(index)
    plain = view.viewport().grab(box).toImage()
    same_value = float(matrix.values[0, 4])  # and so the same colour
    edited = matrix.with_edit("class 0", "class 4", same_value)
    view.transition_model.set_matrix(edited)
    assert index.data(EditedRole)
    marked = view.viewport().grab(box).toImage()
    corner = (box.width() - 3, 1)
    assert marked.pixelColor(*corner) != plain.pixelColor(*corner)
    assert marked.pixelColor(2, box.height() - 3) == plain.pixelColor(2, box.height() - 3)


@pytest.mark.parametrize("scheme", [theme.LIGHT, theme.DARK])
def test_numbers_can_be_read_on_every_shade(qtbot: QtBot, scheme: theme.Colours) -> None:
    for step in range(11):
        ground = blend(QColor(scheme.surface), QColor(scheme.accent), step / 10)
        assert theme.contrast(readable_on(ground).name(), ground.name()) >= 4.0
