"""Methods that change the weights at once: projection and Fisher forgetting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.engine.methods import fisher, kodge
from maga_desk.engine.parts import layer_inputs
from maga_desk.models.heads import head_of
from maga_desk.models.inference import features
from tests.engine.materials import finished
from tests.engine.routines import linear_net, routine_of, with_net

Array = NDArray[np.float64]


def published_projection(activations: Array, alpha: float) -> Array:
    """M of activations ``(d, m)`` by a singular value decomposition, as the paper has it."""
    left, sizes, _ = np.linalg.svd(activations, full_matrices=False)
    share = sizes**2 / (sizes**2).sum()
    return (left * (alpha * share / ((alpha - 1) * share + 1))) @ left.T


def test_a_direction_that_only_the_class_needs_is_taken_and_no_other() -> None:
    layer = nn.Linear(3, 2, bias=False)
    before = layer.weight.detach().clone()
    retain = layer_inputs.patches(layer, torch.tensor([[1.0, 0, 0], [0, 2.0, 0]]))
    forget = layer_inputs.patches(layer, torch.tensor([[0, 0, 5.0]]))
    kept, taken = (kodge.directions(each @ each.mT, alpha) for each, alpha in ((retain, 1e5), (forget, 3.0)))
    kodge.project(layer, kept, taken)
    torch.testing.assert_close(layer.weight[:, :2], before[:, :2])
    assert layer.weight[:, 2].abs().max() < 1e-6


def test_what_both_need_stays() -> None:
    layer = nn.Linear(2, 2, bias=False)
    before = layer.weight.detach().clone()
    both = layer_inputs.patches(layer, torch.tensor([[1.0, 0]]))
    found = kodge.directions(both @ both.mT, 7.0)
    kodge.project(layer, found, found)
    torch.testing.assert_close(layer.weight, before)


def test_directions_are_those_of_the_decomposition() -> None:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(6, 40)) * np.array([9, 5, 3, 1, 0.3, 0.1])[:, None]
    found = kodge.directions(torch.from_numpy(columns @ columns.T).unsqueeze(0), 30.0)[0]
    np.testing.assert_allclose(found.numpy(), published_projection(columns, 30.0), atol=1e-10)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, 3, stride=2, padding=1),
        nn.Conv2d(4, 6, (3, 1), dilation=2, padding=(2, 1), groups=2, padding_mode="reflect"),
        nn.Conv2d(4, 4, 3, padding="same", groups=4),
    ],
)
def test_patches_times_weights_are_the_convolution(layer: nn.Conv2d) -> None:
    seen = torch.randn(2, 4, 7, 8, generator=torch.Generator().manual_seed(0))
    columns = layer_inputs.patches(layer, seen)
    rows = layer.weight.view(layer.groups, layer.out_channels // layer.groups, -1)
    with torch.no_grad():
        outputs = layer(seen)
        product = (rows @ columns).flatten(0, 1)
    expected = (outputs - layer.bias.view(1, -1, 1, 1)).transpose(0, 1).flatten(1)
    torch.testing.assert_close(product, expected)


def test_the_head_is_projected_by_the_originals_features(inputs: Any) -> None:
    routine = routine_of("kodge", inputs, pictures=10_000, alpha_retain=50.0, alpha_forget=2.0)
    kept, taken = (
        published_projection(
            features(inputs.original, inputs.pictures.train, inputs.runtime, rows).double().T.numpy(), a
        )
        for rows, a in ((inputs.retain_indices, 50.0), (inputs.forget_indices, 2.0))
    )
    change = np.eye(len(kept)) - taken + taken @ kept
    expected = head_of(inputs.original).weight.detach().double().numpy() @ change.T
    found = head_of(routine.model).weight.detach().numpy()
    # the features were read in bfloat16
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()


def test_there_must_be_something_to_project(inputs: Any) -> None:
    class Means(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.mean(dim=(2, 3)).repeat(1, 2)[:, :4]

    with pytest.raises(MethodError, match="no layer to project"):
        routine_of("kodge", with_net(inputs, Means()))


def test_the_fisher_matrix_of_a_linear_net(inputs: Any) -> None:
    """Of the weight from x_d to logit k: the mean of x_d^2 p_k (1 - p_k); of a bias: without x_d."""
    net = linear_net()
    params = fisher.FisherParams(pictures=10_000)
    _, found = finished(fisher.fisher_information(net, with_net(inputs, net), params, RunControl()))
    images = inputs.pictures.train.batch(inputs.retain_indices).flatten(1).double()
    with torch.no_grad():
        p = net.double()(images).softmax(dim=1)
    spread = p * (1 - p)
    torch.testing.assert_close(found["1.weight"].double(), spread.T @ images.square() / len(images), rtol=1e-4, atol=0)
    torch.testing.assert_close(found["1.bias"].double(), spread.mean(dim=0), rtol=1e-4, atol=0)


def test_variance_is_alpha_over_the_information_up_to_a_cap() -> None:
    information = torch.tensor([0.0, 1e-6, 0.001, 0.1, 10.0])
    found = fisher.variance(information, 2.0, 1e3)
    assert found.tolist() == pytest.approx([2e3, 2e3, 2e3, 20, 0.2])


def test_noise_has_the_variances_and_the_class_is_cleared(inputs: Any) -> None:
    params = {"alpha": 1e-4, "pictures": 30}
    routine = routine_of("fisher", inputs, **params)
    model = inputs.original.eval()
    _, information = finished(fisher.fisher_information(model, inputs, fisher.FisherParams(**params), RunControl()))
    own = inputs.forget.whole_classes[0]
    changed, before = dict(routine.model.named_parameters()), dict(model.named_parameters())
    scaled = []
    for name, size in information.items():
        cap = 1e2 if name.startswith("head") else 1e3
        noise = (changed[name] - before[name]).detach() / (1e-4 * (1 / size).clamp(max=cap)).sqrt()
        if name.startswith("head"):
            noise = noise[[label for label in range(4) if label != own]]
        scaled.append(noise.flatten())
    everything = torch.cat(scaled)
    assert abs(float(everything.mean())) < 0.02
    assert float(everything.std()) == pytest.approx(1, abs=0.02)
    cleared = head_of(routine.model).weight[own].detach()
    assert float(cleared.std()) == pytest.approx(0.01, rel=0.3)
    kept = routine_of("fisher", inputs, clear_head=False, **params)
    far = (head_of(kept.model).weight[own] - head_of(model).weight[own]).abs().max()
    assert far < 5 * 0.1  # five deviations at the cap
