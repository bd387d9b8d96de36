"""Perturbing labels against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from maga_desk.domain.errors import SpecError
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.perturbing import make_proposal

CLASSES = ("cat", "dog", "fox", "mug")
T = TransitionMatrix(CLASSES, np.array([[0, 0.5, 0.3, 0.2], [0.4, 0, 0.4, 0.2], [0] * 4, [0] * 4]), "test")
P = np.array([[0.7, 0.05, 0.2, 0.05], [0.1, 0.6, 0.1, 0.2]], dtype=np.float32)
TRUE = np.array([0, 1])


def proposed(
    gone: tuple[int, ...] = (), task: str = "class", matrix: TransitionMatrix = T, **guidance: object
) -> Proposal:
    forget = ForgetSet(np.array([4, 9]), gone, (), task)  # type: ignore[arg-type]
    return make_proposal(matrix, P, ["a", "b"], TRUE, forget, GuidanceSpec(**guidance), seed=0)  # type: ignore[arg-type]


def test_product_is_likeness_times_prediction() -> None:
    # cat: .5*.05, .3*.2, .2*.05 -> fox; dog: .4*.1, .4*.1, .2*.2 -> the first of equals
    assert proposed(combine="product").labels.tolist() == [2, 0]


def test_transition_and_classifier_use_one_side_only() -> None:
    assert proposed(combine="transition").labels.tolist() == [1, 0]
    assert proposed(combine="classifier").labels.tolist() == [2, 3]


def test_gamma_sharpens_the_matrix() -> None:
    assert proposed(combine="product", gamma=0.0).labels.tolist() == [2, 3]


def test_soft_targets_are_the_normalised_scores() -> None:
    targets = proposed(combine="soft").targets
    scores = np.array([0, 0.025, 0.06, 0.01])
    assert targets[0].tolist() == pytest.approx((scores / scores.sum()).tolist(), rel=1e-5)
    assert targets.sum(axis=1).tolist() == pytest.approx([1, 1])


def test_forgotten_classes_never_serve() -> None:
    for combine in ("product", "transition", "classifier", "sample", "soft"):
        proposal = proposed(gone=(0, 2), combine=combine)
        assert not np.isin(proposal.labels, [0, 2]).any()
        assert (proposal.targets[:, [0, 2]] == 0).all()


def test_sampling_follows_the_row() -> None:
    count = 4000
    forget = ForgetSet(np.arange(count), (), (), "class")
    proposal = make_proposal(
        T, np.tile(P[:1], (count, 1)), [str(i) for i in range(count)], np.zeros(count, dtype=np.int64), forget,
        GuidanceSpec(combine="sample"), seed=1,
    )  # fmt: skip
    shares = np.bincount(proposal.labels, minlength=4) / count
    assert shares.tolist() == pytest.approx([0, 0.5, 0.3, 0.2], abs=0.03)


def test_two_classes_with_one_gone_leave_the_own_label() -> None:
    matrix = TransitionMatrix(("a", "b"), np.array([[0, 1.0], [1, 0]]), "test")
    forget = ForgetSet(np.array([0, 1]), (0,), (), "random")
    proposal = make_proposal(
        matrix, np.array([[0.9, 0.1], [0.2, 0.8]], np.float32), ["p", "q"], np.array([0, 1]), forget,
        GuidanceSpec(combine="soft"), seed=0,
    )  # fmt: skip
    assert proposal.targets.tolist() == [[0, 1], [0, 1]]


def test_a_persons_labels_win_and_are_recorded() -> None:
    proposal = proposed(combine="soft", label_edits={"b": "mug", "not marked any more": "dog"})
    assert proposal.edited.tolist() == [False, True]
    assert proposal.labels.tolist()[1] == 3
    assert proposal.targets[1].tolist() == [0, 0, 0, 1]


def test_a_persons_cells_win() -> None:
    assert proposed(combine="transition", matrix=T.with_edit("cat", "mug", 0.9)).labels.tolist() == [3, 0]


@pytest.mark.parametrize(("label", "says"), [("cow", "no class is called 'cow'"), ("dog", "forgotten wholly")])
def test_labels_that_cannot_be(label: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        proposed(gone=(1,), label_edits={"a": label})


def test_auto_depends_on_the_task() -> None:
    assert proposed(task="class").combine == "product"
    assert proposed(task="sub-class").combine == "soft"
