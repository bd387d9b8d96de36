"""CKA against its closed form and its invariances."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from maga_desk.auditing import similarity
from maga_desk.auditing.similarity import PENULTIMATE, alignment, alignments, grams
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.engine.routine import fresh_model
from maga_desk.models.taps import blocks_of


def gram(outputs: torch.Tensor) -> torch.Tensor:
    centred = (outputs - outputs.mean(dim=0)).double()
    return centred @ centred.T


def test_alignment_is_the_closed_form() -> None:
    x, y = torch.randn(2, 40, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    cx, cy = x - x.mean(dim=0), y - y.mean(dim=0)
    expected = (cy.T @ cx).norm() ** 2 / ((cx.T @ cx).norm() * (cy.T @ cy).norm())
    assert alignment(gram(x), gram(y)) == pytest.approx(float(expected))
    turned = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64)).Q
    assert alignment(gram(x), gram(3 * x @ turned + 1)) == pytest.approx(1)
    assert alignment(gram(x), gram(torch.zeros(40, 2))) == 0


def test_outputs_that_do_not_fit_are_the_work_of_further_passes(
    tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, runtime, model = tiny_workspace.pictures.train, tiny_workspace.runtime, tiny_workspace.model
    positions, ran = torch.arange(0, 240, 12), list[int]()
    whole = grams(model, train, runtime, positions, RunControl())
    monkeypatch.setattr(similarity, "_HELD", 20 * 4 * 3_000)  # columns that no block ends at
    handle = model.register_forward_hook(lambda *_: ran.append(1))
    parted = grams(model, train, runtime, positions, RunControl())
    handle.remove()
    assert len(ran) > 3 and parted.keys() == whole.keys()
    for name, gram in parted.items():
        assert torch.allclose(gram, whole[name], rtol=0, atol=1e-5 * float(whole[name].abs().max()))


def test_every_layer_of_a_net_is_like_itself_and_unlike_a_fresh_ones(tiny_workspace: Any) -> None:
    train, runtime, model = tiny_workspace.pictures.train, tiny_workspace.runtime, tiny_workspace.model
    positions = torch.arange(0, 240, 3)
    one = grams(model, train, runtime, positions, RunControl())
    assert set(one) == {*blocks_of(model), PENULTIMATE}
    assert all(value == pytest.approx(1) for value in alignments(one, one).values())
    fresh = grams(fresh_model("resnet8", 4, 5, runtime), train, runtime, positions, RunControl())
    apart = alignments(one, fresh)
    assert apart[PENULTIMATE] < 0.9
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        grams(model, train, runtime, positions, control)


def test_blocks_are_found_in_any_net() -> None:
    import torchvision

    assert list(blocks_of(fresh_small())) == ["stem.0", "stages.0.0", "stages.1.0", "stages.2.0", "head"]
    vision = blocks_of(torchvision.models.vit_b_16())
    assert sum(".layers." in name for name in vision) == 12 and "heads.head" in vision
    residual = blocks_of(torchvision.models.resnet18())
    assert "layer4.1" in residual and "bn1" not in residual
    assert list(blocks_of(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)))) == ["0", "2"]


def fresh_small() -> nn.Module:
    from maga_desk.models.families.registry import build

    return build("resnet8", 4)
