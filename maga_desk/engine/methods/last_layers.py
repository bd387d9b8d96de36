"""EU-k and CF-k: only the last k layers are trained, on retain pictures; the layers before them are frozen.

Goel et al., "Towards Adversarial Evaluations for Inexact Machine Unlearning" (arXiv 2201.06640). EU-k re-initialises
the last k layers and trains them as the original was trained; CF-k fine-tunes them. k is given as a share of all
weights: the fewest modules, counted from the end in the order of their definition, that hold this share. .7 gives the
head and the last stage of a residual net. Normalisation layers before them keep the original's statistics. CF-k's
passes and learning rate are ours.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import BatchSize, FallingRate
from maga_desk.engine.parts.retaining import fine_tuning, training
from maga_desk.engine.routine import Method, Routine, fresh_model, working_copy


class EuKParams(MethodParams):
    """Changes to the original's recipe; unset means as there."""

    share: float = Field(0.7, gt=0, le=1, description="Least share of all weights that the last layers hold")
    epochs: int | None = Field(None, ge=1, le=10_000, description="Passes over the retain pictures")
    lr: float | None = Field(None, gt=0, le=10, description="Peak learning rate")


class CfKParams(MethodParams):
    """Passes and learning rate are ours."""

    share: float = Field(0.7, gt=0, le=1, description="Least share of all weights that the last layers hold")
    epochs: int = Field(10, ge=1, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.02
    batch_size: BatchSize = 128


_PAPER = "Goel et al., arXiv 2201.06640"

INFO = MethodInfo(
    name="eu-k",
    title="EU-k (last layers re-initialised)",
    summary="Re-initialise the last layers and train them on what stays. Forgets well where early layers know little.",
    paper=_PAPER,
    tasks=("class", "sub-class", "random"),
    group="staying",
    cost={"class": 44.6, "sub-class": 24.6, "random": 26.3},
    firmer=Turn("share", up=True),
    gentler=Turn("share", up=False),
    params=EuKParams,
    search={"share": (0.5, 0.7, 0.9), "epochs": (3, 8, None), "lr": (0.1, 0.3, None)},
    needs=frozenset({"recipe"}),
)

CF_INFO = MethodInfo(
    name="cf-k",
    title="CF-k (last layers fine-tuned)",
    summary="Fine-tune the last layers on what stays, with the others frozen. Cheap, and forgets little.",
    paper=_PAPER,
    tasks=("class", "sub-class", "random"),
    group="staying",
    cost={"class": 7.8, "sub-class": 20.6, "random": 22.9},
    firmer=Turn("lr", up=True),
    gentler=Turn("lr", up=False),
    params=CfKParams,
    search={"share": (0.5, 0.7, 0.9), "epochs": (3, 10), "lr": (0.01, 0.02, 0.05)},
)


def build(inputs: RunInputs, params: EuKParams, control: RunControl) -> Generator[Event, None, Routine]:
    """The original's recipe for re-initialised last layers."""
    yield from ()
    model = working_copy(inputs)
    last = last_modules(model, params.share)
    reinitialise(model, fresh_model(inputs.original, inputs.classes, inputs.seed + 1, inputs.runtime), last)
    given = params.model_dump(include={"epochs", "lr"}, exclude_none=True)
    routine = training(inputs, model, inputs.recipe.model_copy(update={**given, "frozen": ()}), "Relearning")
    return _with_frozen_others(routine, last)


def build_on(inputs: RunInputs, params: CfKParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Fine-tuning of the last layers."""
    yield from ()
    model = working_copy(inputs)
    routine = fine_tuning(inputs, model, params, "Fine-tuning")
    return _with_frozen_others(routine, last_modules(model, params.share))


def last_modules(model: nn.Module, share: float) -> set[str]:
    """Names of the fewest modules, from the end, that hold a share of all weights.

    A module counts with its own weights, without those of its children.
    """
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
def reinitialise(model: nn.Module, fresh: nn.Module, last: set[str]) -> None:
    """Copy weights and statistics of the modules named in ``last`` from a newly initialised net."""
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


def _with_frozen_others(routine: Routine, last: set[str]) -> Routine:
    """The routine with all modules frozen that are not named ``last``, their statistics too."""
    frozen = [module for name, module in _own(routine.model) if name not in last]
    for module in frozen:
        for weight in module.parameters(recurse=False):
            weight.requires_grad_(False)

    def loss(step: int) -> Tensor:
        for module in frozen:
            module.training = False  # measuring between steps sets the whole net to training mode again
        return routine.loss(step)

    return replace(routine, loss=loss)


METHOD = Method(INFO, build)
CF_METHOD = Method(CF_INFO, build_on)
