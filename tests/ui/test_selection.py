"""Selected pictures, by position."""

from __future__ import annotations

import numpy as np
import pytest

from maga_desk.ui.selection import PictureSelection


@pytest.fixture
def selection() -> PictureSelection:
    selection = PictureSelection()
    selection.reset(10)
    return selection


def test_positions_come_in_order_and_once(selection: PictureSelection) -> None:
    selection.replace([7, 2, 2])
    selection.change(added=np.array([3]), removed=np.array([7]))
    assert selection.positions().tolist() == [2, 3] and len(selection) == 2


def test_only_a_change_is_told(selection: PictureSelection) -> None:
    told: list[int] = []
    selection.changed.connect(lambda: told.append(len(selection)))
    selection.replace([1])
    selection.replace([1])
    selection.clear()
    selection.clear()
    assert told == [1, 0]


def test_what_is_read_cannot_change_it(selection: PictureSelection) -> None:
    selection.mask[:] = True
    assert len(selection.positions()) == 0


def test_other_pictures_are_not_selected(selection: PictureSelection) -> None:
    selection.replace(np.arange(10))
    selection.reset(4)
    assert len(selection) == 0 and selection.mask.shape == (4,)
