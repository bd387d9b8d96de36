"""What is proposed for every picture of the forget set, and what a person made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.arrays import Bools, Float32s, Int64s
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.transition import TransitionMatrix


@dataclass(frozen=True)
class Proposal:
    """Perturbing labels for n forget pictures over K classes.

    :param matrix: the transition matrix with the person's edits.
    :param names: n picture names.
    :param indices: ``(n,) int64`` positions among the training pictures.
    :param true: ``(n,) int64`` true labels.
    :param probabilities: ``(n, K) float32`` softmax of the original classifier.
    :param targets: ``(n, K) float32`` the distributions that the pictures are re-aligned to; rows sum to one.
    :param edited: ``(n,) bool`` labels that a person set.
    :param combine: how matrix and prediction were combined (never ``auto`` here).
    :param opinions: the answers behind the matrix, where a model was questioned; several for a mixture.
    :param accepted: ``(n,) bool`` proposed labels that a person looked at and agreed to; ``None``: none.
    """

    matrix: TransitionMatrix
    names: tuple[str, ...]
    indices: Int64s
    true: Int64s
    probabilities: Float32s
    targets: Float32s
    edited: Bools
    combine: str
    opinions: tuple[Opinion, ...] = ()
    accepted: Bools | None = None

    @property
    def agreed(self) -> NDArray[np.bool_]:
        """``(n,) bool`` labels that a person set or agreed to."""
        return self.edited if self.accepted is None else self.edited | self.accepted

    @property
    def labels(self) -> NDArray[np.int64]:
        """``(n,) int64`` perturbing labels: the most likely class of each target that is not the true one."""
        others = self.targets.copy()
        hand_set = self.edited[:, None] & (self.targets == 1)
        others[np.arange(len(others)), self.true] = -1
        others[hand_set] = 2  # a person's choice stands, whatever it is
        chosen: NDArray[np.int64] = others.argmax(axis=1)
        return chosen

    @property
    def predicted(self) -> NDArray[np.int64]:
        """``(n,) int64`` the original classifier's own prediction."""
        chosen: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return chosen

    @property
    def margin(self) -> NDArray[np.float32]:
        """``(n,) float32`` the lead of the perturbing label over the next one: small means doubtful."""
        others = self.targets.copy()
        others[np.arange(len(others)), self.true] = 0
        top = np.sort(others, axis=1)[:, -2:]
        return (top[:, 1] - top[:, 0]).astype(np.float32)

    def flow(self) -> NDArray[np.int64]:
        """``(K, K) int64``: how many pictures of class row go to label column."""
        count = self.targets.shape[1]
        table = np.zeros((count, count), dtype=np.int64)
        np.add.at(table, (self.true, self.labels), 1)
        return table
