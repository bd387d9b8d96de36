"""Every registered method, on every task it claims, by one set of tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Message, NoisePair, Progress, Scalars
from maga_desk.domain.methods import TASKS, Situation
from maga_desk.domain.registry import OURS
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.engine import loop
from maga_desk.engine.looking import Diverged
from maga_desk.engine.loop import Resumable, run
from maga_desk.engine.methods.random_labels import random_labels
from maga_desk.engine.registry import METHODS
from maga_desk.models.inference import accuracy, logits
from tests.engine.first_steps import PARAMS
from tests.engine.materials import (
    brief,
    ends_alike_when_interrupted,
    finished,
    forget_accuracy,
    inputs_for,
    short,
    unlearn,
)
from tests.engine.routines import routine_of, take

GENTLE: dict[str, dict[str, Any]] = {  # for single pictures, of which a net that remembers everything is full
    "ssd": {"alpha": 30.0},
}
SLOW = {"fine-tune", "neggrad-plus", "cf-k"}  # they forget little in such a time: that is what they show
BREAKS = {"gradient-ascent", "boundary-expand"}  # nothing holds the rest in place
# Of the methods of installed packages only the record is tested: we have no short settings for them.
LONGER = {"amun": {"epochs": 2}, "eu-k": {"epochs": 3}, "retrain": {"epochs": 3}}  # to have steps to go on with
OWN = {name: method.info for name, method in METHODS.items() if METHODS.origin(name) == OURS}
DRAWN = [name for name in OWN if name not in ("logit-mask", "ssd", "lfssd")]  # these draw nothing
STEPPED = [name for name in DRAWN if name not in ("kodge", "fisher", "damp", "newton-head")]  # these take no steps


@pytest.mark.parametrize("name", METHODS)
def test_record_and_parameters_are_complete(name: str) -> None:
    info = METHODS[name].info
    assert info.title and info.summary and info.paper
    assert set(info.tasks) <= set(TASKS)
    for field, details in info.params.model_fields.items():
        assert details.description, f"{name}.{field} has no description for its form"
    for task in info.tasks:
        info.parameters(Situation.of(task), {})
        with pytest.raises(MethodError, match="unknown key 'nonsense'"):
            info.parameters(Situation.of(task), {"nonsense": 1})


@pytest.mark.parametrize("name", [name for name, info in OWN.items() if "class" in info.tasks])
def test_whole_class_forgetting_keeps_the_rest(name: str, tiny_workspace: Any, inputs: Any, erased: Any) -> None:
    events, outcome = erased(name)
    before = forget_accuracy(tiny_workspace, tiny_workspace.model, inputs)
    after = forget_accuracy(tiny_workspace, outcome.model, inputs)
    kept = logits(outcome.model, tiny_workspace.pictures.train, tiny_workspace.runtime, inputs.retain_indices)
    assert before > 80
    if name not in SLOW:
        assert after < 10
    least = 50 if name in BREAKS else 80
    assert (accuracy(kept, tiny_workspace.pictures.train.labels[inputs.retain_indices]) or 0) > least
    curve = [event for event in events if isinstance(event, Scalars)]
    assert curve[0].step == 0 and curve[-1].step == outcome.steps
    assert {"retain_accuracy", "forget_accuracy"} <= curve[-1].values.keys()
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.done == last.total == outcome.steps


@pytest.mark.parametrize("name", [name for name, info in OWN.items() if "random" in info.tasks])
def test_random_pictures_can_be_forgotten(name: str, tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    inputs = inputs_for(tiny_workspace, tiny_spec, range(0, 240, 10))
    assert inputs.forget.task == "random"
    _, outcome = unlearn(name, inputs, **brief(name), **GENTLE.get(name, {}))
    kept = logits(outcome.model, tiny_workspace.pictures.train, tiny_workspace.runtime, inputs.retain_indices)
    assert (accuracy(kept, tiny_workspace.pictures.train.labels[inputs.retain_indices]) or 0) > 60


@pytest.mark.parametrize("name", [name for name, info in OWN.items() if "sub-class" in info.tasks])
def test_a_kind_of_a_family_can_be_forgotten(name: str, family_workspace: Any, family_inputs: Any) -> None:
    workspace, inputs = family_workspace, family_inputs
    assert inputs.forget.task == "sub-class" and not inputs.forget.gone
    events, outcome = unlearn(name, inputs, **brief(name))
    kept = logits(outcome.model, workspace.pictures.train, workspace.runtime, inputs.retain_indices)
    least = 40 if name in BREAKS else 60
    assert (accuracy(kept, workspace.pictures.train.labels[inputs.retain_indices]) or 0) > least
    moved = any(
        not torch.equal(one, two)
        for one, two in zip(outcome.model.parameters(), workspace.model.parameters(), strict=True)
    )
    said = [event for event in events if isinstance(event, Message) and "nothing was changed" in event.text]
    assert moved != bool(said), "a net that is as it was is said to be"


def after_a_few_steps(name: str, inputs: Any) -> torch.Tensor:
    """All weights and statistics in one row, after the method's preparation and its first three steps."""
    routine = routine_of(name, inputs, **PARAMS[name])
    for step in range(min(3, routine.steps)):
        take(routine, step)
    return torch.cat([tensor.flatten().float() for tensor in routine.finish(routine.model).state_dict().values()])


