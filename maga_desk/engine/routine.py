"""What a method hands to the loop: a net, an optimiser, and a loss for every step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from maga_desk.data.augmentation import augment, blended
from maga_desk.data.batches import Pictures, Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import SpecError, name_some
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.schedules import Schedule, schedule_of
from maga_desk.models.families.registry import build, build_like
from maga_desk.models.pruning import keep_zeros, zeros_of
from maga_desk.models.randomness import drawn_from
from maga_desk.models.runtime import Runtime
from maga_desk.models.starting import fill

Loss = Callable[[int], Tensor]
"""From a step's number to its scalar loss."""


@dataclass(frozen=True)
class TwoLosses:
    """A :data:`Loss` that is the sum of two: what keeps what stays, and what forgets.

    :param parts: from a step's number to both, scalars, from the same forward pass.
    """

    parts: Callable[[int], tuple[Tensor, Tensor]]

    def __call__(self, step: int) -> Tensor:
        keeping, forgetting = self.parts(step)
        return keeping + forgetting


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


def described(routine: Routine) -> dict[str, Any]:
    """How a routine's steps are taken, for records: the optimiser with its settings, and the rates at both ends."""
    if not routine.steps:
        return {"steps": 0}
    group = routine.optimizer.param_groups[0]
    settings: dict[str, Any] = {
        key: group[key] for key in ("momentum", "nesterov", "weight_decay", "betas") if key in group
    }
    first, last = (float(routine.schedule(step)) for step in (0, routine.steps - 1))
    name = type(routine.optimizer).__name__
    return {"optimizer": name, "lr_first": first, "lr_last": last, **settings, "steps": routine.steps}


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


def fresh_model(of: str | nn.Module, classes: int, seed: int, runtime: Runtime, start: str | None = None) -> nn.Module:
    """A newly initialised net, in training mode. The process's own random state is left alone.

    :param of: an architecture's text, or a net that was built from one: some are built from their tensors' shapes.
    :param start: a checkpoint whose weights it begins with, as far as they fit: a head for other classes does not.
    :raises CheckpointError: no architecture is called so; or the start cannot be read, or is of another net.
    """
    with drawn_from(seed):
        model = build(of, classes) if isinstance(of, str) else build_like(of, classes)
    if start is not None:
        fill(model, Path(start))
    if not isinstance(of, str):
        keep_zeros(model, zeros_of(of))
    return runtime.place(model).train()


def sgd(model: nn.Module, lr: float, momentum: float = 0.9, weight_decay: float = 5e-4) -> torch.optim.SGD:
    """SGD with Nesterov momentum, the optimiser of everything that is trained here."""
    return torch.optim.SGD(
        model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=momentum > 0
    )


def optimizer_of(model: nn.Module, recipe: TrainRecipe) -> torch.optim.Optimizer:
    """A recipe's optimiser over the parameters that it trains; it clips gradients where the recipe does."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    rate, decay = recipe.lr, recipe.weight_decay
    optimizer: torch.optim.Optimizer
    if recipe.optimizer == "adam":
        optimizer = torch.optim.Adam(weights, rate, weight_decay=decay)
    elif recipe.optimizer == "adamw":
        optimizer = torch.optim.AdamW(weights, rate, weight_decay=decay)
    elif recipe.optimizer == "rmsprop":
        optimizer = torch.optim.RMSprop(weights, rate, momentum=recipe.momentum, weight_decay=decay)
    else:
        nesterov = recipe.nesterov and recipe.momentum > 0
        optimizer = torch.optim.SGD(weights, rate, momentum=recipe.momentum, weight_decay=decay, nesterov=nesterov)
    if recipe.clip:

        def clip(*_arguments: object) -> None:
            nn.utils.clip_grad_norm_(weights, recipe.clip)

        optimizer.register_step_pre_hook(clip)
    return optimizer


def freeze(model: nn.Module, frozen: Sequence[str]) -> None:
    """Take the parameters out of training whose names begin so.

    :raises SpecError: no parameter's name begins so, or none is left.
    """
    for beginning in frozen:
        found = [weight for name, weight in model.named_parameters() if name.startswith(beginning)]
        if not found:
            names = name_some([name for name, _ in model.named_parameters()], 4)
            raise SpecError(
                f"no parameter's name begins with '{beginning}'", where="recipe.frozen", todo=f"they are called {names}"
            )
        for weight in found:
            weight.requires_grad_(False)
    if not any(weight.requires_grad for weight in model.parameters()):
        raise SpecError("nothing is left to be trained", where="recipe.frozen")


def supervised(
    model: nn.Module,
    pictures: Pictures,
    positions: Tensor,
    runtime: Runtime,
    recipe: TrainRecipe,
    seed: int,
    *,
    stage: str = "Training",
) -> Routine:
    """Cross-entropy training by a recipe on the pictures at ``positions`` ``(n,) int64``: training, retraining and
    fine-tuning.
    """
    walk = Shuffled(positions, recipe.batch_size, seed)
    freeze(model, recipe.frozen)
    mixes = recipe.mixup > 0 or recipe.cutmix > 0

    def loss(step: int) -> Tensor:
        batch = walk.at(step)
        draw = step_generator(seed, step)
        images = augment(pictures.batch(batch), draw, recipe.augment)
        labels = pictures.labels[batch.to(pictures.device)]
        other, share = None, 1.0
        if mixes:
            images, other, share = blended(images, draw, recipe.mixup, recipe.cutmix)
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        found = _entropy(outputs.float(), labels, recipe)
        if other is None:
            return found
        return share * found + (1 - share) * _entropy(outputs.float(), labels[other.to(labels.device)], recipe)

    optimizer = optimizer_of(model, recipe)
    return Routine(model, optimizer, schedule_of(recipe, walk.per_epoch), recipe.epochs * walk.per_epoch, loss, stage)


def _entropy(outputs: Tensor, labels: Tensor, recipe: TrainRecipe) -> Tensor:
    return nn.functional.cross_entropy(outputs, labels, label_smoothing=recipe.label_smoothing)
