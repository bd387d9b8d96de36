"""Which class is taken for which: before, after, retrained, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.closer.answers import CloseLook, Net, Split

ALL_SHOWN = 30
"""Of so many classes all are shown; of more, the forgotten ones and those in which something differs."""


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of one split.

    :param counts: by net, ``(K, K) int64``: pictures of the class of the row that were named as the column's.
    :param totals: ``(K,) int64``, how many pictures each class has.
    :param forgotten: ``(K,) bool``, classes that went, or a kind of which did: they are always shown.
    """

    split: Split
    counts: Mapping[Net, NDArray[np.int64]]
    totals: NDArray[np.int64]
    forgotten: NDArray[np.bool_]

    def shares(self, net: Net) -> NDArray[np.float64]:
        """``(K, K)`` in percent of the row; 0 in a row without pictures."""
        found: NDArray[np.float64] = 100.0 * self.counts[net] / np.maximum(self.totals, 1)[:, None]
        return found

    def change(self, against: Net) -> NDArray[np.float64]:
        """``(K, K)`` points by which the unlearned net differs from another."""
        return self.shares("unlearned") - self.shares(against)

    def rows(self, against: Net | None = None) -> NDArray[np.int64]:
        """The classes whose rows are worth a look: all of a few; of many the forgotten ones, and those in which the
        unlearned net differs, the most different first.

        :param against: from which net; ``None``: from any.
        """
        count = len(self.totals)
        if count <= ALL_SHOWN:
            return np.arange(count)
        moved = self._moved(against).sum(axis=1)
        order = np.argsort(-moved, kind="stable")
        found: NDArray[np.int64] = order[(moved > 0)[order] | self.forgotten[order]]
        return found

    def columns(self, against: Net | None = None) -> NDArray[np.int64]:
        """The classes of :meth:`rows`, and those as which another number of their pictures is named."""
        count = len(self.totals)
        if count <= ALL_SHOWN:
            return np.arange(count)
        rows = self.rows(against)
        used = np.zeros(count, dtype=bool)
        used[rows] = True
        used |= (self._moved(against)[rows] > 0).any(axis=0)
        return np.flatnonzero(used)

    def _moved(self, against: Net | None) -> NDArray[np.int64]:
        """``(K, K)``, by how many pictures the unlearned net differs."""
        others = [each for net, each in self.counts.items() if net == (against or net)]
        found = np.zeros_like(self.counts["unlearned"])
        for each in others:
            found += np.abs(self.counts["unlearned"] - each)
        return found


def confusion(look: CloseLook, split: Split) -> Confusion:
    """Of all pictures of a split, those that stay and those that went."""
    classes, labels = len(look.classes), look.index(split).labels
    counts = {
        name: np.bincount(labels * classes + answers.of(split).named, minlength=classes * classes).reshape(
            classes, classes
        )
        for name, answers in look.shown_nets()
    }
    return Confusion(split, counts, np.bincount(labels, minlength=classes), _forgotten(look))


def _forgotten(look: CloseLook) -> NDArray[np.bool_]:
    """``(K,)``, classes that went or of which a kind did; none where single pictures went."""
    found = np.zeros(len(look.classes), dtype=bool)
    if look.task != "random":
        found[look.images.train.labels[look.forget]] = True
        found[look.images.test.labels[look.forget_test]] = True
    return found


def named_so(look: CloseLook, split: Split, net: Net, true: int, named: int) -> NDArray[np.int64]:
    """Positions of a class's pictures that a net names as another (or as itself)."""
    answers = look.nets[net].of(split)
    return np.flatnonzero((look.index(split).labels == true) & (answers.named == named))
