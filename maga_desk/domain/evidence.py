"""What a perturbing label is chosen by: the paper's combination of transition matrix and prediction."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", np.float32, np.float64)


def evidence(
    likeness: NDArray[Real], probabilities: NDArray[np.float32], combine: str, gamma: float
) -> NDArray[Real] | NDArray[np.float32]:
    """``(n, K)``: how much speaks for each label, not normalised, before any label is ruled out.

    With T the matrix, y the true class and p the original's softmax: T[y, j]^gamma * p[j] for ``product`` and ``soft``
    (gamma 1 is the paper's), T[y, j] for ``transition`` and ``sample``, p[j] for ``classifier``.

    :param likeness: ``(n, K)`` the matrix's row for each picture, in the precision that is wanted.
    """
    if combine == "classifier":
        return probabilities
    if combine in ("transition", "sample"):
        return likeness
    product: NDArray[Real] = likeness**gamma * probabilities
    return product
