"""Nets that are trained anew without some pictures: made, kept by a fingerprint, found again, and their record."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, UserError
from maga_desk.domain.events import Event
from maga_desk.domain.rates import Rate
from maga_desk.domain.recipe_tries import RecipeTry
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.services.erasure import Erasure, start_of
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from torch import Tensor, nn

    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.engine.loop import Outcome
    from maga_desk.engine.routine import Routine
    from maga_desk.models.runtime import Runtime

SHADOW_SEEDS = range(1_000_003, 1_100_003)
"""Of the shadow models; far from what people choose."""

SEED = 500_009
"""Added to a run's seed: a reference must not start from the weights of the original, or of the method "retrain"."""


@dataclass(frozen=True)
class Training:
    """One net to train anew.

    :param left_out: ``(n,) int64`` positions of the training pictures that it does not see.
    """

    left_out: NDArray[np.int64]
    seed: int


@dataclass(frozen=True)
class Reference:
    """A retrained net.

    :param info: what its file says of it.
    :param tries: what was trained on the way to it, where its recipe is a guess.
    """

    model: nn.Module
    info: CheckpointInfo
    path: Path
    tries: tuple[RecipeTry, ...] = ()


def place_of(erasure: Erasure, training: Training) -> Path:
    return paths.references_dir() / f"{erasure.training_digest(training.left_out, training.seed)}.safetensors"


def kept_positions(workspace: Workspace, training: Training) -> Tensor:
    """``(k,) int64``: positions of the training pictures that are not left out."""
    import torch

    return torch.from_numpy(np.setdiff1d(np.arange(len(workspace.images.train)), training.left_out))


def find_trained(erasure: Erasure, training: Training) -> Reference | None:
    """A net that was trained before on the same pictures with the same recipe and seed; a damaged file is removed."""
    path = place_of(erasure, training)
    if not path.exists():
        return None
    try:
        return read_reference(erasure.workspace, path)
    except UserError:
        path.unlink()  # our own file, damaged: to be made anew
        return None


def read_reference(workspace: Workspace, path: Path) -> Reference:
    """A net in a file, placed where the original is.

    :raises CheckpointError: it cannot be read, or its classes or pictures are not the original's.
    """
    from maga_desk.models.heads import count_classes
    from maga_desk.models.outputs import read_like

    model, info = read_like(path, workspace.card.arch, workspace.info.came, workspace.model)
    classes = workspace.card.classes
    outputs = count_classes(model)
    if outputs != len(classes) or (info.classes and info.classes != classes):
        raise CheckpointError(
            f"the retrained model's {outputs} classes are not the original's {len(classes)}",
            where=str(path),
            todo="train it with the same classes, leaving the pictures out (train --exclude-class)",
        )
    own = workspace.pictures.normalisation
    if info.mean and info.std and (info.mean, info.std) != (own.mean, own.std):
        raise CheckpointError(
            "the retrained model reads pictures that are normalised otherwise than the original's", where=str(path)
        )
    return Reference(workspace.runtime.place(model).eval(), info, path)


def train_without(
    erasure: Erasure,
    training: Training,
    control: RunControl,
    stage: str,
    *,
    watched: bool = True,
    more: Mapping[str, Any] | None = None,
) -> Generator[Event, None, Reference]:
    """Train with the original's recipe, from where it starts, and keep the net; an interrupted training goes on.

    :param watched: measure on the way, for the live curves.
    :param more: what its record says besides.
    :raises MethodError: it diverges.
    :raises Cancelled: in between; the training can be resumed.
    """
    from maga_desk.engine.looking import watching
    from maga_desk.engine.loop import Resumable, drive
    from maga_desk.engine.passes import Tally
    from maga_desk.models.checkpoint import write_checkpoint

    workspace, path = erasure.workspace, place_of(erasure, training)
    partial = path.with_suffix(".resume.pt")
    train, runtime = workspace.pictures.train, workspace.runtime
    routine = training_routine(erasure, training, stage)
    tally = Tally(routine.model, train, runtime)
    watch = watching({"retain_accuracy": (train, kept_positions(workspace, training))}, runtime) if watched else None
    place = Resumable(partial, path.stem, go_on=True)
    outcome = yield from drive(routine, runtime, control, watch, place, series="reference", tally=tally)
    if outcome.passes is not None:
        rate_of_training(workspace).remember(outcome.seconds, outcome.passes.total)
    made = {
        **training_record("retrain", training.seed, erasure.recipe, outcome, runtime),
        **_pictures_trained_on(erasure, training.left_out),
        "forgotten": len(training.left_out),
        **(more or {}),
    }
    info = replace(workspace.info, made=made)
    write_checkpoint(path, outcome.model, info)
    partial.unlink(missing_ok=True)
    return Reference(outcome.model, info, path)


def training_routine(erasure: Erasure, training: Training, stage: str) -> Routine:
    """The steps of :func:`train_without`."""
    from maga_desk.engine.routine import fresh_model, supervised

    workspace, seed = erasure.workspace, training.seed
    card, runtime = workspace.card, workspace.runtime
    model = fresh_model(workspace.model, len(card.classes), seed, runtime, erasure.recipe.start)
    kept = kept_positions(workspace, training)
    return supervised(model, workspace.pictures.train, kept, runtime, erasure.recipe, seed, stage=stage)


def rate_of_training(workspace: Workspace) -> Rate:
    """Of one pass of a picture while such a net is trained."""
    card = workspace.card
    return Rate(f"training {card.arch} {card.size[0]}x{card.size[1]}, {card.device}, {card.precision}")


def record_of_recipe(erasure: Erasure) -> dict[str, Any]:
    """What the record of a reference says of where its recipe comes from, key by key, and of what was not followed."""
    return {"recipe_from": erasure.known.all_sources(), "not_followed": erasure.known.beyond_text()}


def training_record(by: str, seed: int, recipe: TrainRecipe, outcome: Outcome, runtime: Runtime) -> dict[str, Any]:
    """What the record of a net says of its training, and how that went."""
    return {
        "by": by,
        "start": start_of(recipe),
        "seed": seed,
        "recipe": recipe.recorded(),
        "seconds": outcome.seconds,
        "passes": asdict(outcome.passes) if outcome.passes else None,
        "machine": asdict(runtime.machine),
        "when": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def made_by_retraining(erasure: Erasure) -> dict[str, Any] | None:
    """What the record of a run's result says where its method is retraining itself; ``None`` for all others."""
    info, method = erasure.method.info, erasure.spec.method
    if info.retrains is None:
        return None
    params = info.parameters(erasure.situation, method.params, method.preset)
    return {
        "start": start_of(erasure.recipe),
        "recipe": info.retrains(erasure.recipe, params).recorded(),
        **_pictures_trained_on(erasure, erasure.gone),
    }


def _pictures_trained_on(erasure: Erasure, left_out: NDArray[np.int64]) -> dict[str, Any]:
    images = erasure.workspace.images
    return {
        "data": images.fingerprint,
        "trained_on": erasure.list_digest(left_out),
        "train_pictures": len(images.train) - len(left_out),
    }