@pytest.mark.parametrize("name", DRAWN)
def test_a_seed_gives_the_same_net_and_another_seed_another(name: str, tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    """After a few steps; that it stays so to the end is what the interrupted runs show."""
    nets = [
        after_a_few_steps(name, inputs_for(tiny_workspace, tiny_spec.with_changes("", seed=seed))) for seed in (0, 0, 1)
    ]
    assert torch.equal(nets[0], nets[1])
    assert not torch.equal(nets[0], nets[2])


@pytest.mark.parametrize("name", STEPPED)
def test_an_interrupted_run_ends_exactly_like_one_that_was_not(name: str, inputs: Any, tmp_path: Any) -> None:
    """Of half a dozen steps: rates rise and fall in them, and momentum has what to remember."""
    ends_alike_when_interrupted(name, {**PARAMS[name], **LONGER.get(name, {})}, inputs, tmp_path)


@pytest.mark.parametrize("damage", ["other run", "garbage", "missing"])
def test_a_resume_file_that_does_not_fit_means_starting_anew(
    damage: str, tiny_workspace: Any, tiny_spec: RunSpec, tmp_path: Any
) -> None:
    inputs = inputs_for(tiny_workspace, tiny_spec)
    place = tmp_path / "resume.pt"
    if damage == "garbage":
        place.write_bytes(b"garbage")
    if damage == "other run":
        control = RunControl()
        control.cancel()
        with pytest.raises(Cancelled):
            list(run(MethodSpec(name="maga", params=short("maga")), inputs, control, Resumable(place, "another")))
    events, _ = finished(
        run(MethodSpec(name="maga", params=short("maga")), inputs, RunControl(), Resumable(place, "digest", go_on=True))
    )
    assert min(event.step for event in events if isinstance(event, Scalars)) == 0


def test_a_run_that_diverges_says_so(inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "WATCHED_TIMES", 36)  # as many as there are steps
    poisoned = replace(inputs, targets=torch.full_like(inputs.targets, torch.inf))
    with pytest.raises(MethodError, match="diverged by step 1 of"):
        unlearn("maga", poisoned)


def test_a_run_that_diverges_keeps_the_last_good_net(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    inputs = inputs_for(tiny_workspace, tiny_spec)
    with pytest.raises(Diverged) as caught:
        unlearn("gradient-ascent", inputs, lr=1.0, epochs=60)
    assert caught.value.step >= 0
    before = tiny_workspace.model.state_dict()
    state = caught.value.model.state_dict()
    assert all(tensor.isfinite().all() for tensor in state.values())
    assert (caught.value.step == 0) == all(torch.equal(state[name], tensor) for name, tensor in before.items())


@pytest.mark.parametrize("noise", ["bank", "conditioned", "none"])
def test_maga_in_each_form(noise: str, tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    inputs = inputs_for(tiny_workspace, tiny_spec)
    events, outcome = unlearn("maga", inputs, noise=noise, negative=0.3)
    assert forget_accuracy(tiny_workspace, outcome.model, inputs) < 10
    pairs = [event for event in events if isinstance(event, NoisePair)]
    assert bool(pairs) == (noise != "none")
    for pair in pairs:
        assert pair.true == "ring" != pair.perturbing
        assert pair.positive is not None and pair.positive.shape[1:] == (3, 16, 16)
        assert 1 <= len(pair.positive) <= 4
        assert pair.negative is not None


def test_random_labels_are_neither_true_nor_gone(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    inputs = inputs_for(tiny_workspace, tiny_spec, [*range(120, 180), *range(50)])
    labels = random_labels(inputs)
    true = tiny_workspace.pictures.train.labels[inputs.forget_indices]
    assert inputs.forget.whole_classes == (2,)
    assert not (labels == true).any()
    assert not (labels == 2).any()
    assert len(labels.unique()) == 3


def test_retraining_knows_nothing_of_the_original(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    _, outcome = unlearn("retrain", inputs_for(tiny_workspace, tiny_spec), epochs=1, lr=1e-6)
    far = [
        (one - two).abs().max().item() > 0.05
        for (name, one), two in zip(outcome.model.named_parameters(), tiny_workspace.model.parameters(), strict=True)
        if name.endswith("weight") and one.ndim > 1
    ]
    assert all(far)  # every layer is fresh, not the head alone


def test_unknown_methods_are_named() -> None:
    with pytest.raises(MethodError, match="no method is called 'magic'"):
        METHODS.find("magic")
