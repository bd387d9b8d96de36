"""How clear-cut every proposed label is, from what the proposal holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.evidence import evidence
from maga_desk.domain.proposal import Proposal

SMALL_LEAD = 0.1


def closed_classes(proposal: Proposal) -> list[int]:
    """Forgotten classes that no picture is sent to: they go wholly."""
    return [int(c) for c in np.unique(proposal.true) if not proposal.targets[:, c].any()]


def _without(values: NDArray[np.float32], proposal: Proposal, closed: list[int] | None = None) -> NDArray[np.float32]:
    """Scores with the true class, and forgotten classes that nothing is sent to, set to zero."""
    rest = values.astype(np.float32, copy=True)
    rest[np.arange(len(rest)), proposal.true] = 0
    rest[:, closed_classes(proposal) if closed is None else closed] = 0
    return rest


def rivals(proposal: Proposal) -> NDArray[np.int64]:
    """``(n,) int64``: the classifier's most likely label among those that could have been given."""
    return np.asarray(_without(proposal.probabilities, proposal).argmax(axis=1), dtype=np.int64)


def disagreements(proposal: Proposal) -> NDArray[np.bool_]:
    """``(n,) bool``: where the proposer's likest class (by its matrix) is not the classifier's.

    A row that is alike everywhere prefers nothing, and so cannot disagree.
    """
    rows = _without(proposal.matrix.values[proposal.true].astype(np.float32), proposal)
    return np.asarray(rows[np.arange(len(rows)), rivals(proposal)] < rows.max(axis=1) - 1e-6, dtype=np.bool_)


def scores(proposal: Proposal, gamma: float = 1.0, closed: list[int] | None = None) -> NDArray[np.float32]:
    """``(n, K) float32``, rows sum to one: the share of the evidence that every label had.

    A soft target holds the shares itself. A hard one is all or nothing; its shares are those of what it was chosen by:
    the matrix row, the classifier's prediction, or their product.

    :param gamma: exponent of the matrix in the product.
    :param closed: classes that no label can be, where ``proposal`` holds too few pictures to tell.
    """
    rows = proposal.matrix.values[proposal.true].astype(np.float32)
    score = evidence(rows, proposal.probabilities, proposal.combine, gamma)
    if proposal.combine == "soft":
        score = np.where(proposal.edited[:, None], score, proposal.targets)
    score = _without(score, proposal, closed)
    score /= np.maximum(score.sum(axis=1, keepdims=True), 1e-12)
    return score


def leads(proposal: Proposal, gamma: float = 1.0) -> NDArray[np.float32]:
    """``(n,) float32`` in -1..1: how far the new label's score is ahead of the next candidate's.

    Negative where the evidence prefers another.
    """
    if len(proposal.names) == 0:
        return np.zeros(0, dtype=np.float32)
    score = scores(proposal, gamma)
    place = np.arange(len(score)), proposal.labels
    chosen = score[place].copy()
    score[place] = -1
    return np.asarray(chosen - np.maximum(score.max(axis=1), 0), dtype=np.float32)


def doubtful(proposal: Proposal, gamma: float = 1.0) -> NDArray[np.bool_]:
    """``(n,) bool``: labels not agreed to yet, with a small lead, or where proposer and classifier disagree."""
    if len(proposal.names) == 0:
        return np.zeros(0, dtype=bool)
    unsure = (leads(proposal, gamma) < SMALL_LEAD) | disagreements(proposal)
    return np.asarray(unsure & ~proposal.agreed, dtype=np.bool_)
