"""The transition matrix: how alike every concept is to every other, and what a person changed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import SpecError
from maga_desk.domain.spec import MatrixEdit

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class TransitionMatrix:
    """``values[y, j] >= 0``: how alike concept ``j`` is to concept ``y``; zero diagonal, asked rows sum to one.

    :param classes: K class names.
    :param proposed: ``(K, K) float64`` as the proposer gave it; rows that were not asked are all zero.
    :param source: the proposer's name, kept for provenance.
    :param edits: cells set by a person, in order; they win over the proposal.
    """

    classes: tuple[str, ...]
    proposed: Matrix
    source: str
    edits: tuple[MatrixEdit, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.classes)
        values = np.asarray(self.proposed, dtype=np.float64)
        if values.shape != (count, count):
            raise SpecError(f"a transition matrix of {count} classes must be {count} x {count}, not {values.shape}")
        if not np.isfinite(values).all() or (values < 0).any():
            raise SpecError("a transition matrix must have finite values that are not negative")
        if np.diagonal(values).any():
            raise SpecError("a transition matrix has zeros on its diagonal")
        sums = values.sum(axis=1)
        if not np.allclose(sums[sums > 0], 1, atol=1e-6):
            raise SpecError("every asked row of a transition matrix must sum to one")
        values.setflags(write=False)
        object.__setattr__(self, "proposed", values)

    @classmethod
    def from_scores(cls, classes: Sequence[str], scores: Matrix, source: str) -> TransitionMatrix:
        """Normalise raw likenesses ``(K, K)``: diagonal to zero, each non-zero row to sum one."""
        values = np.array(scores, dtype=np.float64)
        if values.ndim == 2 and values.shape[0] == values.shape[1]:
            np.fill_diagonal(values, 0)
            sums = values.sum(axis=1, keepdims=True)
            values = np.divide(values, sums, out=np.zeros_like(values), where=sums > 0)
        return cls(tuple(classes), values, source)

    @property
    def rows_asked(self) -> tuple[int, ...]:
        """Rows that carry a proposal."""
        return tuple(int(i) for i in np.flatnonzero(self.proposed.sum(axis=1) > 0))

    @property
    def values(self) -> Matrix:
        """``(K, K) float64`` with the person's edits applied."""
        values = self.proposed.copy()
        index = {name: i for i, name in enumerate(self.classes)}
        by_row: dict[int, dict[int, float]] = {}
        for edit in self.edits:
            by_row.setdefault(index[edit.row], {})[index[edit.column]] = edit.value
        for row, cells in by_row.items():
            values[row] = _with_cells(values[row], cells, row)
        return values

    def edited(self, row: str, column: str) -> bool:
        """Whether a person set this cell."""
        return any(edit.row == row and edit.column == column for edit in self.edits)

    def with_edit(self, row: str, column: str, value: float) -> TransitionMatrix:
        """Set one cell by hand; earlier edits of the cell are replaced, the row still sums to one.

        :raises SpecError: an unknown class, the diagonal, or a value outside 0..1.
        """
        for name in (row, column):
            if name not in self.classes:
                raise SpecError(f"no class is called '{name}'")
        if row == column:
            raise SpecError(f"'{row}' cannot be relabelled to itself")
        if not 0 <= value <= 1:
            raise SpecError(f"a likeness must be between 0 and 1, not {value}")
        kept = tuple(e for e in self.edits if not (e.row == row and e.column == column))
        changed = replace(self, edits=(*kept, MatrixEdit(row=row, column=column, value=value)))
        if not changed.values[self.classes.index(row)].any():
            raise SpecError(f"the row of '{row}' would be empty")
        return changed

    def with_edits(self, edits: Sequence[MatrixEdit]) -> TransitionMatrix:
        """All edits applied one after another, each checked."""
        matrix = self
        for edit in edits:
            matrix = matrix.with_edit(edit.row, edit.column, edit.value)
        return matrix

    def without_edits(self, row: str | None = None) -> TransitionMatrix:
        """As proposed: everywhere, or in one row."""
        kept = () if row is None else tuple(e for e in self.edits if e.row != row)
        return replace(self, edits=kept)


def _with_cells(row: NDArray[np.float64], cells: dict[int, float], diagonal: int) -> NDArray[np.float64]:
    """Fix ``cells`` and scale the others to fill what is left; if nothing is left or free, renormalise all."""
    free = np.ones(len(row), dtype=bool)
    free[[*cells, diagonal]] = False
    result = row.copy()
    for column, value in cells.items():
        result[column] = value
    left, spread = 1 - sum(cells.values()), row[free].sum()
    if left > 0 and free.any():
        result[free] = row[free] * (left / spread) if spread > 0 else left / free.sum()
        return result
    result[free] = 0
    total = result.sum()
    return result / total if total > 0 else result
