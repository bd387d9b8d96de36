"""Methods with a rhythm or a rule to stop: MU-Mis, SFR-on, and SCRUB's rewind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.engine.loop import run
from maga_desk.engine.methods import mu_mis, scrub, sfr_on
from maga_desk.models.inference import accuracy, logits
from tests.engine.materials import ends_alike_when_interrupted, finished, short, unlearn
from tests.engine.routines import linear_net, probabilities_of, routine_of, shown, take, value, with_net

BRIEF = {"epochs": 3, "max_epochs": 2}


def test_sensitivity_of_a_linear_net_is_the_length_of_its_weights(inputs: Any) -> None:
    """And its gradient twice the weights: down for the own class, up for the drawn ones."""
    net = linear_net()
    linear = with_net(inputs, net)
    routine = routine_of("mu-mis", linear, forget_batch=64)
    weight = net[1].weight.detach()
    squares = weight.square().sum(dim=1)
    own = torch.full((60,), inputs.forget.whole_classes[0])
    others = mu_mis.drawn_others(own, 4, step_generator(inputs.seed + 3, 0))
    assert not (others == own).any() and len(others.unique()) == 3
    scale = squares[own[0]]
    assert value(routine) == pytest.approx(float(1 - squares[others].mean() / scale), rel=1e-4)
    routine.loss(0).backward()
    shares = torch.bincount(others, minlength=4) / 60
    expected = 2 * weight * (torch.nn.functional.one_hot(own[0], 4) - shares).unsqueeze(1) / scale
    found = routine.model[1].weight.grad
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-7)


def test_the_gradient_of_a_gradient_is_right_in_a_residual_net(inputs: Any) -> None:
    model = mu_mis.working_copy(inputs).eval().double()
    images, own = shown(inputs, torch.arange(4), 0).double(), torch.full((4,), 2)
    other = torch.tensor([0, 1, 3, 0])

    def size() -> torch.Tensor:
        down, up = mu_mis.sensitivities(model, images.clone(), own, other, inputs)
        return (down - up).mean()

    size().backward()
    weight = dict(model.named_parameters())["stages.2.0.conv2.weight"]
    place = tuple(torch.unravel_index(weight.grad.abs().argmax(), weight.shape))
    slope, width = weight.grad[place].clone(), 1e-6
    sizes = []
    for shift in (width, -width):
        with torch.no_grad():
            weight[place] += shift
        sizes.append(size().detach())
        with torch.no_grad():
            weight[place] -= shift
    torch.testing.assert_close((sizes[0] - sizes[1]) / (2 * width), slope, rtol=1e-3, atol=0)


def test_mu_mis_stops_when_other_classes_are_back(inputs: Any) -> None:
    routine = routine_of("mu-mis", inputs, epochs=200)
    assert routine.steps == 200
    images, own = inputs.pictures.train.batch(inputs.forget_indices), torch.full((60,), 2)
    others = mu_mis.drawn_others(own, 4, step_generator(0, 0))

    def sizes() -> tuple[float, float]:
        squares = mu_mis.sensitivities(routine.model, images.clone(), own, others, inputs, keep=False)
        mine, theirs = (float(each.sqrt().mean()) for each in squares)
        return mine, theirs

    mine, theirs = sizes()
    state = routine.optimizer.param_groups[0]
    stopped_at = None
    for step in range(routine.steps):
        before = [weight.clone() for weight in routine.model.parameters()]
        take(routine, step)
        moved = any(not torch.equal(one, two) for one, two in zip(before, routine.model.parameters(), strict=True))
        assert moved == (not state["stopped"])
        if state["stopped"] and stopped_at is None:
            stopped_at = step
            now_mine, now_theirs = sizes()
            assert now_mine < mine
            assert now_theirs > 0.8 * theirs  # other classes are drawn here than the rule looks at
        if stopped_at is not None and step == stopped_at + 10:
            break
    assert stopped_at is not None and stopped_at % 10 == 0


def test_sfr_on_takes_turns() -> None:
    turns = [sfr_on.turn(step, 2) for step in range(7)]
    assert turns == [(True, 0), (False, 0), (False, 1), (True, 1), (False, 2), (False, 3), (True, 2)]


def test_well_known_pictures_count_more() -> None:
    each = torch.tensor([0.25, 4.0])  # weights 2 and 1/2: 1.6 and .4 at mean one
    assert float(sfr_on.weighted(each, 0.5)) == pytest.approx((1.6 * 0.25 + 0.4 * 4) / 2)
    assert float(sfr_on.weighted(each, 0.0)) == pytest.approx(2.125)
    leaf = each.clone().requires_grad_(True)
    sfr_on.weighted(leaf, 0.5).backward()
    assert leaf.grad.tolist() == pytest.approx([0.8, 0.2])  # the weights are held still


def test_the_ascent_moves_what_matters_for_the_forget_pictures_only(inputs: Any) -> None:
    linear = with_net(inputs, linear_net())  # it is not sure of anything
    params = sfr_on.SfrOnParams(forget_batch=64, clip=0.5, lr=0.1)
    _, mask = finished(sfr_on.climbing(linear, params, RunControl()))
    share = sum(int(part.sum()) for part in mask.values()) / sum(part.numel() for part in mask.values())
    assert 0.05 < share < 0.95
    routine = routine_of("sfr-on", linear, forget_batch=64, clip=0.5, lr=0.1)
    rows = Shuffled(inputs.forget_indices, 64, inputs.seed + 1).at(0)
    p = probabilities_of(linear, inputs.pictures.train.augmented(rows, step_generator(inputs.seed, 0)))
    each = (-p[:, inputs.forget.whole_classes[0]].double().log()).clamp_min(1e-4)
    weights = each**-0.5 / (each**-0.5).mean()
    assert value(routine) == pytest.approx(-25 * float((weights * each).mean()), rel=0.05)
    before = {name: weight.detach().clone() for name, weight in routine.model.named_parameters()}
    take(routine, 0)
    length = 0.0
    for name, weight in routine.model.named_parameters():
        decayed = before[name] * (1 - 0.1 * 1.9 * 5e-4)  # weight decay by a first step with Nesterov momentum
        moved = weight.detach() - decayed
        assert moved[~mask[name]].abs().max() < 1e-6 if (~mask[name]).any() else True
        length += float(moved.square().sum())
    assert length**0.5 == pytest.approx(0.1 * 1.9 * 0.5, rel=1e-2)  # clipped


def forget_error(inputs: Any, model: torch.nn.Module) -> float:
    outputs = logits(model, inputs.pictures.train, inputs.runtime, inputs.forget_indices)
    wrong = outputs.argmax(dim=1) != inputs.pictures.train.labels[inputs.forget_indices]
    return float(wrong.double().mean() * 100)


@pytest.mark.parametrize(("lr", "references"), [(5e-4, (0.0, 20.0, 100.0)), (3e-3, (0.0,))])
def test_a_rewound_scrub_hands_over_the_nearest_pass(lr: float, references: Any, inputs: Any) -> None:
    params = {**short("scrub"), "epochs": 4, "max_epochs": 2, "lr": lr}
    plain = routine_of("scrub", inputs, **params)
    plan = scrub.turns(4, 2, 4, 6)
    assert len(plan) == plain.steps
    errors, nets = [], []
    for step, (away, number) in enumerate(plan):
        take(plain, step)
        if not away and number % 6 == 5:
            errors.append(forget_error(inputs, plain.model))
            nets.append({key: tensor.clone() for key, tensor in plain.model.state_dict().items()})
    assert len(set(errors)) > 1 or len(references) == 1, "one case where passes differ, one where the later counts"
    for reference in references:
        _, outcome = finished(
            run(MethodSpec(name="scrub", params={**params, "rewind": reference}), inputs, RunControl())
        )
        distances = [abs(error - reference) for error in errors]
        best = max(place for place, distance in enumerate(distances) if distance == min(distances))
        assert type(outcome.model) is type(inputs.original)
        for key, tensor in outcome.model.state_dict().items():
            assert torch.equal(tensor, nets[best][key])


def test_a_rewound_scrub_can_be_interrupted(inputs: Any, tmp_path: Any) -> None:
    ends_alike_when_interrupted("scrub", {**short("scrub"), **BRIEF, "rewind": 40.0}, inputs, tmp_path)


def test_without_a_reference_nothing_is_rewound(inputs: Any) -> None:
    _, plain = unlearn("scrub", inputs, **BRIEF)
    _, last = unlearn("scrub", inputs, **BRIEF, rewind=None)
    for one, two in zip(plain.model.parameters(), last.model.parameters(), strict=True):
        assert torch.equal(one, two)


def test_scrub_rewinds_to_the_error_on_held_out_pictures(inputs: Any) -> None:
    with pytest.raises(MethodError, match="no held-out pictures"):
        unlearn("scrub", inputs, rewind_to_held_out=True)
    pictures = replace(inputs.pictures, held_out=inputs.pictures.test)
    given = replace(inputs, pictures=pictures)
    rings = (pictures.test.labels == 2).nonzero().squeeze(1)
    outputs = logits(inputs.original, pictures.test, inputs.runtime, rings)
    error = 100 - (accuracy(outputs, pictures.test.labels[rings]) or 0.0)
    assert scrub.held_out_error(given, RunControl()) == pytest.approx(error)
    _, told = unlearn("scrub", given, **BRIEF, rewind=error)
    _, found = unlearn("scrub", given, **BRIEF, rewind_to_held_out=True)
    for one, two in zip(told.model.parameters(), found.model.parameters(), strict=True):
        assert torch.equal(one, two)
