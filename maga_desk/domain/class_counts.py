"""How many pictures of each class some of them are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassCount:
    """Of one class.

    :param chosen: how many of its pictures are meant; ``pictures``: how many it has.
    """

    name: str
    chosen: int
    pictures: int

    @property
    def share(self) -> float:
        """Of the class, in percent."""
        return 100 * self.chosen / self.pictures if self.pictures else 0.0

    @property
    def left(self) -> int:
        """How many of it are not meant."""
        return self.pictures - self.chosen


def class_counts(
    labels: NDArray[np.int64], positions: NDArray[np.int64], names: Sequence[str]
) -> tuple[ClassCount, ...]:
    """Of every class that is among these pictures, the one with the most first.

    :param labels: ``(N,)`` of all pictures; ``positions``: ``(n,)`` of those that are meant.
    """
    whole = np.bincount(labels, minlength=len(names))
    chosen = np.bincount(labels[positions], minlength=len(names))
    order = sorted(np.flatnonzero(chosen).tolist(), key=lambda label: (-chosen[label], label))
    return tuple(ClassCount(names[label], int(chosen[label]), int(whole[label])) for label in order)
