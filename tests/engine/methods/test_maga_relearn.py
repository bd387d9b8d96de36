"""The parts of the relearning against closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Message
from maga_desk.domain.methods import Situation
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.methods.maga_relearn import INFO, MagaRelearnParams
from maga_desk.engine.parts import kept_features as frozen
from maga_desk.engine.parts.kept_features import read_once
from maga_desk.engine.parts.tail import Tail, disentangled, distilled, renew
from maga_desk.engine.routine import fresh_model, working_copy
from maga_desk.models.families.registry import build
from maga_desk.models.splitting import halves
from tests.engine.materials import finished, inputs_for, unlearn
from tests.engine.routines import routine_of


def test_renewing_keeps_a_share_and_forgets_the_statistics() -> None:
    torch.manual_seed(0)
    old, fresh = build("resnet8", 4), build("resnet8", 4)
    for module in old.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean += 3  # type: ignore[operator]
    before = {name: weight.detach().clone() for name, weight in old.named_parameters()}
    tail = halves(old, torch.randn(2, 3, 16, 16), 0.2).tail
    renew(tail, fresh, 0.25)
    inside = dict(tail.named_parameters())
    others = dict(fresh.named_parameters())
    for name, weight in old.named_parameters():
        expected = 0.25 * before[name] + 0.75 * others[name] if name in inside else before[name]
        torch.testing.assert_close(weight, expected)
    assert all(not buffer.any() for name, buffer in tail.named_buffers() if name.endswith("running_mean"))
    assert old.stem[1].running_mean.eq(3).all()  # type: ignore[index, union-attr]


def test_distillation_is_kl_without_what_is_gone() -> None:
    rng = np.random.default_rng(0)
    outputs, said = (torch.from_numpy(rng.normal(size=(6, 4))) for _ in range(2))
    masked = said.clone()
    masked[:, 2] = -torch.inf
    p = np.exp(said.numpy()[:, [0, 1, 3]] / 2)
    p /= p.sum(axis=1, keepdims=True)
    logs = torch.log_softmax(outputs / 2, dim=1).numpy()[:, [0, 1, 3]]
    expected = 4 * (p * (np.log(p) - logs)).sum(axis=1).mean()
    assert float(distilled(outputs, masked, 2.0)) == pytest.approx(expected)


class Plain(nn.Module):
    """A linear critic."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3 + 2, 1)

    def forward(self, features: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        guesses: torch.Tensor = self.layer(torch.cat([features, answers], dim=1)).squeeze(1)
        return guesses


def test_the_critic_learns_and_the_features_flee() -> None:
    torch.manual_seed(0)
    critic = Plain()
    features = torch.randn(8, 3, requires_grad=True)
    outputs = torch.zeros(8, 2)
    loss = disentangled(critic, features, outputs, 6, 0.5)
    loss.backward()
    reversed_ = features.grad.clone()  # type: ignore[union-attr]
    assert not outputs.requires_grad
    # the same loss written plainly, without reversal
    plain = features.detach().clone().requires_grad_(True)
    guesses = critic(plain * (8 / 3**0.5 / (features.detach().std() + 1e-6)), torch.full((8, 2), 0.5))
    truth = torch.tensor([0.0] * 6 + [1.0] * 2)
    weights = torch.where(truth > 0, 3.0, 1.0)
    expected = (weights * nn.functional.binary_cross_entropy_with_logits(guesses, truth, reduction="none")).mean()
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    expected.backward()
    torch.testing.assert_close(reversed_, -0.5 * plain.grad)  # type: ignore[operator]


@pytest.fixture
def inputs(tiny_workspace: Any, tiny_spec: RunSpec) -> Any:
    return inputs_for(tiny_workspace, tiny_spec)


def test_features_are_kept_where_memory_allows(inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    train, runtime = inputs.pictures.train, inputs.runtime
    cut = halves(working_copy(inputs), runtime.shape(train.batch(torch.arange(2))), 0.2)
    positions = inputs.retain_indices[:40]

    def reading() -> Any:
        return finished(read_once(cut.trunk, train, positions, runtime, views=2, seed=3, control=RunControl()))

    _, kept = reading()
    rows = torch.tensor([5, 0, 39])
    assert kept.kept is not None and len(kept.kept) == 2
    assert not torch.equal(kept.at(rows, 0), kept.at(rows, 1))
    assert torch.equal(kept.at(rows, 0), kept.at(rows, 2))
    with torch.no_grad(), runtime.autocast():
        images = train.augmented(positions, step_generator(3, -1))
        torch.testing.assert_close(kept.at(rows, 0), cut.trunk(runtime.shape(images))[rows])
    monkeypatch.setattr(frozen, "_free", lambda device: 1000)
    events, computed = reading()
    assert computed.kept is None
    assert any(isinstance(event, Message) and "do not fit" in event.text for event in events)
    for view in range(2):
        torch.testing.assert_close(computed.at(rows, view), kept.at(rows, view), atol=0.02, rtol=0.02)
    control = RunControl()
    control.cancel()
    monkeypatch.undo()
    with pytest.raises(Cancelled):
        finished(read_once(cut.trunk, train, positions, runtime, views=1, seed=0, control=control))


def test_the_last_view_is_of_the_pictures_as_they_are(inputs: Any) -> None:
    train, runtime = inputs.pictures.train, inputs.runtime
    positions, rows = inputs.retain_indices[:40], torch.tensor([5, 0, 39])
    cut = halves(working_copy(inputs), runtime.shape(train.batch(positions[:2])), 0.2)
    with torch.no_grad(), runtime.autocast():
        as_they_are = cut.trunk.eval()(runtime.shape(train.batch(positions)))[rows]
    for augments, views in ((True, 3), (False, 1)):  # where the net was trained without, all views would be alike
        train.augments = augments
        reading = read_once(
            cut.trunk, train, positions, runtime, views=2, plain=True, seed=3, control=RunControl()
        )  # fmt: skip
        _, read = finished(reading)
        assert read.views == views
        torch.testing.assert_close(read.at(rows, views - 1), as_they_are)
        assert torch.equal(read.at(rows, 0), read.at(rows, views - 1)) != augments


def test_the_last_passes_are_over_the_pictures_as_they_are(inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    views = []
    answers = Tail.answers

    def noted(self: Tail, rows: torch.Tensor, view: int = 0, module: nn.Module | None = None) -> torch.Tensor:
        views.append(view)
        return answers(self, rows, view, module)

    inputs.pictures.train.augments = True
    routine = routine_of("maga-relearn", inputs, views=2, plain=0.25, passes=8, least_steps=1)
    monkeypatch.setattr(Tail, "answers", noted)
    for step in range(routine.steps):
        routine.loss(step)
    per_pass = routine.steps // 8
    assert views == [step // per_pass % 2 for step in range(6 * per_pass)] + [2] * (2 * per_pass)


def test_the_trunk_stays_and_the_tail_moves(tiny_workspace: Any, inputs: Any) -> None:
    _, outcome = unlearn("maga-relearn", inputs)
    before = tiny_workspace.model.state_dict()
    for name, tensor in outcome.model.state_dict().items():
        moved = name.startswith(("stages.2", "head"))
        assert torch.equal(tensor, before[name]) != moved, name
    fresh = fresh_model("resnet8", 4, 9, inputs.runtime)
    assert type(outcome.model) is type(fresh)


def test_it_needs_targets(inputs: Any) -> None:
    bare = replace(inputs, targets=torch.empty(0, 0))
    with pytest.raises(MethodError, match="propose labels first"):
        unlearn("maga-relearn", bare)


def test_without_the_forget_pictures_nothing_of_them_is_read(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    """Their targets do not matter then, and neither does what they show."""
    some = inputs_for(tiny_workspace, tiny_spec.with_changes("", intent="membership"), range(0, 240, 10))
    nets = [
        unlearn("maga-relearn", replace(some, intent="membership", targets=targets))[1].model
        for targets in (some.targets, some.targets.roll(1, dims=1))
    ]
    for one, other in zip(nets[0].state_dict().values(), nets[1].state_dict().values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("retain", "keep", "passes", "views", "plain"),
    [(1_000, 0.0, 15, 2, 0.27), (9_000, 0.0, 10, 2, 0.27), (18_000, 0.25, 5, 1, 0.0)],
)
def test_small_sets_are_relearned_from_nothing_and_for_longer(
    retain: int, keep: float, passes: float, views: int, plain: float
) -> None:
    """However small the set, no more looks at retain pictures than large sets' five passes over 18,000."""
    params = INFO.parameters(Situation("class", retain=retain), {})
    assert isinstance(params, MagaRelearnParams)
    assert (params.keep, params.passes, params.views, params.plain) == (keep, passes, views, plain)
    assert params.passes * retain <= 5 * 18_000


def test_a_membership_request_keeps_its_defaults_in_small_sets() -> None:
    params = INFO.parameters(Situation("sub-class", "membership", retain=1_000), {})
    assert isinstance(params, MagaRelearnParams)
    assert (params.keep, params.views, params.plain, params.forget_weight) == (0.25, 1, 0.0, 0.0)
