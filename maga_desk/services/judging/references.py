"""The retrained reference ("gold") that a result is judged against: made, found again, or read from a file."""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.cost import Passes, made_at_cost
from maga_desk.domain.durations import rough
from maga_desk.domain.errors import CheckpointError, UserError
from maga_desk.domain.events import Ended, Event, Message, Started
from maga_desk.domain.rates import Rate
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.yardstick import FRESH, TrainingRecord, unknown_recipe
from maga_desk.services.erasure import Erasure, start_of
from maga_desk.services.judging.guessing import EpochSearch, guess, remember_guess, remembered_guess, with_recipe
from maga_desk.services.judging.starting import check_start
from maga_desk.services.judging.yardsticks import claim
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

_TRIAL_STEPS, _WARM_UP = 8, 2


@dataclass(frozen=True)
class Training:
    """One net to train anew.

    :param left_out: ``(n,) int64`` positions of the training pictures that it does not see.
    """

    left_out: NDArray[np.int64]
    seed: int


@dataclass(frozen=True)
class TrainingCost:
    """What one training takes.

    :param seconds: an estimate for this machine as it is now.
    """

    seconds: float
    passes: Passes

    def text(self) -> str:
        """``about 4 min on this machine, 1,200,000 picture passes (600,000 forward, 600,000 backward)``."""
        return f"{rough(self.seconds)} on this machine, {self.passes.text()}"


@dataclass(frozen=True)
class Reference:
    """A retrained net.

    :param info: what its file says of it.
    """

    model: nn.Module
    info: CheckpointInfo
    path: Path


def reference(erasure: Erasure, control: RunControl) -> Generator[Event, None, Reference | None]:
    """What ``spec.audit.retrained`` asks for; where it asks for nothing, a net that fits and was made here before, or
    ``None``.

    :raises CheckpointError: the named file cannot be used.
    :raises Cancelled: in between; the retraining can be resumed.
    """
    wanted = erasure.spec.audit.retrained
    if wanted is None:
        return fitting(erasure)
    if wanted != "make":
        return read_reference(erasure.workspace, Path(wanted))
    training = Training(erasure.gone, erasure.spec.seed + SEED)
    found = None if erasure.recipe_is_guessed else find_trained(erasure, training)
    if found is not None:
        yield Message("An earlier retraining on the same pictures is used for comparison")
        return found
    yield from check_start(erasure, control)
    if erasure.recipe_is_guessed:
        return (yield from _by_guess(erasure, training, control))
    cost = training_cost(erasure, training, control)
    yield Message(f"Retraining without the forget pictures, for comparison: {cost.text()}")
    return (yield from train_without(erasure, training, control, "Retraining"))


def _by_guess(erasure: Erasure, training: Training, control: RunControl) -> Generator[Event, None, Reference]:
    """A net by a guessed recipe, which trains longer while it does not reach the original on what stays."""
    place = _place_of_guess(erasure, training)
    before, settled = remembered_guess(place)
    if before is None:
        before = yield from guess(erasure, control)
        yield from _said_of_guess(erasure, before)
        remember_guess(place, before, settled=False)
    search = EpochSearch(erasure, before)
    while True:
        recipe = search.recipe
        guessed = with_recipe(erasure, recipe)
        made = find_trained(guessed, training)
        if made is None:
            cost = training_cost(guessed, training, control)
            yield Message(f"Retraining without the forget pictures, by {recipe.text()}: {cost.text()}")
            made = yield from train_without(guessed, training, control, "Retraining")
        short = 0.0 if settled else _short_by(erasure, made)
        if not search.goes_on(short):
            remember_guess(place, recipe, settled=True)
            return made
        than = f"{abs(short):.1f} points {'short of' if short > 0 else 'above'} the original on what stays"
        yield Message(f"It is {than}: the guess is trained for {search.recipe.epochs:,} epochs")


def _guessed_before(erasure: Erasure, training: Training) -> TrainRecipe | None:
    return remembered_guess(_place_of_guess(erasure, training))[0] if erasure.recipe_is_guessed else None


