"""Which class is taken for which: before, after, retrained, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.closer.answers import CloseLook, Net, Split

ALL_SHOWN = 30
"""Of so many classes all are shown; of more, those in which something changed."""


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of one split.

    :param counts: by net, ``(K, K) int64``: pictures of the class of the row that were named as the column's.
    :param totals: ``(K,) int64``, how many pictures each class has.
    """

    split: Split
    counts: Mapping[Net, NDArray[np.int64]]
    totals: NDArray[np.int64]

    def shares(self, net: Net) -> NDArray[np.float64]:
        """``(K, K)`` in percent of the row; 0 in a row without pictures."""
        found: NDArray[np.float64] = 100.0 * self.counts[net] / np.maximum(self.totals, 1)[:, None]
        return found

    def change(self, against: Net) -> NDArray[np.float64]:
        """``(K, K)`` points by which the unlearned net differs from another."""
        return self.shares("unlearned") - self.shares(against)

    def rows(self) -> NDArray[np.int64]:
        """The classes whose rows are worth a look: all of a few; of many those that changed, the most changed first."""
        count = len(self.totals)
        if count <= ALL_SHOWN:
            return np.arange(count)
        moved = np.abs(self.counts["unlearned"] - self.counts["original"]).sum(axis=1)
        order = np.argsort(-moved, kind="stable")
        found: NDArray[np.int64] = order[moved[order] > 0]
        return found

    def columns(self) -> NDArray[np.int64]:
        """The classes that pictures of :meth:`rows` are named as by any net, and these rows' own."""
        count = len(self.totals)
        if count <= ALL_SHOWN:
            return np.arange(count)
        rows = self.rows()
        used = np.zeros(count, dtype=bool)
        used[rows] = True
        changed = self.counts["unlearned"][rows] != self.counts["original"][rows]
        used |= changed.any(axis=0)
        return np.flatnonzero(used)


def confusion(look: CloseLook, split: Split) -> Confusion:
    """Of all pictures of a split, those that stay and those that went."""
    classes, labels = len(look.classes), look.index(split).labels
    counts = {
        name: np.bincount(labels * classes + answers.of(split).named, minlength=classes * classes).reshape(
            classes, classes
        )
        for name, answers in look.shown_nets()
    }
    return Confusion(split, counts, np.bincount(labels, minlength=classes))


def named_so(look: CloseLook, split: Split, net: Net, true: int, named: int) -> NDArray[np.int64]:
    """Positions of a class's pictures that a net names as another (or as itself)."""
    answers = look.nets[net].of(split)
    return np.flatnonzero((look.index(split).labels == true) & (answers.named == named))
