"""A method's routine in hand: its first steps, what they are shown, and the original's probabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import RunControl
from maga_desk.engine.registry import METHODS
from maga_desk.engine.routine import Routine, take_step
from maga_desk.models.runtime import Runtime
from tests.engine.materials import finished


def routine_of(name: str, inputs: Any, **params: Any) -> Routine:
    method = METHODS[name]
    _, routine = finished(method.build(inputs, method.info.parameters(inputs.situation, params), RunControl()))
    return routine  # type: ignore[no-any-return]


def value(routine: Routine, step: int = 0) -> float:
    """The loss of a step."""
    return float(routine.loss(step).detach())


def take(routine: Routine, step: int) -> float:
    """One step, as the loop takes it; returns its loss."""
    return float(take_step(routine, step))


def shown(inputs: Any, rows: torch.Tensor, step: int) -> torch.Tensor:
    """The pictures that a step on forget pictures sees."""
    return inputs.pictures.train.augmented(inputs.forget_indices[rows], step_generator(inputs.seed, step))


def probabilities_of(inputs: Any, images: torch.Tensor) -> torch.Tensor:
    """Of the original, ``(b, K) float32``."""
    with torch.no_grad(), inputs.runtime.autocast():
        return inputs.original.eval()(inputs.runtime.shape(images)).float().softmax(dim=1)


def with_net(inputs: Any, net: nn.Module, **changes: Any) -> Any:
    """The same materials with another original."""
    return replace(inputs, original=net.eval(), **changes)


def exact(inputs: Any) -> Any:
    """The same materials in float32."""
    return replace(inputs, runtime=Runtime(torch.device("cpu")))


def linear_net(seed: int = 0, size: float = 0.05) -> nn.Sequential:
    """A linear classifier of four classes of 16 x 16 pictures."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 4))
    weight = size * torch.randn(net[1].weight.shape, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        net[1].weight.copy_(weight)
        net[1].bias.copy_(weight[:, 0])
    return net