def _place_of_guess(erasure: Erasure, training: Training) -> Path:
    return _place(erasure, training).with_suffix(".guess.json")


def _short_by(erasure: Erasure, made: Reference) -> float:
    """Points of accuracy by which a net is below the original, on the training pictures that stay."""
    from maga_desk.models.inference import accuracy, logits

    workspace = erasure.workspace
    train, kept = workspace.pictures.train, _kept(workspace, Training(erasure.gone, 0))
    labels = train.labels[kept.to(train.device)]
    own = accuracy(logits(made.model, train, workspace.runtime, kept), labels) or 0.0
    return (accuracy(workspace.outputs.train[kept], labels) or 0.0) - own


def _said_of_guess(erasure: Erasure, recipe: TrainRecipe) -> Iterator[Event]:
    told = "If you know the true one, name it in [audit] recipe."
    yield Message(f"{unknown_recipe(recipe.text(), erasure.workspace.said.text())} {told}", "warning")


def fitting(erasure: Erasure) -> Reference | None:
    """A retrained model of just this request among those that were made here: that of the spec's seed, else the newest.

    Its record must say all that is wanted. Shadow models are left aside: attacks compare with them.
    """
    from maga_desk.models.checkpoint import read_info

    training = Training(erasure.gone, erasure.spec.seed + SEED)
    before = _guessed_before(erasure, training)
    own = _place(with_recipe(erasure, before) if before else erasure, training)
    kept = sorted(paths.references_dir().glob("*.safetensors"), key=_modified, reverse=True)
    for path in sorted(kept, key=lambda path: path != own):
        try:
            if path == own or _may_fit(erasure, read_info(path)):
                found = read_reference(erasure.workspace, path)
                if claim(erasure, found.model, found.info, path).by_record:
                    return found
        except UserError:  # damaged, or of other pictures
            continue
    return None


def _may_fit(erasure: Erasure, info: CheckpointInfo) -> bool:
    """What can be told without reading the net."""
    record, seed = TrainingRecord.of(info.made), info.made.get("seed")
    same = (record.data, record.trained_on) == (erasure.workspace.images.fingerprint, erasure.stays_digest)
    if seed in SHADOW_SEEDS or not same:
        return False
    return erasure.recipe_is_guessed or dict(record.recipe) == erasure.recipe.recorded()


def _modified(path: Path) -> float:
    return path.stat().st_mtime


def find_trained(erasure: Erasure, training: Training) -> Reference | None:
    """A net that was trained before on the same pictures with the same recipe and seed; a damaged file is removed."""
    path = _place(erasure, training)
    if not path.exists():
        return None
    try:
        return read_reference(erasure.workspace, path)
    except UserError:
        path.unlink()  # our own file, damaged: to be made anew
        return None


def train_without(
    erasure: Erasure, training: Training, control: RunControl, stage: str, *, watched: bool = True
) -> Generator[Event, None, Reference]:
    """Train with the original's recipe, from where it starts, and keep the net; an interrupted training goes on.

    :param watched: measure on the way, for the live curves.
    :raises Cancelled: in between; the training can be resumed.
    """
    from maga_desk.engine.loop import Resumable, drive, watching
    from maga_desk.engine.passes import Tally
    from maga_desk.models.checkpoint import write_checkpoint

    workspace, path = erasure.workspace, _place(erasure, training)
    partial = path.with_suffix(".resume.pt")
    train, runtime = workspace.pictures.train, workspace.runtime
    routine = training_routine(erasure, training, stage)
    tally = Tally(routine.model, train, runtime)
    watch = watching({"retain_accuracy": (train, _kept(workspace, training))}, runtime) if watched else None
    place = Resumable(partial, path.stem, go_on=True)
    outcome = yield from drive(routine, runtime, control, watch, place, series="reference", tally=tally)
    if outcome.passes is not None:
        _rate_of_training(workspace).remember(outcome.seconds, outcome.passes.total)
    made = {
        **training_record("retrain", training.seed, erasure.recipe, outcome, runtime),
        **_pictures_trained_on(erasure, training.left_out),
        "forgotten": len(training.left_out),
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
    kept = _kept(workspace, training)
    return supervised(model, workspace.pictures.train, kept, runtime, erasure.recipe, seed, stage=stage)


def training_cost(erasure: Erasure, training: Training, control: RunControl) -> TrainingCost:
    """Take a few steps of a training and time them.

    :raises Cancelled: in between.
    """
    from maga_desk.engine.routine import take_step

    routine, runtime = training_routine(erasure, training, ""), erasure.workspace.runtime
    times = []
    for step in range(min(_TRIAL_STEPS, routine.steps)):
        control.checkpoint()
        runtime.synchronise()
        start = time.perf_counter()
        take_step(routine, step)
        runtime.synchronise()
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times[_WARM_UP:] or times) * routine.steps
    passes = _passes_of_training(erasure, len(training.left_out))
    _rate_of_training(erasure.workspace).remember(seconds, passes.total)
    return TrainingCost(seconds, passes)


