"""The transition matrix and edits by hand."""

from __future__ import annotations

import numpy as np
import pytest

from maga_desk.domain.errors import SpecError
from maga_desk.domain.transition import TransitionMatrix

CLASSES = ("cat", "dog", "mug")


def matrix() -> TransitionMatrix:
    return TransitionMatrix.from_scores(CLASSES, np.array([[9.0, 3, 1], [0, 0, 0], [1, 1, 0]]), "test")


def test_rows_are_normalised_and_the_diagonal_is_zero() -> None:
    assert matrix().values.tolist() == [[0, 0.75, 0.25], [0, 0, 0], [0.5, 0.5, 0]]
    assert matrix().rows_asked == (0, 2)


def test_an_edit_keeps_the_row_sum_and_the_other_rows() -> None:
    edited = matrix().with_edit("cat", "dog", 0.4)
    assert edited.values[0].tolist() == pytest.approx([0, 0.4, 0.6])
    assert edited.values[2].tolist() == matrix().values[2].tolist()
    assert edited.edited("cat", "dog")
    assert not edited.edited("cat", "mug")


def test_edits_that_leave_nothing_free_are_scaled() -> None:
    edited = matrix().with_edit("cat", "dog", 0.5).with_edit("cat", "mug", 0.25)
    assert edited.values[0].tolist() == pytest.approx([0, 2 / 3, 1 / 3])


def test_a_row_that_was_not_asked_can_be_written_by_hand() -> None:
    assert matrix().with_edit("dog", "cat", 0.7).values[1].tolist() == pytest.approx([0.7, 0, 0.3])


def test_editing_again_replaces_and_resetting_restores() -> None:
    edited = matrix().with_edit("cat", "dog", 0.4).with_edit("cat", "dog", 0.9).with_edit("mug", "cat", 1)
    assert len(edited.edits) == 2
    assert edited.without_edits("cat").values[0].tolist() == matrix().values[0].tolist()
    assert edited.without_edits().values.tolist() == matrix().values.tolist()


@pytest.mark.parametrize(
    ("row", "column", "value", "says"),
    [("cow", "dog", 0.5, "cow"), ("cat", "cat", 0.5, "itself"), ("cat", "dog", 1.5, "between 0 and 1")],
)
def test_wrong_edits(row: str, column: str, value: float, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        matrix().with_edit(row, column, value)


@pytest.mark.parametrize(
    "values",
    [np.zeros((2, 3)), np.full((3, 3), np.nan), -np.eye(3)[[1, 2, 0]], np.eye(3), np.eye(3)[[1, 2, 0]] * 0.5],
    ids=["shape", "nan", "negative", "diagonal", "sum"],
)
def test_what_is_no_transition_matrix_is_refused(values: np.ndarray) -> None:
    with pytest.raises(SpecError):
        TransitionMatrix(CLASSES, values, "test")
