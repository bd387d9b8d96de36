"""DAMP, CMF, entanglement, the Newton step on the head, and the short retraining: their mathematics, and bad input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Message
from maga_desk.domain.methods import Situation
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.methods import class_means, damp, entanglement, newton_head, retrain_briefly
from maga_desk.engine.parts import constrained
from maga_desk.engine.parts.layer_inputs import change_weight, mean_patches
from maga_desk.engine.registry import METHODS
from maga_desk.models.inference import features, logits
from tests.engine.first_steps import PARAMS
from tests.engine.materials import inputs_for, short, unlearn
from tests.engine.routines import exact, routine_of, with_net

# --- DAMP ---


def test_damps_directions_are_the_prototypes_parts_outside_the_retained_span() -> None:
    means = torch.randn(4, 1, 6, generator=torch.Generator().manual_seed(0))
    known = torch.tensor([True, True, True, False])
    basis = damp.directions(means, [1], known)
    stay = means[[0, 2], 0].T.numpy()
    rest = means[1, 0].numpy() - stay @ np.linalg.lstsq(stay, means[1, 0].numpy(), rcond=None)[0]
    wanted = rest / np.linalg.norm(rest)
    np.testing.assert_allclose(np.abs(basis[0, :, 0].numpy() @ wanted), 1, atol=1e-5)
    layer = nn.Linear(6, 3)
    before = layer(means[:, 0]).detach()
    change_weight(layer, torch.eye(6) - basis @ basis.mT)
    after = layer(means[:, 0]).detach()
    torch.testing.assert_close(after[[0, 2]], before[[0, 2]], atol=1e-5, rtol=0)
    assert (after[1] - before[1]).abs().max() > 0.1
    assert (basis.mT @ means[:2, 0].T.unsqueeze(0))[0, :, 0].abs().max() < 1e-5


def test_where_a_prototype_lies_in_the_retained_span_nothing_is_taken() -> None:
    means = torch.eye(3).unsqueeze(1).repeat(1, 1, 1)
    means[2, 0] = means[0, 0] + 0.5 * means[1, 0]
    basis = damp.directions(means, [2], torch.ones(3, dtype=torch.bool))
    assert basis.abs().max() == 0


@pytest.mark.parametrize("layer", [nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), nn.Linear(5, 3)])
def test_a_layers_mean_answer_is_its_answer_to_the_mean_patch(layer: nn.Module) -> None:
    conv = isinstance(layer, nn.Conv2d)
    shown = torch.randn(3, *((4, 7, 7) if conv else (9, 5)), generator=torch.Generator().manual_seed(1))
    means = mean_patches(layer, shown)
    weight = layer.weight.reshape(means.shape[1], -1, means.shape[2])
    found = torch.einsum("god,ngd->ngo", weight, means).flatten(1) + layer.bias
    wanted = layer(shown).mean(dim=(2, 3) if conv else 1)
    torch.testing.assert_close(found, wanted)


def test_a_probe_that_knows_nothing_changes_nothing() -> None:
    found = damp.Prototypes(torch.zeros(2, 1, 3), torch.zeros(2))
    labels, gone = torch.tensor([0, 0, 1, 1]), torch.tensor([False, True])
    same = torch.ones(4, 1, 3)
    found.add(same, labels)
    found.probe(same, labels, gone)
    assert found.separability == 0
    apart = damp.Prototypes(torch.zeros(2, 1, 3), torch.zeros(2))
    far = torch.tensor([0.0, 0.0, 5.0, 5.0]).view(4, 1, 1).expand(4, 1, 3).clone()
    apart.add(far, labels)
    apart.probe(far, labels, gone)
    assert apart.separability == 1


# --- CMF ---


def test_the_class_mean_head_answers_with_the_nearest_mean(inputs: Any) -> None:
    head, means = nn.Linear(5, 4), torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    class_means.write_head(head, means, 0.5, [3])
    found = torch.randn(20, 5, generator=torch.Generator().manual_seed(1))
    nearest = torch.cdist(found, means[:3]).argmin(dim=1)
    assert torch.equal(head(found).argmax(dim=1), nearest)
    odds = head(found)[:, 0] - head(found)[:, 1]
    far = torch.cdist(found, means).square()
    torch.testing.assert_close(odds, (far[:, 1] - far[:, 0]) / (2 * 0.5), atol=1e-4, rtol=1e-4)


def test_means_follow_the_batch_and_no_gradient_reaches_the_head(inputs: Any) -> None:
    head, means = nn.Linear(2, 3), torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    class_means.write_head(head, means, 1.0, [2])
    class_means.follow(head, torch.tensor([[4.0, 4.0], [2.0, 4.0]]), torch.tensor([1, 1]), 1.0, 0.9, [2])
    torch.testing.assert_close(head.weight.detach()[1], torch.tensor([0.9 * 2 + 0.1 * 3, 0.4]))
    assert head.weight.detach()[[0, 2]].abs().max() == 0
    routine = routine_of("cmf", exact(inputs), **PARAMS["cmf"])
    routine.loss(0).backward()
    grown = {name: weight.grad is not None for name, weight in routine.model.named_parameters()}
    assert not any(has for name, has in grown.items() if name.startswith("head")) and sum(grown.values()) > 5


# --- entanglement ---


def test_the_augmented_lagrangian_presses_only_where_the_constraint_is_broken() -> None:
    multiplier = torch.tensor(0.0)
    kept = torch.tensor(-0.3, requires_grad=True)
    value = constrained.lagrangian(kept, multiplier, 10.0)
    (gradient,) = torch.autograd.grad(value, kept)
    assert (float(value.detach()), float(gradient), float(multiplier)) == (0.0, 0.0, 0.0)
    broken = torch.tensor(0.2, requires_grad=True)
    constrained.lagrangian(broken, multiplier, 10.0)
    assert float(multiplier) == pytest.approx(2.0)
    value = constrained.lagrangian(broken, multiplier, 10.0)
    (gradient,) = torch.autograd.grad(value, broken)
    assert float(value.detach()) == pytest.approx((4.0**2 - 2.0**2) / 20)
    assert float(gradient) == pytest.approx(4.0), "the derivative is the next multiplier"


def test_the_distance_is_that_of_gaussians() -> None:
    one = torch.tensor([[0.0, 1.0], [2.0, 1.0]])  # means 1, 1; deviations 1, 0
    two = torch.tensor([[3.0, 1.0], [9.0, 5.0]])  # means 6, 3; deviations 3, 2
    assert float(constrained.gaussian_distance(one, two)) == pytest.approx(25 + 4 + 4 + 4, rel=1e-4)


def test_a_projected_step_does_not_lower_the_forget_loss() -> None:
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    forgetting = (weight * torch.tensor([1.0, 0.0])).sum()
    hurts = (weight * torch.tensor([3.0, 1.0])).sum()
    (found,) = constrained.projected(hurts, forgetting, [weight])
    torch.testing.assert_close(found, torch.tensor([0.0, 1.0]))
    helps = (weight * torch.tensor([-3.0, 1.0])).sum()
    (found,) = constrained.projected(helps, forgetting, [weight])
    torch.testing.assert_close(found, torch.tensor([-3.0, 1.0]))
    scalar = constrained.along([torch.tensor([5.0, 7.0])], [weight], torch.tensor(1.25))
    (gradient,) = torch.autograd.grad(scalar, weight)
    assert float(scalar.detach()) == 1.25 and gradient.tolist() == [5.0, 7.0]


def test_related_classes_are_those_the_original_takes_forget_pictures_for(inputs: Any) -> None:
    shares = logits(inputs.original, inputs.pictures.train, inputs.runtime, inputs.forget_indices).softmax(1).mean(0)
    shares[2] = 0
    assert entanglement.related_classes(inputs, 1, RunControl()) == [int(shares.argmax())]
    with pytest.raises(MethodError, match="related and unrelated classes"):
        routine_of("entanglement", inputs, related=3)


# --- the Newton step ---


def test_the_newton_step_is_exact_for_a_quadratic_and_its_derivatives_are_those_of_autograd() -> None:
    generator = torch.Generator().manual_seed(0)
    found = torch.randn(30, 4, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 3, (30,), generator=generator)
    random = torch.randn(3, 4, generator=generator, dtype=torch.float64)
    objective, theta = newton_head.Ridge(0.1, random), 0.3 * random
    value = lambda flat: objective.value(flat.view(3, 4), found, labels)  # noqa: E731
    flat = theta.flatten().requires_grad_(True)
    (gradient,) = torch.autograd.grad(value(flat), flat)
    torch.testing.assert_close(objective.gradient(theta, found, labels).flatten(), gradient)
    hessian = torch.autograd.functional.hessian(value, theta.flatten())
    torch.testing.assert_close(objective.hessian(theta, found), hessian)
    wanted = theta.flatten() - torch.linalg.solve(hessian, gradient)
    torch.testing.assert_close(objective.step(theta, found, labels).flatten(), wanted)


def test_more_newton_steps_certify_more_and_the_features_stay(inputs: Any) -> None:
    said, kept = [], []
    for steps in (1, 4):
        events, outcome = unlearn("newton-head", inputs, steps=steps)
        (line,) = [each.text for each in events if isinstance(each, Message) and "epsilon" in each.text]
        said.append(float(line.partition("epsilon ")[2].partition(" ")[0]))
        assert "For the head alone" in line and "are not certified" in line
        kept.append(features(outcome.model, inputs.pictures.train, inputs.runtime))
    assert said[1] < 0.1 * said[0]
    before = features(inputs.original, inputs.pictures.train, inputs.runtime)
    assert all(torch.equal(each, before) for each in kept)
    assert "nothing is certified" in newton_head.certificate(1.0, newton_head.NewtonHeadParams(noise=0))


def test_after_many_steps_the_head_is_the_one_that_never_saw_the_pictures(inputs: Any) -> None:
    _, outcome = unlearn("newton-head", inputs, steps=12, noise=0)
    found = features(inputs.original, inputs.pictures.train, inputs.runtime, inputs.retain_indices).double()
    found = torch.cat([found, torch.ones(len(found), 1, dtype=torch.float64)], dim=1)
    labels = inputs.pictures.train.labels[inputs.retain_indices]
    theta = torch.cat([outcome.model.head.weight, outcome.model.head.bias[:, None]], dim=1).double().detach()
    objective = newton_head.Ridge(newton_head.NewtonHeadParams(**short("newton-head")).decay, torch.zeros_like(theta))
    assert objective.gradient(theta, found, labels).norm() < 1e-3


# --- the short retraining ---


def test_the_budget_is_counted_in_epochs_and_milestones_keep_their_places() -> None:
    recipe = TrainRecipe(epochs=60, schedule="step", milestones=(30, 45), warm_up=6)
    found = retrain_briefly.recipe_of(recipe, retrain_briefly.RetrainBrieflyParams(share=0.1))
    assert (found.epochs, found.milestones, found.warm_up) == (6, (3, 4), pytest.approx(0.6))
    assert retrain_briefly.recipe_of(recipe, retrain_briefly.RetrainBrieflyParams(share=0.001)).epochs == 1
    for task in ("class", "sub-class", "random"):
        share = retrain_briefly.INFO.parameters(Situation.of(task), {}).model_dump()["share"]
        assert share == METHODS["maga-relearn"].info.cost[task] / 100


def test_the_short_retraining_is_the_short_recipes(inputs: Any) -> None:
    shorter = replace(inputs, recipe=inputs.recipe.model_copy(update={"epochs": 20}))
    routine = routine_of("retrain-briefly", shorter, share=0.1)
    full = routine_of("retrain", shorter, epochs=2)
    assert routine.steps == full.steps
    assert float(routine.loss(1).detach()) == float(full.loss(1).detach())


# --- bad input ---


class NoNorm(nn.Sequential):
    """A net without batch normalisation."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
        )