def _passes_of_training(erasure: Erasure, left_out: int) -> Passes:
    """What training without so many of the pictures counts."""
    seen = (len(erasure.workspace.images.train) - left_out) * erasure.recipe.epochs
    return Passes(seen, seen)


def expected_retraining(erasure: Erasure) -> float | None:
    """Seconds that retraining to compare takes here, by what the last training of such a net took,
    be it the original's own on this machine; ``None`` where no such training is known. Nothing is measured.
    """
    workspace = erasure.workspace
    passes = _passes_of_training(erasure, len(erasure.gone)).total
    known = _rate_of_training(workspace).for_units(passes)
    if known is not None:
        return known
    seconds, counted, machine = made_at_cost(workspace.info.made)
    here = machine == workspace.runtime.machine and workspace.info.made.get("start") == FRESH
    return seconds / counted.total * passes if here and seconds and counted and counted.total else None


def _rate_of_training(workspace: Workspace) -> Rate:
    """Of one pass of a picture while such a net is trained."""
    card = workspace.card
    return Rate(f"training {card.arch} {card.size[0]}x{card.size[1]}, {card.device}, {card.precision}")


def estimate_retraining(erasure: Erasure, control: RunControl) -> Iterator[Event]:
    """Say what retraining to compare would cost: one ``Message``. A few training steps are taken and timed."""
    yield Started("Measuring what retraining costs")
    training = Training(erasure.gone, erasure.spec.seed + SEED)
    before = _guessed_before(erasure, training)
    if find_trained(with_recipe(erasure, before) if before else erasure, training) is not None:
        yield Message("A model that was retrained without exactly these pictures is here: nothing is trained")
    else:
        yield from check_start(erasure, control)
        cost = training_cost(erasure, training, control)
        more = ""
        if erasure.recipe_is_guessed:
            yield from _said_of_guess(erasure, erasure.recipe)
            more = ". Guesses are tried first, and one that falls short is trained for longer"
        yield Message(f"Retraining takes {cost.text()}; then the result is judged anew{more}")
    yield Ended("finished")


def check_reference(erasure: Erasure) -> None:
    """Look at a named reference before any work is done.

    :raises CheckpointError: it cannot be used, or has seen what must be forgotten.
    """
    named = erasure.spec.audit.retrained
    if named is not None and named != "make":
        found = read_reference(erasure.workspace, Path(named))
        claim(erasure, found.model, found.info, found.path)


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


def read_reference(workspace: Workspace, path: Path) -> Reference:
    """A net in a file, placed where the original is.

    :raises CheckpointError: it cannot be read, or its classes or pictures are not the original's.
    """
    from maga_desk.models.heads import count_classes
    from maga_desk.models.outputs import read_like

    model, info = read_like(path, workspace.card.arch, workspace.info.came)
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


def _kept(workspace: Workspace, training: Training) -> Tensor:
    """``(k,) int64``: positions of the training pictures that are not left out."""
    import torch

    return torch.from_numpy(np.setdiff1d(np.arange(len(workspace.images.train)), training.left_out))


def _place(erasure: Erasure, training: Training) -> Path:
    return paths.references_dir() / f"{erasure.training_digest(training.left_out, training.seed)}.safetensors"
