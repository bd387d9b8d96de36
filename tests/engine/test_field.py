"""The field's methods against what follows from their formulas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Message
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.methods import (
    bad_teacher,
    delete,
    masked_small_gradients,
    salun,
    scrub,
    ssd,
    transpose,
    unsir,
)
from maga_desk.engine.parts.importance import Weighing, by_loss, by_outputs, weigh
from maga_desk.models.heads import head_of
from maga_desk.models.inference import features, logits
from tests.engine.materials import finished, inputs_for, unlearn
from tests.engine.routines import probabilities_of, routine_of, shown, value


def test_the_logit_mask_hides_and_changes_nothing_below(tiny_workspace: Any, inputs: Any, erased: Any) -> None:
    _, outcome = erased("logit-mask")
    train, runtime = tiny_workspace.pictures.train, tiny_workspace.runtime
    before, after = (logits(model, train, runtime) for model in (tiny_workspace.model, outcome.model))
    gone = inputs.forget.whole_classes[0]
    others = [label for label in range(4) if label != gone]
    assert torch.equal(before[:, others], after[:, others])
    assert not (after.argmax(dim=1) == gone).any()
    assert torch.equal(*(features(model, train, runtime) for model in (tiny_workspace.model, outcome.model)))
    assert head_of(outcome.model).bias[gone].isfinite()


def test_a_mask_is_for_whole_classes(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    some = inputs_for(tiny_workspace, tiny_spec, range(0, 240, 10))
    for name in ("logit-mask", "unsir", "trew", "kodge", "boundary-expand"):
        with pytest.raises(MethodError, match="cannot do the task 'random'"):
            unlearn(name, some)


def test_delete_starts_at_minus_log_of_what_is_left(inputs: Any) -> None:
    routine = routine_of("delete", inputs, forget_batch=64)
    routine.model.eval()  # so that it is the original
    images = shown(inputs, delete.Shuffled(torch.arange(60), 64, inputs.seed).at(0), 0)
    label = inputs.forget.whole_classes[0]
    # KL(p without y, renormalised || p) = -log(1 - p_y)
    others = [each for each in range(4) if each != label]
    expected = -probabilities_of(inputs, images)[:, others].double().sum(dim=1).log().mean()
    assert value(routine) == pytest.approx(float(expected), rel=0.02)


def test_neggrad_plus_is_fine_tuning_without_its_second_half(inputs: Any) -> None:
    weights = (1.0, 0.25, 0.0)
    whole, quarter, none = (value(routine_of("neggrad-plus", inputs, retain_weight=weight)) for weight in weights)
    assert whole > 0 > none
    assert quarter == pytest.approx(0.25 * whole + 0.75 * none, rel=1e-4)


def test_gradient_ascent_raises_the_loss_it_climbs(inputs: Any) -> None:
    routine = routine_of("gradient-ascent", inputs, lr=0.01)
    before = value(routine)
    for _ in range(3):
        routine.optimizer.zero_grad()
        routine.loss(0).backward()
        for group in routine.optimizer.param_groups:
            assert group["lr"] == routine.schedule(0) == 0.01
        routine.optimizer.step()
    assert value(routine) < before < 0


def test_the_good_teacher_is_already_followed(inputs: Any) -> None:
    """Only forget pictures make a loss at the start: retain pictures are to say what they say."""
    params = {"batch_size": 64, "retain_share": 0.5}
    routine = routine_of("bad-teacher", inputs, **params)
    routine.model.eval()
    positions = torch.cat([inputs.forget_indices, bad_teacher.kept_share(inputs, 0.5)])
    assert len(positions) == 60 + 90
    batch = bad_teacher.Shuffled(positions, 64, inputs.seed).at(0)
    from maga_desk.data.batches import step_generator

    images = inputs.pictures.train.augmented(batch, step_generator(inputs.seed, 0))
    bad = bad_teacher.fresh_model(inputs.arch, 4, inputs.seed + 1, inputs.runtime).eval()
    with torch.no_grad(), inputs.runtime.autocast():
        wanted = bad(inputs.runtime.shape(images)).float().softmax(dim=1)
    leaving = torch.isin(batch, inputs.forget_indices)
    distances = (wanted * (wanted.log() - probabilities_of(inputs, images).log())).sum(dim=1)[leaving]
    assert value(routine) == pytest.approx(float(distances.sum()) / len(batch), rel=0.02)


def test_scrub_takes_turns() -> None:
    plan = scrub.turns(epochs=3, max_epochs=2, away=2, back=3)
    assert [away for away, _ in plan] == [True] * 2 + [False] * 3 + [True] * 2 + [False] * 3 + [False] * 3
    assert [number for away, number in plan if away] == list(range(4))
    assert [number for away, number in plan if not away] == list(range(9))


def test_scrub_starts_where_its_teacher_is(inputs: Any) -> None:
    routine = routine_of("scrub", inputs)
    routine.model.eval()
    assert value(routine) == pytest.approx(0, abs=1e-3)


def test_salun_moves_the_salient_half_only(tiny_workspace: Any, inputs: Any, erased: Any) -> None:
    mask = salun.salient(inputs, 0.5, RunControl())
    count = sum(part.numel() for part in mask.values())
    assert sum(int(part.sum()) for part in mask.values()) == round(0.5 * count)
    _, outcome = erased("salun")
    before = dict(tiny_workspace.model.named_parameters())
    moved = 0
    for name, weight in outcome.model.named_parameters():
        still = weight == before[name]
        assert still[~mask[name]].all()
        moved += int((~still).sum())
    assert moved > 0.45 * count


def test_saliency_is_the_size_of_the_summed_gradient(tiny_workspace: Any, inputs: Any) -> None:
    model = salun.working_copy(inputs).eval()
    train, rows = inputs.pictures.train, inputs.forget_indices
    outputs = model(train.batch(rows))
    F.cross_entropy(outputs, train.labels[rows], reduction="sum").backward()
    sizes = torch.cat([weight.grad.abs().flatten() for weight in model.parameters()])
    mask = torch.cat([part.flatten() for part in salun.salient(inputs, 0.2, RunControl()).values()])
    # number formats differ, so weights near the border may change sides
    assert sizes[mask].median() > sizes[~mask].quantile(0.95)


def test_unsirs_noise_is_what_the_class_is_not(inputs: Any) -> None:
    params = unsir.UnsirParams(noises=6, noise_steps=20)
    label = inputs.forget.whole_classes[0]
    noise = unsir.impairing_noise(inputs, params, label, RunControl())
    start = unsir.impairing_noise(inputs, params.model_copy(update={"noise_steps": 0}), label, RunControl())
    assert noise.shape == (6, 3, 16, 16)
    assert probabilities_of(inputs, noise)[:, label].max() < 0.05
    assert probabilities_of(inputs, noise)[:, label].mean() < probabilities_of(inputs, start)[:, label].mean()
    subset = unsir.per_class(inputs, 7)
    labels = inputs.pictures.train.labels[subset]
    assert labels.bincount(minlength=4).tolist() == [0 if each == label else 7 for each in range(4)]


def test_dampening_follows_its_formula() -> None:
    weight, everything = torch.full((5,), 2.0), torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0])
    forget = torch.tensor([0.5, 10.0, 20.0, 1.0, 0.0])
    found = ssd.dampened(weight, forget, everything, alpha=10, dampening=1)
    assert found.tolist() == pytest.approx([2, 2, 0.1, 0, 2])
    assert ssd.dampened(weight, forget, everything, 10, 50).tolist() == pytest.approx([2, 2, 2, 0, 2])


@pytest.mark.parametrize(("loss", "power"), [(by_loss, 2), (by_outputs, 1)])
def test_importance_is_the_mean_of_every_pictures_own_gradient(inputs: Any, loss: Any, power: int) -> None:
    train, model = inputs.pictures.train, ssd.working_copy(inputs).eval()
    rows = inputs.forget_indices[:7]
    expected = {name: torch.zeros_like(weight) for name, weight in model.named_parameters()}
    for row in rows.split(1):
        model.zero_grad()
        loss(model(train.batch(row)), train.labels[row]).backward()
        for name, weight in model.named_parameters():
            expected[name] += weight.grad.abs() ** power / len(rows)
    weighing = Weighing(loss, power, batch_size=3)
    _, found = finished(weigh(model, inputs, rows, RunControl(), weighing))
    for name, size in expected.items():
        torch.testing.assert_close(found[name], size, rtol=1e-3, atol=1e-6)
    _, other = finished(weigh(model, inputs, rows, RunControl(), replace(weighing, per_sample=False)))
    params = ssd.SsdParams(importance="per-sample", alpha=4.0)
    events, routine = finished(ssd.build(inputs, params, RunControl()))
    told = [event.text for event in events if isinstance(event, Message)]
    assert told == ["alpha 4 dampens nothing here: no weight can reach 4.0"]
    for weight, before in zip(routine.model.parameters(), inputs.original.parameters(), strict=True):
        assert torch.equal(weight, before)
    sizes = [sum(float(part.sum()) for part in each.values()) for each in (found, other)]
    assert sizes[1] < sizes[0]  # gradients within a batch cancel


def test_transposed_kernels_read_transposed_pictures_alike() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 2, 1))
    x = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = net(x)
        assert transpose.transpose(net) == 1  # a kernel of one pixel has nothing to transpose
        assert not torch.allclose(net(x), before)
        torch.testing.assert_close(net(x.transpose(2, 3)).transpose(2, 3), before)
    assert transpose.transpose(torch.nn.Linear(2, 2)) == 0


def test_msg_draws_anew_what_matters_least(inputs: Any) -> None:
    params = masked_small_gradients.MsgParams(share=0.25, others=0.0, epochs=1, lr=0.05)
    chosen = masked_small_gradients.small(inputs, params, RunControl())
    original = dict(inputs.original.named_parameters())
    assert set(chosen) == {name for name, weight in original.items() if weight.ndim == 4}
    _, routine = finished(masked_small_gradients.build(inputs, params, RunControl()))
    before = {name: weight.detach().clone() for name, weight in routine.model.named_parameters()}
    for name, mask in chosen.items():
        assert int(mask.sum()) == round(0.25 * mask.numel())
        assert torch.equal(before[name][~mask], original[name][~mask])
        assert not (before[name][mask] == original[name][mask]).any()
    routine.loss(0).backward()
    weights = dict(routine.model.named_parameters())
    for name, mask in chosen.items():
        assert not weights[name].grad[~mask].any() and weights[name].grad[mask].any()
