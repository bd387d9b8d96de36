"""From a transition matrix and the classifier's prediction to what each forget picture is re-aligned to.

A score for every class but the true one and those that are forgotten wholly, from :mod:`maga_desk.domain.evidence`:

==============  ============================================================
``product``     the label with the largest score T[y, j]^gamma * p[j] (the paper's, with gamma 1)
``transition``  the label with the largest T[y, j]
``classifier``  the label with the largest p[j]
``sample``      a label drawn from T[y]
``soft``        the whole distribution score / sum(score), with the product's scores
==============  ============================================================

numpy only, so that the window can redo it at once after an edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import SpecError
from maga_desk.domain.evidence import evidence
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.methods import Task
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.transition import TransitionMatrix

AUTO: Mapping[Task, str] = {"class": "product", "sub-class": "soft", "random": "soft"}


def combination(guidance: GuidanceSpec, task: Task) -> str:
    """The combination in force: ``auto`` stands for the one that measured best for the task."""
    return AUTO[task] if guidance.combine == "auto" else guidance.combine


def make_proposal(
    matrix: TransitionMatrix,
    probabilities: NDArray[np.float32],
    names: Sequence[str],
    true: NDArray[np.int64],
    forget: ForgetSet,
    guidance: GuidanceSpec,
    *,
    seed: int,
    opinions: tuple[Opinion, ...] = (),
) -> Proposal:
    """Targets for n forget pictures; labels that a person set win over everything.

    :param probabilities: ``(n, K) float32`` softmax of the original, in the order of ``forget.indices``.
    :raises SpecError: a hand-set label names an unknown or a wholly forgotten class.
    """
    combine = combination(guidance, forget.task)
    scores = _scores(matrix, probabilities, true, forget.gone, guidance, combine)
    if combine == "soft":
        targets = scores / scores.sum(axis=1, keepdims=True)
    else:
        chosen = _drawn(scores, seed) if combine == "sample" else scores.argmax(axis=1)
        targets = np.eye(scores.shape[1])[chosen]
    edited = np.zeros(len(names), dtype=bool)
    position = {name: i for i, name in enumerate(names)} if guidance.label_edits else {}
    for name, label in guidance.label_edits.items():
        if name in position:  # edits of pictures that are no longer marked are kept in the spec, and wait
            targets[position[name]] = _one_hot(label, matrix.classes, forget.gone)
            edited[position[name]] = True
    agreed = set(guidance.accepted)
    accepted = np.fromiter((name in agreed for name in names), dtype=bool, count=len(names)) & ~edited
    return Proposal(
        matrix,
        tuple(names),
        forget.indices,
        true,
        probabilities,
        targets.astype(np.float32),
        edited,
        combine,
        opinions,
        accepted,
    )


def _scores(
    matrix: TransitionMatrix,
    probabilities: NDArray[np.float32],
    true: NDArray[np.int64],
    gone: tuple[int, ...],
    guidance: GuidanceSpec,
    combine: str,
) -> NDArray[np.float64]:
    """``(n, K) float64``, every row with a positive sum."""
    count, classes = probabilities.shape
    allowed = np.ones((count, classes), dtype=bool)
    allowed[:, list(gone)] = False
    allowed[np.arange(count), true] = False
    nowhere = ~allowed.any(axis=1)  # two classes, one of them forgotten wholly: only the true class is left
    allowed[nowhere, true[nowhere]] = True
    likeness = matrix.values[true]
    scores = np.where(allowed, evidence(likeness, probabilities, combine, guidance.gamma), 0).astype(np.float64)
    empty = scores.sum(axis=1) <= 0
    scores[empty] = np.where(allowed[empty], likeness[empty] + 1e-9, 0)
    return scores


def _drawn(scores: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    edges = (scores / scores.sum(axis=1, keepdims=True)).cumsum(axis=1)
    points = np.random.default_rng(seed).random((len(scores), 1)) * edges[:, -1:]
    drawn: NDArray[np.int64] = (edges <= points).sum(axis=1).clip(max=scores.shape[1] - 1)
    return drawn


def _one_hot(label: str, classes: tuple[str, ...], gone: tuple[int, ...]) -> NDArray[np.float64]:
    if label not in classes:
        raise SpecError(f"no class is called '{label}'", where="[guidance] label_edits")
    if classes.index(label) in gone:
        raise SpecError(f"'{label}' is forgotten wholly and cannot be a new label", where="[guidance] label_edits")
    row = np.zeros(len(classes))
    row[classes.index(label)] = 1
    return row
