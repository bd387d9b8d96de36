"""How clear-cut every proposed label is, from what the proposal holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.proposal import Proposal

SMALL_LEAD = 0.1


def _without(values: NDArray[np.float32], proposal: Proposal) -> NDArray[np.float32]:
    """Scores with the true class, and forgotten classes that nothing is sent to, set to zero."""
    rest = values.astype(np.float32, copy=True)
    rest[np.arange(len(rest)), proposal.true] = 0
    closed = [c for c in np.unique(proposal.true) if not proposal.targets[:, c].any()]
    rest[:, closed] = 0
    return rest


def rivals(proposal: Proposal) -> NDArray[np.int64]:
    """``(n,) int64``: the classifier's most likely label among those that could have been given."""
    return np.asarray(_without(proposal.probabilities, proposal).argmax(axis=1), dtype=np.int64)


def leads(proposal: Proposal) -> NDArray[np.float32]:
    """``(n,) float32`` in -1..1: how far the new label is ahead of the next candidate.

    A soft target says so itself. A hard one is all or nothing, so there the share of the evidence counts that it was
    chosen by: the matrix row, the classifier's answer, or their product. Negative where the evidence prefers another.
    """
    if len(proposal.names) == 0:
        return np.zeros(0, dtype=np.float32)
    rows = proposal.matrix.values[proposal.true].astype(np.float32)
    if proposal.combine == "soft":
        evidence = proposal.targets
    elif proposal.combine in ("transition", "sample"):
        evidence = rows
    elif proposal.combine == "classifier":
        evidence = proposal.probabilities
    else:
        evidence = rows * proposal.probabilities
    score = _without(evidence, proposal)
    score /= np.maximum(score.sum(axis=1, keepdims=True), 1e-12)
    place = np.arange(len(score)), proposal.labels
    chosen = score[place].copy()
    score[place] = -1
    return np.asarray(chosen - np.maximum(score.max(axis=1), 0), dtype=np.float32)


def doubtful(proposal: Proposal) -> NDArray[np.bool_]:
    """``(n,) bool``: labels not set by hand with a small lead, or that the classifier would have chosen otherwise."""
    if len(proposal.names) == 0:
        return np.zeros(0, dtype=bool)
    unsure = (leads(proposal) < SMALL_LEAD) | (rivals(proposal) != proposal.labels)
    return np.asarray(unsure & ~proposal.edited, dtype=np.bool_)
