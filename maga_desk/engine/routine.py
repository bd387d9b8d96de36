"""What a method hands to the loop: a net, an optimiser, and a loss for every step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from maga_desk.data.batches import Pictures, Shuffled, augment, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.schedules import Schedule, one_cycle
from maga_desk.models.families.registry import build, build_like
from maga_desk.models.runtime import Runtime

Loss = Callable[[int], Tensor]
"""From a step's number to its scalar loss."""


def _unchanged(model: nn.Module) -> nn.Module:
    return model


@dataclass(frozen=True)
class Routine:
    """A training loop as a value.

    :param schedule: from a step's number to its learning rate.
    :param loss: all randomness in it comes from the step's number, so that a resumed run ends with the same weights.
    :param stage: what the steps are, as a title for the user.
    :param finish: from the net in training to the result, where the two differ. The live curves call it at any step, so
        it must be cheap and change nothing.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    steps: int
    loss: Loss
    stage: str = "Unlearning"
    finish: Callable[[nn.Module], nn.Module] = _unchanged


def take_step(routine: Routine, step: int) -> Tensor:
    """Set the step's learning rate, differentiate its loss and let the optimiser step; gives the loss, detached."""
    for group in routine.optimizer.param_groups:
        group["lr"] = routine.schedule(step)
    routine.optimizer.zero_grad(set_to_none=True)
    loss = routine.loss(step)
    loss.backward()
    routine.optimizer.step()
    return loss.detach()


class Build(Protocol):
    """A method's code: prepares, with events of its progress, and returns the routine."""

    def __call__(self, inputs: RunInputs, params: Any, control: RunControl, /) -> Generator[Event, None, Routine]: ...


@dataclass(frozen=True)
class Method:
    """A registered method: its record and its code."""

    info: MethodInfo
    build: Build


def at_once(model: nn.Module, stage: str) -> Routine:
    """The routine of a method that takes no steps: the net is finished when the routine is built."""

    def loss(step: int) -> Tensor:
        raise AssertionError(f"step {step} of a method without steps")

    return Routine(model, sgd(model, 0.0), lambda _step: 0.0, 0, loss, stage)


def working_copy(inputs: RunInputs) -> nn.Module:
    """A copy of the original that the method may change, in training mode."""
    return copy.deepcopy(inputs.original).train().requires_grad_(True)


def fresh_model(of: str | nn.Module, classes: int, seed: int, runtime: Runtime) -> nn.Module:
    """A newly initialised net, in training mode. The process's own random state is left alone.

    :param of: an architecture's text, or a net that was built from one: some are built from their tensors' shapes.
    :raises CheckpointError: no architecture is called so.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(of, classes) if isinstance(of, str) else build_like(of, classes)
    return runtime.place(model).train()


def sgd(model: nn.Module, lr: float, momentum: float = 0.9, weight_decay: float = 5e-4) -> torch.optim.SGD:
    """SGD with Nesterov momentum, the optimiser of everything that is trained here."""
    return torch.optim.SGD(
        model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=momentum > 0
    )


def supervised(
    model: nn.Module,
    pictures: Pictures,
    positions: Tensor,
    runtime: Runtime,
    recipe: TrainRecipe,
    seed: int,
    *,
    schedule: Callable[[float, int], Schedule] = one_cycle,
    stage: str = "Training",
) -> Routine:
    """Cross-entropy training on the pictures at ``positions`` ``(n,) int64``: training, retraining and fine-tuning.

    :param schedule: from (peak, steps) to a learning rate per step.
    """
    walk = Shuffled(positions, recipe.batch_size, seed)
    steps = recipe.epochs * walk.per_epoch
    optimizer = sgd(model, recipe.lr, recipe.momentum, recipe.weight_decay)

    def loss(step: int) -> Tensor:
        batch = walk.at(step)
        draw = step_generator(seed, step)
        images = augment(pictures.batch(batch), draw) if recipe.augment else pictures.batch(batch)
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        return nn.functional.cross_entropy(outputs.float(), pictures.labels[batch.to(pictures.device)])

    return Routine(model, optimizer, schedule(recipe.lr, steps), steps, loss, stage)
