"""MaGA as if unseen: targets by closed forms, and what a run does with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Message
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.methods import maga_relearn, maga_unseen
from maga_desk.engine.methods.maga_unseen import (
    calibrated_by_class,
    calibrated_by_correctness,
    matched_quantiles,
    quantile_mapped,
)
from maga_desk.engine.parts.trainable_stage import cut_off_stage
from tests.engine.materials import finished, inputs_for, unlearn


def test_matched_quantiles_keep_the_order_and_take_the_others_spread() -> None:
    found = matched_quantiles(np.array([0.9, 0.1, 0.5]), np.array([0.0, 0.6]))
    assert found == pytest.approx([0.6 * 5 / 6, 0.6 / 6, 0.3])  # a line from 0 to .6, read at 5/6, 1/6 and 1/2


def test_confidences_in_the_true_label_become_those_of_unseen_pictures_of_the_same_class() -> None:
    probabilities = torch.tensor([[0.98, 0.01, 0.01], [0.6, 0.3, 0.1], [0.0, 1.0, 0.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1])
    sure = [0.1, 0.2, 0.3, 0.4, 0.5]
    theirs = torch.tensor([[p, 1 - p, 0] for p in sure] + [[0, p / 10, 1 - p / 10] for p in sure], dtype=torch.float64)
    found = calibrated_by_class(probabilities, labels, theirs, torch.tensor([0] * 5 + [1] * 5))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3, dtype=torch.float64))
    assert found[:2, 0].tolist() == pytest.approx([0.4, 0.2])  # matched_quantiles 3/4 and 1/4 of .1 to .5
    assert found[1, 1:].tolist() == pytest.approx([0.8 * 3 / 4, 0.8 * 1 / 4]), "the others share as they did"
    assert found[2].tolist() == pytest.approx([0.485, 0.03, 0.485]), "where nothing is left to share, evenly"


def test_the_quantile_mapping_turns_one_distribution_into_another() -> None:
    source, target = np.array([0.2, 0.4, 0.6]), np.array([0.5, 0.9])
    assert quantile_mapped(np.array([0.2, 0.3, 0.4, 0.6]), source, target) == pytest.approx([0.5, 0.6, 0.7, 0.9])
    assert quantile_mapped(np.array([0.0, 1.0]), source, target) == pytest.approx([0.5, 0.9]), (
        "clamped beyond the source"
    )
    same = np.array([0.31, 0.7, 0.44])
    assert quantile_mapped(same, source, source)[[0, 2]] == pytest.approx([0.31, 0.44]), "nothing to move: as it was"


def test_right_and_wrong_predictions_are_mapped_separately() -> None:
    probabilities = torch.tensor([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1]], dtype=torch.float64)
    sure = [0.4, 0.5, 0.6, 0.7, 0.8] * 2
    source = torch.tensor([[p, (1 - p) / 2, (1 - p) / 2] for p in sure], dtype=torch.float64)
    theirs = torch.tensor([[p + 0.1, 0.9 - p, 0.0] for p in sure[:5]] + [[0.5, 0.3, 0.2]] * 5, dtype=torch.float64)
    their_labels = torch.tensor([0] * 5 + [1] * 5)
    found = calibrated_by_correctness(probabilities, torch.tensor([0, 2]), source, theirs, their_labels)
    assert found[0].tolist() == pytest.approx([0.7, 0.3 * 3 / 4, 0.3 * 1 / 4]), "right ones are surer by .1"
    assert found[1].tolist() == pytest.approx([0.5, 0.5 * 3 / 4, 0.5 * 1 / 4]), "wrong ones say .5 always"
    few = calibrated_by_correctness(probabilities, torch.tensor([0, 2]), source[:6], theirs[:6], their_labels[:6])
    assert float(few[1, 0]) > 0.55, "one wrong answer tells nothing: all are taken together"


@pytest.fixture
def some(tiny_workspace: Any, tiny_spec: RunSpec) -> Any:
    """Every tenth picture, as if never seen."""
    return inputs_for(tiny_workspace, tiny_spec, range(0, 240, 10))


def targets_of(inputs: Any, **params: Any) -> torch.Tensor:
    info = maga_unseen.INFO
    filled = info.parameters(inputs.situation, params)
    assert isinstance(filled, maga_unseen.MagaUnseenParams)
    stage = finished(cut_off_stage(inputs, filled.tail, RunControl(), method=info.name))[1]
    found: torch.Tensor = finished(maga_unseen.unseen_targets(inputs, filled, stage, RunControl()))[1]
    return found


def test_targets_are_distributions_of_a_net_that_saw_no_forget_picture(some: Any) -> None:
    held_out = some.pictures.test
    targets = targets_of(replace(some, pictures=replace(some.pictures, held_out=held_out)))
    assert targets.shape == (24, 4) and targets.dtype == torch.float32
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(24))
    assert not torch.equal(targets, targets_of(some)), "held-out pictures say how sure it may be"


def test_without_held_out_pictures_the_run_says_what_that_means(some: Any) -> None:
    events, _ = unlearn("maga-unseen", some)
    assert any(
        isinstance(event, Message) and "No test pictures are held out" in event.text and "held_out = 0.2" in event.text
        for event in events
    )


def test_gone_classes_are_never_a_target(inputs: Any) -> None:
    targets = targets_of(inputs)
    assert not targets[:, list(inputs.forget.gone)].any()


@pytest.mark.parametrize("method", ["maga-unseen", "maga-relearn"])
def test_labels_set_by_hand_win(inputs: Any, method: str) -> None:
    """All labels are set to the class that is least alike; nothing else pulls the pictures there."""
    alike = inputs.targets.mean(dim=0)
    alike[list(inputs.forget.gone)] = torch.inf
    wanted = int(alike.argmin())
    count = len(inputs.forget)
    targets = torch.zeros(count, inputs.classes)
    targets[:, wanted] = 1
    every = torch.ones(count, dtype=torch.bool)
    params = {"forget_weight": 5.0} | ({"disentangle": 0.0} if method == "maga-relearn" else {})
    shares = []
    for by_hand in (every, ~every):
        given = replace(inputs, targets=targets, by_hand=by_hand)
        _, outcome = unlearn(method, given, **params)
        images = inputs.pictures.train.batch(inputs.forget_indices)
        with torch.no_grad():
            predicted = outcome.model.eval()(inputs.runtime.shape(images)).argmax(dim=1)
        shares.append((predicted == wanted).float().mean())
    assert shares[0] > 0.95 and shares[1] < shares[0] - 0.1


def test_relearning_mixes_the_proposed_with_the_originals_probabilities(inputs: Any) -> None:
    stage = finished(cut_off_stage(inputs, 0.2, RunControl(), method="maga-relearn"))[1]

    def targets(guided: float, sharpen: float = 1.0) -> torch.Tensor:
        params = maga_relearn.MagaRelearnParams(guided=guided, sharpen=sharpen)
        return maga_relearn.targets_of(stage, params, RunControl())

    proposed, plain, half = (targets(share) for share in (1.0, 0.0, 0.5))
    torch.testing.assert_close(proposed, inputs.targets)
    torch.testing.assert_close(half, (proposed + plain) / 2)
    positions = torch.cat([inputs.retain_indices, inputs.forget_indices])
    images = inputs.pictures.train.augmented(positions, step_generator(inputs.seed, -1))  # the view that the trunk read
    with torch.no_grad(), inputs.runtime.autocast():
        outputs = inputs.original.eval()(inputs.runtime.shape(images)).float()[len(inputs.retain_indices) :]
    outputs[:, list(inputs.forget.gone)] = -torch.inf
    torch.testing.assert_close(plain, outputs.softmax(dim=1), atol=0.02, rtol=0)
    squared = plain**2 / (plain**2).sum(dim=1, keepdim=True)
    torch.testing.assert_close(targets(0.0, sharpen=2.0), squared)


def test_statistics_of_the_trainable_stage_are_updated_and_no_others(some: Any) -> None:
    _, outcome = unlearn("maga-unseen", some)
    before = some.original.state_dict()
    moved = {
        name: not torch.equal(tensor, before[name])
        for name, tensor in outcome.model.state_dict().items()
        if name.endswith("running_mean")
    }
    assert {name for name, changed in moved.items() if changed} == {name for name in moved if "stages.2" in name}
