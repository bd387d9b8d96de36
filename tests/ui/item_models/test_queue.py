from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.queue import EntryState, QueueEntry, QueueView
from maga_desk.ui.item_models.queue import QueueModel

STATES: tuple[EntryState, ...] = ("running", "waiting", "held", "interrupted", "failed")


def entry(number: int, state: EntryState) -> QueueEntry:
    at = datetime.now(UTC)
    return QueueEntry(
        id=number,
        state=state,
        wish="",
        method="maga",
        forget="cat",
        data="/pictures/cifar10",
        seed=number,
        folder=f"/runs/{number}",
        added=at,
        begun=None,
        ended=None,
        reason="it is gone" if state == "failed" else "",
        session_id=None,
        run_id=None,
        process=None,
    )


@pytest.fixture
def model(qtbot: QtBot) -> QueueModel:
    model = QueueModel()
    model.show(QueueView(tuple(entry(number, state) for number, state in enumerate(STATES, 1))))
    return model


def test_rows_say_what_and_how(model: QueueModel) -> None:
    cells = [[model.index(row, column).data() for column in range(4)] for row in range(5)]
    assert cells[0] == ["Runs", "maga: forget cat, seed 1", "cifar10", ""]
    assert cells[4] == ["Failed", "maga: forget cat, seed 5", "cifar10", "it is gone"]
    draggable = [bool(model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsDragEnabled) for row in range(5)]
    assert draggable == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("source", "row", "place"),
    [
        (3, 1, 0),  # before the first that waits
        (3, 0, 0),  # above the one that runs: it is the next
        (1, 4, 2),  # behind the last that waits
        (1, 5, 2),  # below what is over
        (1, 3, 1),
        (2, -1, 2),  # below all rows
    ],
)
def test_a_dropped_row_tells_its_place_among_those_to_come(
    model: QueueModel, source: int, row: int, place: int
) -> None:
    told: list[tuple[int, int]] = []
    model.moved.connect(lambda number, to: told.append((number, to)))
    data = model.mimeData([model.index(source, 0)])
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex()), "the view takes no row out"
    assert told == [(source + 1, place)]
