"""The transition matrix as a table: what is typed, what is told."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from maga_desk.domain.transition import TransitionMatrix
from maga_desk.ui.item_models.matrix import TransitionModel, parse_share, short_share

CLASSES = ("bird", "cat", "deer", "dog")


@pytest.fixture
def matrix() -> TransitionMatrix:
    scores = np.zeros((4, 4))
    scores[1] = [0.1, 0, 0.3, 0.6]
    return TransitionMatrix.from_scores(CLASSES, scores, "classifier")


@pytest.fixture
def model(qtbot: QtBot, matrix: TransitionMatrix) -> TransitionModel:
    model = TransitionModel()
    model.set_matrix(matrix)
    return model


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0.31", 0.31),
        (".31", 0.31),
        ("0,31", 0.31),
        ("31 %", 0.31),
        ("1", 1.0),
        ("2", None),
        ("-0.1", None),
        ("x", None),
        ("nan", None),
        ("", None),
    ],
)
def test_parse_share(text: str, share: float | None) -> None:
    assert parse_share(text) == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize(("value", "text"), [(0.314, ".31"), (0.004, ""), (0.999, "1"), (0.0, "")])
def test_short_share(value: float, text: str) -> None:
    assert short_share(value) == text


def test_model_keeps_qts_rules(model: TransitionModel, matrix: TransitionMatrix) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.set_all_rows(True)
    model.set_matrix(matrix.with_edit("cat", "deer", 0.5))
    model.set_matrix(None)
    assert isinstance(tester.model(), QAbstractItemModel)
    assert model.rowCount() == 0


def test_an_edit_is_asked_for_not_made(qtbot: QtBot, model: TransitionModel) -> None:
    index = model.index(0, 2)
    with qtbot.waitSignal(model.cell_edited) as caught:
        assert model.setData(index, "0.5")
    assert caught.args == ["cat", "deer", 0.5]
    assert index.data() == ".30"
    with qtbot.assertNotEmitted(model.cell_edited):
        assert not model.setData(index, "0.3"), "the value that is there is no edit"


def test_an_edit_keeps_the_selection(qtbot: QtBot, model: TransitionModel, matrix: TransitionMatrix) -> None:
    with qtbot.assertNotEmitted(model.modelReset):
        model.set_matrix(matrix.with_edit("cat", "deer", 0.5))
    assert model.index(0, 2).data() == ".50"
    assert model.describe(model.index(0, 3)) == "cat → dog 0.43 (rescaled after your edit; classifier proposed 0.60)"


def test_rows_that_were_not_asked_say_so(model: TransitionModel) -> None:
    model.set_all_rows(True)
    assert model.describe(model.index(0, 3)) == "bird: not in the forget set, so nothing is proposed"
    assert "never a new label" in model.describe(model.index(1, 1))
    assert not model.flags(model.index(1, 1)) & Qt.ItemFlag.ItemIsEditable
    assert model.describe(QModelIndex()) == ""
