"""Adversarial pictures against a linear net, where the nearest one is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.data.batches import Normalisation, Pictures
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.engine.parts.adversarial import PixelRange, Search, likeliest_other, nearest_wrong, signed_step
from tests.engine.materials import finished, inputs_for
from tests.engine.routines import exact, linear_net, with_net


def pixels_of(inputs: Any, images: torch.Tensor) -> np.ndarray:
    """Undo the normalisation: ``(n, 3 * H * W) float64`` in 0..1."""
    mean, std = (
        np.array(values).reshape(1, 3, 1, 1)
        for values in (inputs.pictures.normalisation.mean, inputs.pictures.normalisation.std)
    )
    return (images.numpy().astype(np.float64) * std + mean).reshape(len(images), -1)


def test_the_signed_step_is_in_pixel_units_and_stays_a_picture(inputs: Any) -> None:
    net = linear_net()
    images = inputs.pictures.train.batch(inputs.forget_indices[:5])
    own = torch.full((5,), 2)
    pixels = PixelRange.of(inputs.pictures.normalisation, torch.device("cpu"))
    moved = signed_step(net, images, own, 0.1, pixels, inputs.runtime)
    weight, bias = (part.detach().double().numpy() for part in (net[1].weight, net[1].bias))
    logits = images.flatten(1).double().numpy() @ weight.T + bias
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    gradient = (p - np.eye(4)[2]) @ weight  # of the cross-entropy
    expected = np.clip(pixels_of(inputs, images) + 0.1 * np.sign(gradient), 0, 1)
    wrong = np.abs(pixels_of(inputs, moved) - expected) > 1e-4
    assert wrong.mean() < 0.002  # bfloat16 may turn the sign of a gradient near zero


def test_the_likeliest_other_is_neither_own_nor_gone() -> None:
    outputs = torch.tensor([[5.0, 4.0, 3.0, 2.0], [5.0, 4.0, 3.0, 2.0], [1.0, 4.0, 3.0, 2.0]])
    own = torch.tensor([0, 3, 1])
    assert likeliest_other(outputs, own, ()).tolist() == [1, 0, 2]
    assert likeliest_other(outputs, own, (1,)).tolist() == [2, 0, 2]
    assert likeliest_other(outputs[:, :2], torch.tensor([0, 0, 0]), (1,)).tolist() == [1, 1, 1]  # nothing stays


def test_the_nearest_is_found_where_the_boundary_is_a_plane(tiny_workspace: Any, inputs: Any) -> None:
    """Logits u x + c for the own class, 0 for another, never the rest: the distance is (u x + c) / |u|."""
    uneven = Normalisation((0.5, 0.4, 0.3), (0.05, 0.2, 0.8))  # the search must be in pixel units, not in these
    train = Pictures(tiny_workspace.images.train, uneven, torch.device("cpu"))
    inputs = replace(inputs, pictures=replace(inputs.pictures, train=train, normalisation=uneven))
    std = torch.tensor(inputs.pictures.normalisation.std).repeat_interleave(256)
    mean = torch.tensor(inputs.pictures.normalisation.mean).repeat_interleave(256)
    direction = torch.randn(768, generator=torch.Generator().manual_seed(0))
    direction = 20 * direction / direction.norm()  # in pixel units
    images = inputs.pictures.train.batch(inputs.forget_indices)
    margins = torch.from_numpy(pixels_of(inputs, images)).float() @ direction
    shift = 2.0 - margins.min()  # distances from .1 on
    net = nn.Sequential(nn.Flatten(), nn.Linear(768, 4))
    with torch.no_grad():
        net[1].weight.zero_()
        net[1].bias.copy_(torch.tensor([-1e3, 0, 0, -1e3]))
        net[1].weight[2] = direction * std
        net[1].bias[2] = direction @ mean + shift
    linear = exact(with_net(inputs, net))
    search = Search(first=0.05, doublings=8, steps=50)
    events, (pictures, labels, distances) = finished(nearest_wrong(net, linear, RunControl(), search))
    true = (margins + shift) / 20
    assert labels.tolist() == [1] * len(images)
    assert (net(pictures).argmax(dim=1) == labels).all()
    assert (distances >= true * 0.999).all()
    assert (
        distances <= true * 1.25
    ).float().mean() > 0.9  # a step is a tenth of a bound of less than twice the distance
    found = pixels_of(inputs, pictures)
    assert found.min() > -1e-5 and found.max() < 1 + 1e-5
    np.testing.assert_allclose(
        np.linalg.norm(found - pixels_of(inputs, images), axis=1), distances.numpy(), rtol=1e-3, atol=1e-5
    )
    assert len(events) == 2


def test_a_picture_taken_for_something_else_already_is_its_own_example(inputs: Any) -> None:
    net = linear_net()
    with torch.no_grad():
        net[1].bias[0] += 1e3
    _, (pictures, labels, distances) = finished(
        nearest_wrong(net, with_net(inputs, net), RunControl(), Search(0.1, 0, 2))
    )
    assert torch.equal(pictures, inputs.pictures.train.batch(inputs.forget_indices))
    assert not distances.any() and not labels.any()


def test_no_example_is_of_a_class_that_goes(tiny_workspace: Any, tiny_spec: Any) -> None:
    """Of two gone classes neither is where the other's pictures may go, though their boundary be the nearest."""
    two = inputs_for(tiny_workspace, tiny_spec, range(60, 180))
    assert two.forget.whole_classes == (1, 2)
    net = linear_net()
    with torch.no_grad():
        net[1].bias.copy_(torch.tensor([0.0, 3.0, 3.0, 0.0]))
    _, (pictures, labels, _) = finished(nearest_wrong(net, with_net(two, net), RunControl(), Search(0.1, 10, 10)))
    assert set(labels.tolist()) == {0, 3}
    with torch.no_grad():
        assert (net(pictures).argmax(dim=1) == labels).float().mean() > 0.9


def test_the_search_can_be_cancelled(inputs: Any) -> None:
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        list(nearest_wrong(inputs.original, inputs, control, Search(1e-3, 0, 5)))
