"""TREW's target, the similarity behind it, and AMUN's mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.engine.methods import trew
from maga_desk.engine.parts.adversarial import Search, nearest_wrong
from maga_desk.engine.parts.joint import extra_rows, mixed_loss
from maga_desk.models.heads import head_of
from maga_desk.models.similarity import weight_similarity
from tests.engine.materials import finished, inputs_for
from tests.engine.routines import exact, probabilities_of, routine_of, shown, value


def test_similarity_of_four_classes_on_a_cross() -> None:
    weight = torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]]) + torch.tensor([3.0, -7.0])  # what all share is no sign
    found = weight_similarity(weight, temperature=0.5)
    opposite, beside = np.exp([-1 / 0.5, 0])
    total = opposite + 2 * beside
    np.testing.assert_allclose(found[0].numpy(), [0, opposite / total, beside / total, beside / total], rtol=1e-5)
    assert torch.allclose(found.sum(dim=1), torch.ones(4)) and not found.diagonal().any()


def test_similarity_sees_the_main_directions_only_and_no_rotation() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(5, 3, generator=generator) * torch.tensor([10.0, 5.0, 0.01])
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator))
    found = weight_similarity(weight)
    torch.testing.assert_close(weight_similarity(weight @ turn), found, rtol=1e-3, atol=1e-5)
    flat = weight.clone()
    flat[:, 2] = 0
    torch.testing.assert_close(weight_similarity(flat), found, rtol=1e-3, atol=1e-4)
    assert weight_similarity(torch.randn(2, 8, generator=generator)).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("tilt", [0.0, 10.0])
def test_trew_starts_at_the_distance_to_its_tilted_target(tilt: float, inputs: Any) -> None:
    values = []
    for weight in (0.0, 1.0):
        routine = routine_of("trew", inputs, tilt=tilt, forget_weight=weight, forget_batch=64, retain_batch=64)
        routine.model.eval()  # so that it is the original
        values.append(value(routine))
    rows = Shuffled(torch.arange(60), 64, inputs.seed + 1).at(0)
    kept = Shuffled(inputs.retain_indices, 64, inputs.seed).at(0)
    both = inputs.pictures.train.augmented(
        torch.cat([kept, inputs.forget_indices[rows]]), step_generator(inputs.seed, 0)
    )
    p = probabilities_of(inputs, both)[len(kept) :].double().numpy()
    own = inputs.forget.whole_classes[0]
    similarity = weight_similarity(head_of(inputs.original).weight)[own].double().numpy()
    q = p * np.exp(tilt * similarity)
    q[:, own] = 0
    q /= q.sum(axis=1, keepdims=True)
    others = [label for label in range(4) if label != own]
    expected = (q * np.log(np.where(q > 0, q, 1) / p))[:, others].sum(axis=1).mean()
    assert values[1] - values[0] == pytest.approx(expected, rel=0.03)


def test_a_tilt_never_points_to_what_is_gone() -> None:
    similarity = torch.arange(16).view(4, 4) / 16
    added = trew.tilted(similarity, 8.0, (1, 3))
    open_to = [(~row.isinf()).nonzero().flatten().tolist() for row in added]
    assert open_to == [[2], [0, 2], [0], [0, 2]]
    assert added[0, 2] == 1.0 and added[2, 0] == 4.0  # from the row's class to the column's


def test_a_mixture_takes_extra_pictures_with_their_labels(inputs: Any) -> None:
    inputs = exact(inputs)
    pictures, labels = shown(inputs, torch.arange(6), 0), torch.tensor([0, 1, 3, 0, 1, 3])
    rows = extra_rows(6)
    model = inputs.original.eval()
    alone = mixed_loss(inputs, model, lambda _step: rows[[4, 0]], pictures, labels)
    p = probabilities_of(inputs, pictures)
    assert float(alone(0).detach()) == pytest.approx(float(-(p[4, 1].log() + p[0, 0].log()) / 2), rel=0.02)
    kept = inputs.retain_indices[:3]
    mixed = mixed_loss(inputs, model, lambda _step: torch.cat([rows[:1], kept]), pictures, labels)
    seen = probabilities_of(inputs, inputs.pictures.train.augmented(kept, step_generator(inputs.seed, 5)))
    truth = inputs.pictures.train.labels[kept]
    expected = -(seen[torch.arange(3), truth].log().sum() + p[0, 0].log()) / 4
    assert float(mixed(5).detach()) == pytest.approx(float(expected), rel=0.02)


def test_amun_trains_forget_pictures_with_their_label_unless_a_class_goes(
    tiny_workspace: Any, tiny_spec: Any, inputs: Any
) -> None:
    short = {"search_steps": 2, "doublings": 0, "batch_size": 30, "epochs": 1}
    assert routine_of("amun", inputs, **short).steps == -(-(180 + 60) // 30)
    assert routine_of("amun", inputs, with_forget=True, **short).steps == -(-(180 + 60 + 60) // 30)
    some = inputs_for(tiny_workspace, tiny_spec, range(0, 240, 10))
    assert routine_of("amun", some, **short).steps == -(-(216 + 24 + 24) // 30)


def test_amuns_examples_fool_the_original_and_are_learned(inputs: Any, erased: Any) -> None:
    search = Search(0.05, 10, 10)
    _, (pictures, labels, distances) = finished(nearest_wrong(inputs.original, inputs, RunControl(), search))
    own = inputs.forget.whole_classes[0]
    assert not (labels == own).any()
    assert (probabilities_of(inputs, pictures).argmax(dim=1) == labels).float().mean() > 0.9
    assert distances.median() < 5  # of a diagonal of 27.7
    _, outcome = erased("amun")
    before = probabilities_of(inputs, pictures)[torch.arange(60), labels].mean()
    with torch.no_grad():
        after = outcome.model(pictures).softmax(dim=1)[torch.arange(60), labels].mean()
    assert after > before
