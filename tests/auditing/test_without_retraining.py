"""Verification models speak against what has seen the pictures, and against nothing that has not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from maga_desk.auditing.completeness import completeness, tails
from maga_desk.auditing.ignorance import ignorants, mean_difference, residuals
from maga_desk.auditing.outputs import Outputs
from maga_desk.auditing.parts import Parts
from maga_desk.auditing.without_retraining import (
    BLIND,
    OF_A_KIND,
    SAME,
    TOO_FEW,
    UNLIKE,
    Found,
    Net,
    Witnesses,
    judge_without,
)
from maga_desk.domain.results import Figure

CLASSES, FORGET, STAY, TEST = 6, 1000, 400, 2000
HARD = np.random.default_rng(0).normal(0, 1.0, FORGET + STAY + TEST)
LABELS = np.arange(len(HARD)) % CLASSES


def parts(gone: tuple[int, ...] = ()) -> Parts:
    """Half of the training pictures go; of whole classes, those of these classes."""
    train, test = torch.from_numpy(LABELS[: FORGET + STAY]), torch.from_numpy(LABELS[FORGET + STAY :])
    forget = torch.arange(len(train)) < FORGET
    losing = torch.ones(len(test), dtype=torch.bool)
    if gone:
        forget, losing = torch.isin(train, torch.tensor(gone)), torch.isin(test, torch.tensor(gone))
    kept = torch.zeros(len(train), dtype=torch.bool)
    none_test = losing if gone else ~losing
    return Parts(train, test, forget, kept, none_test, ~none_test, losing, gone)


def net(seed: int, memory: float = 0.0, skill: float = 1.5, ignores: tuple[int, ...] = (), less: float = 0.0) -> Net:
    """Sure of a picture by how easy it is, by chance, and by what it remembers of those that it was trained on.

    :param memory: of the forget set, in logits; ``less``: of what is known of hard pictures.
    """
    rng = np.random.default_rng(seed)
    margin = skill - HARD + rng.normal(0, 1.0, len(HARD))
    margin[:FORGET] += memory - less
    logits = rng.normal(0, 0.3, (len(HARD), CLASSES))
    logits[np.arange(len(HARD)), LABELS] += margin
    for label in ignores:
        logits[:, label] = -9
    rows = torch.from_numpy(logits).float()
    distances = np.maximum(0, margin[:FORGET][:150]), np.maximum(0, margin[FORGET + STAY :][:150])
    return Net(Outputs(rows[: FORGET + STAY], rows[FORGET + STAY :]), distances)


def witnesses(original: Net, ignores: tuple[int, ...] = (), less: float = 0.0) -> Witnesses:
    models = [net(10 + number, skill=0.5, ignores=ignores, less=less) for number in range(3)]
    return Witnesses(original, tuple(each.outputs for each in models), models[0].distances, 0.075, 0.5)


ORIGINAL = net(1, memory=3.0)


def judged(result: Net, by: Witnesses | None = None, gone: tuple[int, ...] = (), task: str = "random") -> Found:
    return judge_without(result, {}, by or witnesses(ORIGINAL), parts(gone), task)


def found(told: Found) -> set[str]:
    return {key for key, (_, each) in told.items() if each.sign == "found"}


def test_what_has_seen_the_pictures_is_found_on_either_side() -> None:
    seen = judged(ORIGINAL)
    assert {"beyond_ignorance", "calibrated", "iam", "iam_under", "apollo", "apollo_under"} <= found(seen)
    assert seen["iam"][0].value == pytest.approx(0)
    over = judged(net(2, memory=-3.0))
    assert {"beyond_ignorance", "calibrated", "iam", "iam_over", "apollo"} <= found(over)
    assert over["iam"][0].value > 150 and over["calibrated"][0].value < 40


@pytest.mark.parametrize("seed", range(2, 5))
def test_what_has_not_seen_them_is_not(seed: int) -> None:
    told = judged(net(seed))
    assert not found(told)
    assert told["calibrated"][1].sign == "none" and told["beside_curve"][1].sign == "none"
    assert abs(told["iam"][0].value - 100) < 25


def test_where_the_original_is_not_found_out_finding_nothing_means_nothing() -> None:
    told = judged(net(2), witnesses(net(1)))
    assert told["calibrated"][1].sign == "unsure" and told["calibrated"][1].why == BLIND
    assert "iam" not in told, "there is nothing to stand between"


def test_where_nets_that_never_saw_them_seem_to_know_them_nothing_is_decided() -> None:
    easier = witnesses(ORIGINAL, less=-3.0)
    told = judged(ORIGINAL, easier)
    assert told["calibrated"][1].sign == "unsure" and told["calibrated"][1].why == UNLIKE
    assert told["apollo"][1].why == UNLIKE


def test_a_handful_of_pictures_says_nothing() -> None:
    few = parts()
    few.forget_train[20:FORGET] = False
    told = judge_without(ORIGINAL, {}, witnesses(ORIGINAL), few, "random")
    assert not found(told) and told["calibrated"][1].why == told["iam_under"][1].why == TOO_FEW


def test_a_whole_class_is_not_named_by_what_never_saw_it() -> None:
    by = witnesses(ORIGINAL, ignores=(0,))
    assert "beyond_ignorance" in found(judged(ORIGINAL, by, (0,), "class"))
    forgotten = judged(net(2, ignores=(0,)), by, (0,), "class")
    assert forgotten["beyond_ignorance"][1].sign == "none" and not found(forgotten)


def test_of_a_sub_class_the_memory_of_its_pictures_alone_is_told() -> None:
    told = judged(net(2), task="sub-class")["beyond_ignorance"][1]
    assert told.sign == "unsure" and told.why == OF_A_KIND
    assert "beyond_ignorance" in found(judged(ORIGINAL, task="sub-class"))


def test_what_stays_is_lost_only_below_the_line_to_the_original() -> None:
    assert "beside_curve" in found(judged(net(2, skill=-0.5)))
    assert judged(net(2, skill=4.0))["beside_curve"][1].sign == "none", "to know more is no harm"


def test_features_that_are_the_originals_own_are_a_sign_unless_training_began_there() -> None:
    known, by = {"cka_original": Figure(1.0, n=9)}, witnesses(ORIGINAL)
    told = judge_without(net(2), known, by, parts(), "random")["cka_original"][1]
    assert told.sign == "found" and told.why == SAME
    tuned = judge_without(net(2), known, replace(by, from_scratch=False), parts(), "random")
    other = judge_without(net(2), {"cka_original": Figure(0.9, n=9)}, by, parts(), "random")
    assert tuned["cka_original"][1].sign == other["cka_original"][1].sign == "unsure"


def test_the_references_take_out_how_hard_each_picture_is() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 5, 400), rng.normal(0, 5, 400)
    pairs = [(hard[0] + rng.normal(0, 1, 400), hard[1] + rng.normal(0, 1, 400)) for _ in range(3)]
    left = residuals(pairs[0], pairs[1:])
    assert left[0].std() < 2 and left[1].mean() == pytest.approx(0)
    null = ignorants(pairs, mean_difference, 0.0)
    assert len(null.values) == 3 and null.bias < 30


def test_tails_and_completeness_say_what_cannot_be_known() -> None:
    rng = np.random.default_rng(0)
    ignorant = rng.normal(0, 1, 300), rng.normal(0, 1, 300)
    assert completeness(ignorant, ignorant) is None
    tied = tails((np.zeros(50), np.zeros(50)))
    assert tied is not None and tied.under.value == tied.over.value == 0
    assert tails((np.zeros(0), np.zeros(5))) is None
