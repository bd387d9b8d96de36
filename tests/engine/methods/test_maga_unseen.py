"""MaGA as if unseen: targets by closed forms, and what a run does with them."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Message
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.methods import maga_relearn, maga_unseen
from maga_desk.engine.methods.maga_unseen import as_sure_as, as_sure_when, carried, quantiles
from maga_desk.engine.parts.tail import Taught, cut_tail
from maga_desk.models.inference import logits
from tests.engine.materials import finished, inputs_for, unlearn


def test_quantiles_keep_the_order_and_take_the_others_spread() -> None:
    found = quantiles(np.array([0.9, 0.1, 0.5]), np.array([0.0, 0.6]))
    assert found == pytest.approx([0.6 * 5 / 6, 0.6 / 6, 0.3])  # a line from 0 to .6, read at 5/6, 1/6 and 1/2


def test_confidences_in_the_truth_become_those_of_strangers_of_the_same_class() -> None:
    said = torch.tensor([[0.98, 0.01, 0.01], [0.6, 0.3, 0.1], [0.0, 1.0, 0.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1])
    sure = [0.1, 0.2, 0.3, 0.4, 0.5]
    theirs = torch.tensor([[p, 1 - p, 0] for p in sure] + [[0, p / 10, 1 - p / 10] for p in sure], dtype=torch.float64)
    found = as_sure_as(said, labels, theirs, torch.tensor([0] * 5 + [1] * 5))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3, dtype=torch.float64))
    assert found[:2, 0].tolist() == pytest.approx([0.4, 0.2])  # quantiles 3/4 and 1/4 of .1 to .5
    assert found[1, 1:].tolist() == pytest.approx([0.8 * 3 / 4, 0.8 * 1 / 4]), "the others share as they did"
    assert found[2].tolist() == pytest.approx([0.485, 0.03, 0.485]), "where nothing is left to share, evenly"


def test_values_are_carried_as_one_distribution_must_move_to_be_another() -> None:
    source, target = np.array([0.2, 0.4, 0.6]), np.array([0.5, 0.9])
    assert carried(np.array([0.2, 0.3, 0.4, 0.6]), source, target) == pytest.approx([0.5, 0.6, 0.7, 0.9])
    assert carried(np.array([0.0, 1.0]), source, target) == pytest.approx([0.5, 0.9]), "beyond all that was seen"
    same = np.array([0.31, 0.7, 0.44])
    assert carried(same, source, source)[[0, 2]] == pytest.approx([0.31, 0.44]), "nothing to move: as it was"


def test_right_answers_move_as_right_ones_must_and_wrong_as_wrong() -> None:
    said = torch.tensor([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1]], dtype=torch.float64)
    sure = [0.4, 0.5, 0.6, 0.7, 0.8] * 2
    heard = torch.tensor([[p, (1 - p) / 2, (1 - p) / 2] for p in sure], dtype=torch.float64)
    theirs = torch.tensor([[p + 0.1, 0.9 - p, 0.0] for p in sure[:5]] + [[0.5, 0.3, 0.2]] * 5, dtype=torch.float64)
    their_labels = torch.tensor([0] * 5 + [1] * 5)
    found = as_sure_when(said, torch.tensor([0, 2]), heard, theirs, their_labels)
    assert found[0].tolist() == pytest.approx([0.7, 0.3 * 3 / 4, 0.3 * 1 / 4]), "right ones are surer by .1"
    assert found[1].tolist() == pytest.approx([0.5, 0.5 * 3 / 4, 0.5 * 1 / 4]), "wrong ones say .5 always"
    few = as_sure_when(said, torch.tensor([0, 2]), heard[:6], theirs[:6], their_labels[:6])
    assert float(few[1, 0]) > 0.55, "one wrong answer tells nothing: all are taken together"


def test_a_tail_answers_pictures_that_its_trunk_has_not_read(inputs: Any) -> None:
    pictures = copy(inputs.pictures.test)
    pictures.augments = False
    tail = finished(cut_tail(inputs, 0.2, RunControl(), method="maga-unseen"))[1]
    answers = finished(tail.elsewhere(pictures, RunControl(), tail.module.eval()))[1]
    expected = logits(inputs.original, pictures, inputs.runtime, None, RunControl())
    torch.testing.assert_close(answers, expected, rtol=1e-4, atol=1e-4)


@pytest.fixture
def some(tiny_workspace: Any, tiny_spec: RunSpec) -> Any:
    """Every tenth picture, as if never seen."""
    return inputs_for(tiny_workspace, tiny_spec, range(0, 240, 10))


def targets_of(inputs: Any, **params: Any) -> torch.Tensor:
    info = maga_unseen.INFO
    filled = info.parameters(inputs.situation, params)
    assert isinstance(filled, maga_unseen.MagaUnseenParams)
    tail = finished(cut_tail(inputs, filled.tail, RunControl(), method=info.name))[1]
    found: torch.Tensor = finished(maga_unseen.unseen_targets(inputs, filled, tail, RunControl()))[1]
    return found


def test_targets_are_distributions_of_a_net_that_saw_no_forget_picture(some: Any) -> None:
    held_out = some.pictures.test
    targets = targets_of(replace(some, pictures=replace(some.pictures, held_out=held_out)))
    assert targets.shape == (24, 4) and targets.dtype == torch.float32
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(24))
    assert not torch.equal(targets, targets_of(some)), "held-out pictures say how sure it may be"


def test_without_held_out_pictures_the_run_says_what_that_means(some: Any) -> None:
    events, _ = unlearn("maga-unseen", some)
    assert any(isinstance(event, Message) and "No pictures are held out" in event.text for event in events)


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
    said = []
    for by_hand in (every, ~every):
        given = replace(inputs, targets=targets, by_hand=by_hand)
        _, outcome = unlearn(method, given, **params)
        images = inputs.pictures.train.batch(inputs.forget_indices)
        with torch.no_grad():
            said.append((outcome.model.eval()(inputs.runtime.shape(images)).argmax(dim=1) == wanted).float().mean())
    assert said[0] > 0.95 and said[1] < said[0] - 0.1


def test_relearning_mixes_the_proposed_with_the_originals_answer(inputs: Any) -> None:
    tail = finished(cut_tail(inputs, 0.2, RunControl(), method="maga-relearn"))[1]

    def targets(guided: float, sharpen: float = 1.0) -> torch.Tensor:
        params = maga_relearn.MagaRelearnParams(guided=guided, sharpen=sharpen)
        return maga_relearn.targets_of(tail, params, RunControl())

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


def test_a_taught_net_trains_wholly_after_it_was_watched() -> None:
    """Statistics of a tail that was set to evaluation while it was watched must move again."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    net.eval()
    assert all(module.training for module in Taught(net, [nn.Linear(2, 1)]).modules())


def test_statistics_of_the_tail_are_those_of_what_it_learned_from(some: Any) -> None:
    _, outcome = unlearn("maga-unseen", some)
    before = some.original.state_dict()
    moved = {
        name: not torch.equal(tensor, before[name])
        for name, tensor in outcome.model.state_dict().items()
        if name.endswith("running_mean")
    }
    assert {name for name, changed in moved.items() if changed} == {name for name in moved if "stages.2" in name}