@pytest.mark.parametrize("name", ["damp", "cmf", "entanglement", "newton-head"])
def test_a_net_without_batch_normalisation(name: str, inputs: Any) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = NoNorm()
    routine = routine_of(name, exact(with_net(inputs, net)), **PARAMS[name])
    if routine.steps:
        assert routine.loss(0).isfinite()
    state = routine.finish(routine.model).state_dict()
    assert all(each.isfinite().all() for each in state.values())


def test_a_net_whose_features_are_zero(inputs: Any) -> None:
    net = NoNorm()
    nn.init.zeros_(net[0].weight)
    nn.init.zeros_(net[0].bias)
    dead = exact(with_net(inputs, net))
    with pytest.raises(MethodError, match="features are the same for every picture"):
        routine_of("cmf", dead)
    for name in ("damp", "newton-head", "entanglement"):
        routine = routine_of(name, dead, **PARAMS[name])
        assert all(each.isfinite().all() for each in routine.finish(routine.model).state_dict().values())


def test_one_class_is_left(tiny_workspace: Any, tiny_spec: Any) -> None:
    inputs = exact(inputs_for(tiny_workspace, tiny_spec, range(60, 240)))
    assert inputs.forget.gone == (1, 2, 3)
    for name in ("damp", "cmf", "newton-head", "retrain-briefly"):
        routine = routine_of(name, inputs, **PARAMS[name])
        if routine.steps:
            assert routine.loss(0).isfinite()
    with pytest.raises(MethodError, match="related and unrelated classes"):
        routine_of("entanglement", inputs)


def test_a_head_that_does_not_fit_is_said(inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newton_head, "_MOST", 100)
    with pytest.raises(MethodError, match="too many for its Hessian"):
        routine_of("newton-head", exact(inputs))
    bare = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 4, bias=False))
    with pytest.raises(MethodError, match="no linear layer with a bias"):
        routine_of("cmf", exact(with_net(inputs, bare)))
