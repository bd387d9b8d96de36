"""The label table's order, doubt and thumbnails."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.ui.item_models.doubt import doubtful, leads
from maga_desk.ui.item_models.labels import LABEL, PICTURE, PREDICTION, SOURCE, TRUE, LabelModel
from maga_desk.ui.item_models.thumbnails import Thumbnails, to_pixmap

CLASSES = ("zebra", "ant", "bee")


def made(combine: str = "product") -> Proposal:
    """Three pictures of zebras, all sent to ant; the matrix prefers ant, the classifier prefers bee in the last one."""
    scores = np.zeros((3, 3))
    scores[0] = [0, 0.8, 0.2]
    p = np.array([[0.5, 0.4, 0.1], [0.8, 0.1, 0.1], [0.5, 0.1, 0.4]], dtype=np.float32)
    targets = np.tile(np.array([0, 1, 0], dtype=np.float32), (3, 1))
    matrix = TransitionMatrix.from_scores(CLASSES, scores, "classifier")
    names = ("train/zebra/c.png", "train/zebra/a.png", "train/zebra/b.png")
    true, edited = np.zeros(3, dtype=np.int64), np.zeros(3, dtype=bool)
    return Proposal(matrix, names, np.arange(3), true, p, targets, edited, combine)


@pytest.fixture
def model(qtbot: QtBot) -> LabelModel:
    model = LabelModel()
    proposal = made()
    model.set_proposal(
        proposal,
        PictureIndex(InMemory(np.zeros((3, 3, 8, 8), dtype=np.uint8)), proposal.true, proposal.true, proposal.names),
    )
    return model


def test_leads_come_from_what_chose_the_label() -> None:
    assert leads(made("transition")) == pytest.approx([0.6, 0.6, 0.6])
    assert leads(made("classifier")) == pytest.approx([0.6, 0.0, -0.6])
    assert leads(made("product")) == pytest.approx([0.32 / 0.34 - 0.02 / 0.34, 0.6, 0.0], abs=1e-6)


def test_a_soft_target_says_its_own_lead() -> None:
    base = made()
    soft = np.tile(np.array([0, 0.7, 0.3], dtype=np.float32), (3, 1))
    proposal = Proposal(base.matrix, base.names, base.indices, base.true, base.probabilities, soft, base.edited, "soft")
    assert leads(proposal) == pytest.approx([0.4, 0.4, 0.4])


def test_doubt() -> None:
    assert list(doubtful(made())) == [False, False, True]


def test_cells(model: LabelModel) -> None:
    assert [model.index(0, column).data() for column in (PICTURE, TRUE, PREDICTION, LABEL, SOURCE)] == [
        "c.png",
        "zebra",
        "zebra 50 %",
        "ant",
        "classifier",
    ]
    assert model.index(0, PICTURE).data(Qt.ItemDataRole.ToolTipRole) == "train/zebra/c.png"


def test_sorting_keeps_what_is_selected(model: LabelModel) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    kept = QPersistentModelIndex(model.index(0, PICTURE))
    model.sort(PICTURE)
    assert [model.index(row, PICTURE).data() for row in range(3)] == ["a.png", "b.png", "c.png"]
    assert kept.row() == 2
    model.sort(-1)
    assert [model.position(row) for row in range(3)] == [0, 1, 2]
    assert tester.model() is model


def test_classes_sort_by_name_not_by_number(qtbot: QtBot) -> None:
    base = made()
    targets = np.eye(3, dtype=np.float32)[[1, 2, 1]]
    true = np.array([0, 1, 2])
    proposal = Proposal(
        base.matrix, base.names, base.indices, true, base.probabilities, targets, base.edited, "product"
    )
    model = LabelModel()
    model.set_proposal(proposal, None)
    model.sort(TRUE)
    assert [model.index(row, TRUE).data() for row in range(3)] == ["ant", "bee", "zebra"]
    assert model.index(0, PICTURE).data(Qt.ItemDataRole.DecorationRole) is None


def test_thumbnails_are_kept_and_let_go(qtbot: QtBot) -> None:
    images = np.zeros((10, 3, 8, 8), dtype=np.uint8)
    labels = np.zeros(len(images), dtype=np.int64)
    store = Thumbnails(PictureIndex(InMemory(images), labels, labels, ("",) * len(images)), room=3)
    for position in (0, 1, 2, 0, 3, 0):
        store.pixmap(position)
    assert store.made == 4
    assert len(store) == 3
    store.pixmap(1)  # was let go: the longest unused
    assert store.made == 5


def test_small_pictures_keep_their_pixels(qtbot: QtBot) -> None:
    picture = np.zeros((3, 2, 2), dtype=np.uint8)
    picture[0, 0, 0] = 255
    image = to_pixmap(picture, 8, 2.0).toImage()
    assert (image.width(), image.height()) == (16, 16)
    assert {image.pixelColor(x, 0).red() for x in range(16)} == {0, 255}
