"""The transition matrix: how alike every concept is to every other, and what a person changed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.arrays import Float64s
from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.guidance import MatrixEdit

Matrix = Float64s


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
        by_row: dict[int, dict[int, MatrixEdit]] = {}
        for edit in self.edits:
            by_row.setdefault(index[edit.row], {})[index[edit.column]] = edit
        for row, cells in by_row.items():
            values[row] = _with_cells(values[row], cells, row)
        return values

    def edit_of(self, row: str, column: str) -> MatrixEdit | None:
        """What a person did to this cell, if anything."""
        return next((edit for edit in self.edits if edit.row == row and edit.column == column), None)

    def edited(self, row: str, column: str) -> bool:
        """Whether a person set this cell."""
        return self.edit_of(row, column) is not None

    def locked(self, row: str, column: str) -> bool:
        """Whether a person locked this cell: it is then neither edited nor rescaled."""
        edit = self.edit_of(row, column)
        return edit is not None and edit.locked

    def with_edit(self, row: str, column: str, value: float, *, locked: bool = False) -> TransitionMatrix:
        """Set one cell by hand; earlier edits of the cell are replaced, the row still sums to one.

        :raises SpecError: an unknown class, the diagonal, a value outside 0..1, a locked cell, or more than the row's
            locked cells leave.
        """
        for name in (row, column):
            if name not in self.classes:
                raise SpecError(f"no class is called '{name}'")
        if row == column:
            raise SpecError(f"'{row}' cannot be relabelled to itself")
        if not 0 <= value <= 1:
            raise SpecError(f"a likeness must be between 0 and 1, not {value}")
        if self.locked(row, column):
            raise SpecError(f"{row} → {column} is locked", todo="unlock it first")
        taken = sum(e.value for e in self.edits if e.row == row and e.locked)
        if value > 1 - taken + 1e-9:
            raise SpecError(f"the locked cells of '{row}' leave only {max(0.0, 1 - taken):.2f}")
        kept = tuple(e for e in self.edits if not (e.row == row and e.column == column))
        edit = MatrixEdit(row=row, column=column, value=value, locked=locked)
        changed = replace(self, edits=(*kept, edit))
        if not changed.values[self.classes.index(row)].any():
            raise SpecError(f"the row of '{row}' would be empty")
        return changed

    def with_lock(self, row: str, column: str, locked: bool) -> TransitionMatrix:
        """Hold a cell at the value that it shows, or let it go again (an unlocked cell stays set by hand).

        :raises SpecError: an unknown class, or the diagonal.
        """
        if locked == self.locked(row, column):
            return self
        edit = self.edit_of(row, column)
        if edit is not None and not locked:
            free = edit.model_copy(update={"locked": False})
            return replace(self, edits=tuple(free if e is edit else e for e in self.edits))
        for name in (row, column):
            if name not in self.classes:
                raise SpecError(f"no class is called '{name}'")
        value = float(self.values[self.classes.index(row), self.classes.index(column)])
        return self.with_edit(row, column, min(value, 1.0), locked=True)

    def with_row_lock(self, row: str, locked: bool) -> TransitionMatrix:
        """Hold a whole row as it is shown, or let it go again.

        :raises SpecError: an unknown class, or a row without values.
        """
        if row not in self.classes:
            raise SpecError(f"no class is called '{row}'")
        others = tuple(e for e in self.edits if e.row != row)
        if not locked:
            mine = tuple(e.model_copy(update={"locked": False}) for e in self.edits if e.row == row)
            return replace(self, edits=(*others, *mine))
        values = self.values[self.classes.index(row)]
        if not values.any():
            raise SpecError(f"the row of '{row}' has no values to hold")
        cells = tuple(
            MatrixEdit(row=row, column=name, value=min(float(value), 1.0), locked=True)
            for name, value in zip(self.classes, values, strict=True)
            if name != row
        )
        return replace(self, edits=(*others, *cells))

    def row_locked(self, row: str) -> bool:
        """Whether every cell of a row is locked."""
        return sum(1 for e in self.edits if e.row == row and e.locked) == len(self.classes) - 1

    def with_edits(self, edits: Sequence[MatrixEdit]) -> TransitionMatrix:
        """All edits applied one after another, each checked."""
        matrix = self
        for edit in sorted(edits, key=lambda e: e.locked):  # a lock would refuse the edits after it
            matrix = matrix.with_edit(edit.row, edit.column, edit.value, locked=edit.locked)
        return replace(matrix, edits=tuple(edits))

    def without_edits(self, row: str | None = None, column: str | None = None) -> TransitionMatrix:
        """As proposed: everywhere, in one row, or in one cell; locks go with the edits."""
        kept = tuple(
            e for e in self.edits if row is not None and (e.row != row or (column is not None and e.column != column))
        )
        return replace(self, edits=kept)


def rank_correlation(one: TransitionMatrix, other: TransitionMatrix) -> dict[str, float]:
    """Spearman's rank correlation of each row that both matrices carry: class name -> -1..1.

    The diagonal is left out and ties get their mean rank; a row without any order (all alike) gives NaN.

    :raises SpecError: matrices of different classes.
    """
    if one.classes != other.classes:
        raise SpecError("only matrices of the same classes can be compared")
    mine, theirs, found = one.values, other.values, {}
    for row in np.flatnonzero(mine.any(axis=1) & theirs.any(axis=1)):
        a, b = (_ranks(np.delete(values[row], row)) for values in (mine, theirs))
        spread = a.std() * b.std()
        found[one.classes[row]] = float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else np.nan
    return found


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks


def _with_cells(row: NDArray[np.float64], cells: dict[int, MatrixEdit], diagonal: int) -> NDArray[np.float64]:
    """Fix ``cells`` and scale the others to fill what is left; locked ones hold when the rest must give way."""
    free = np.ones(len(row), dtype=bool)
    free[[*cells, diagonal]] = False
    result = row.copy()
    for column, edit in cells.items():
        result[column] = edit.value
    left, spread = 1 - sum(edit.value for edit in cells.values()), row[free].sum()
    if left > 0 and free.any():
        result[free] = row[free] * (left / spread) if spread > 0 else left / free.sum()
        return result
    result[free] = 0
    held = sum(edit.value for edit in cells.values() if edit.locked)
    loose = [column for column, edit in cells.items() if not edit.locked]
    total = result[loose].sum()
    if total > 0 and held < 1:
        result[loose] *= (1 - held) / total
    return result / result.sum() if result.sum() > 0 else result
