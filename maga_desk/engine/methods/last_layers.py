"""EU-k and CF-k: only the last k layers are trained, on retain pictures; the layers before them stay as they are.

Goel et al., "Towards Adversarial Evaluations for Inexact Machine Unlearning" (arXiv 2201.06640). EU-k initialises
the last k layers anew and trains them as the original was trained; CF-k goes on from where they are. k is given as a
share of all weights: the fewest modules from the end, in the order of their definition, that hold it. .7 is the head
and the last stage of a residual net. Normalisation layers before them keep the original's statistics. CF-k's passes
and learning rate are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.domain.specs.run import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Method, Routine, fresh_model, supervised, working_copy
from maga_desk.engine.schedules import Schedule, cosine, one_cycle


class EuKParams(MethodParams):
    """What may differ from the original's recipe; unset means as the original."""

    share: float = Field(0.7, gt=0, le=1, description="Share of all weights that the last layers hold, at least")
    epochs: int | None = Field(None, ge=1, le=10_000, description="Passes over the retain pictures")
    lr: float | None = Field(None, gt=0, le=10, description="Peak learning rate")


class CfKParams(MethodParams):
    """Passes and learning rate are ours."""

    share: float = Field(0.7, gt=0, le=1, description="Share of all weights that the last layers hold, at least")
    epochs: int = Field(10, ge=1, le=1000, description="Passes over the retain pictures")
    lr: float = Field(0.02, gt=0, le=1, description="Learning rate at the start; falls to zero by a cosine")
    batch_size: int = Field(128, ge=2, le=4096, description="Pictures per step")


_PAPER = "Goel et al., arXiv 2201.06640"

INFO = MethodInfo(
    name="eu-k",
    title="EU-k (last layers anew)",
    summary="Train the last layers again from nothing, on what stays. Forgets well where the early layers know little.",
    paper=_PAPER,
    tasks=("class", "sub-class", "random"),
    params=EuKParams,
    search={"share": (0.5, 0.7, 0.9), "epochs": (3, 8, None), "lr": (0.1, 0.3, None)},
    needs=frozenset({"recipe"}),
)

CF_INFO = MethodInfo(
    name="cf-k",
    title="CF-k (last layers on)",
    summary="Train the last layers on with what stays, the others frozen. Cheap, and forgets little.",
    paper=_PAPER,
    tasks=("class", "sub-class", "random"),
    params=CfKParams,
    search={"share": (0.5, 0.7, 0.9), "epochs": (3, 10), "lr": (0.01, 0.02, 0.05)},
)


def build(inputs: RunInputs, params: EuKParams, control: RunControl) -> Generator[Event, None, Routine]:
    """The original's recipe for freshly initialised last layers."""
    yield from ()
    model = working_copy(inputs)
    last = tail(model, params.share)
    anew(model, fresh_model(inputs.fresh, inputs.classes, inputs.seed + 1, inputs.runtime), last)
    given = params.model_dump(include={"epochs", "lr"}, exclude_none=True)
    return _trained(inputs, model, last, inputs.recipe.model_copy(update=given), one_cycle, "Relearning")


def build_on(inputs: RunInputs, params: CfKParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Fine-tuning of the last layers."""
    yield from ()
    model = working_copy(inputs)
    augment = inputs.pictures.train.augments
    recipe = TrainRecipe(epochs=params.epochs, lr=params.lr, batch_size=params.batch_size, augment=augment)
    return _trained(inputs, model, tail(model, params.share), recipe, cosine, "Fine-tuning")


def tail(model: nn.Module, share: float) -> set[str]:
    """Names of the fewest modules from the end that hold a share of all weights; parents by what is theirs alone."""
    sizes = [(name, sum(weight.numel() for weight in module.parameters(recurse=False))) for name, module in _own(model)]
    total = sum(size for _, size in sizes)
    wanted = share * total
    last: set[str] = set()
    for name, size in reversed(sizes):
        if last and wanted <= 1e-9 * total:
            break
        last.add(name)
        wanted -= size
    return last


@torch.no_grad()
def anew(model: nn.Module, fresh: nn.Module, last: set[str]) -> None:
    """Copy weights and statistics of the last modules from a fresh net of the same kind."""
    for name, module in _own(model):
        if name in last:
            source = fresh.get_submodule(name)
            for kind in (nn.Module.parameters, nn.Module.buffers):
                for mine, new in zip(kind(module, recurse=False), kind(source, recurse=False), strict=True):
                    mine.copy_(new)


def _own(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Modules with weights or statistics of their own, in the order of their definition."""
    return [
        (name, module)
        for name, module in model.named_modules()
        if any(True for _ in module.parameters(recurse=False)) or any(True for _ in module.buffers(recurse=False))
    ]


def _trained(
    inputs: RunInputs,
    model: nn.Module,
    last: set[str],
    recipe: TrainRecipe,
    schedule: Callable[[float, int], Schedule],
    stage: str,
) -> Routine:
    train, positions = inputs.pictures.train, inputs.retain_indices
    routine = supervised(model, train, positions, inputs.runtime, recipe, inputs.seed, schedule=schedule, stage=stage)
    frozen = [module for name, module in _own(model) if name not in last]
    for module in frozen:
        for weight in module.parameters(recurse=False):
            weight.requires_grad_(False)

    def loss(step: int) -> Tensor:
        for module in frozen:
            module.training = False  # measuring in between puts the whole net back into training
        return routine.loss(step)

    return replace(routine, loss=loss)


METHOD = Method(INFO, build)
CF_METHOD = Method(CF_INFO, build_on)
