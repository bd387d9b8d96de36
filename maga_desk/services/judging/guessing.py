"""First guesses of a recipe where the original does not say its own: by trials of a few passes."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import SpecError
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.specs.recipe import Augmentation, TrainRecipe
from maga_desk.services.erasure import Erasure

if TYPE_CHECKING:
    from torch import Tensor

RATES: dict[str, tuple[float, ...]] = {"sgd": (0.3, 0.1, 0.03, 0.01), "adamw": (3e-3, 1e-3, 3e-4)}
"""Learning rates that are tried, by optimiser; of others, those of AdamW."""

_TRIED, _EPOCHS = 2_000, 2  # pictures and passes of a trial
_SHOWN = 1_000  # pictures by which it is told whether the original knows them shifted as well
_KNOWN_UNCHANGED = 3.0  # points by which it then knows its training pictures less
_SEED = 700_001


@dataclass(frozen=True)
class Guesses:
    """What is likely; ``second`` differs in kind, ``None`` where what is known leaves no other."""

    first: TrainRecipe
    second: TrainRecipe | None


def with_recipe(erasure: Erasure, recipe: TrainRecipe) -> Erasure:
    """The same request with this recipe."""
    return replace(erasure, spec=erasure.spec.with_changes("audit", recipe=recipe.full()))


def guess(erasure: Erasure, control: RunControl) -> Generator[Event, None, Guesses]:
    """The likeliest recipes where the original's is not, or not wholly, known.

    Optimisers and learning rates are tried for a few passes over some of the pictures that stay; what is known is kept.
    Whether the original was trained on changed pictures is told by how well it knows its training pictures, shifted.

    :raises Cancelled: in between.
    """
    known = dict(erasure.known.values)
    if "augment" not in known:
        known["augment"] = _augmentation(erasure)
    found: list[tuple[float, TrainRecipe]] = []
    candidates = _candidates(known)
    for number, recipe in enumerate(candidates):
        control.checkpoint()
        yield Progress("Trying learning rates for the retrained model", number, len(candidates))
        learned = yield from _tried(erasure, recipe, control)
        if learned is not None:
            found.append((learned, recipe))
    if not found:  # none of them trains
        return Guesses(candidates[0], None)
    learned, best = max(found, key=lambda each: each[0])
    told = ", ".join(f"{each.optimizer} {each.lr:g}: {value:.0f} %" for value, each in found)
    yield Message(f"Tried for {_EPOCHS} passes, accuracy on what stays: {told}. The guess is {best.text()}.")
    return Guesses(best, _second(found, best, erasure.known.values))


def _second(
    found: Sequence[tuple[float, TrainRecipe]], best: TrainRecipe, known: Collection[str]
) -> TrainRecipe | None:
    """The next likeliest guess that differs in kind: by another optimiser where that is open, else with pictures
    changed otherwise, else at another learning rate, else with another weight decay or schedule.
    """
    ranked = [recipe for _, recipe in sorted(found, key=lambda each: -each[0])]
    by_other = [each for each in ranked if each.optimizer != best.optimizer]
    if by_other:
        return by_other[0]
    if "augment" not in known:
        return best.model_copy(update={"augment": "none" if best.augment != "none" else "shift"})
    others = [each for each in ranked if each.lr != best.lr]
    if others:
        return others[0]
    if "weight_decay" not in known:
        return best.model_copy(update={"weight_decay": 0.0 if best.weight_decay else 5e-4})
    if "schedule" not in known:
        return best.model_copy(update={"schedule": "cosine" if best.schedule == "one-cycle" else "one-cycle"})
    return None


def _candidates(known: dict[str, Any]) -> list[TrainRecipe]:
    optimizers = [known["optimizer"]] if "optimizer" in known else list(RATES)
    made = []
    for optimizer in optimizers:
        rates = (known["lr"],) if "lr" in known else RATES.get(optimizer, RATES["adamw"])
        made += [TrainRecipe.model_validate({**known, "optimizer": optimizer, "lr": rate}) for rate in rates]
    return made


def _augmentation(erasure: Erasure) -> Augmentation:
    """Whether the original knows its training pictures as well when they are shifted: then it was trained so."""
    import torch

    from maga_desk.data.augmentation import augment
    from maga_desk.data.batches import step_generator
    from maga_desk.models.evenly import evenly
    from maga_desk.models.inference import evaluating

    workspace = erasure.workspace
    fewer = []
    for pictures, outputs in (
        (workspace.pictures.train, workspace.outputs.train),
        (workspace.pictures.test, workspace.outputs.test),
    ):
        chosen = evenly(torch.arange(len(pictures)), _SHOWN)
        labels, right = pictures.labels[chosen.to(pictures.device)].cpu(), 0
        with torch.no_grad(), evaluating(workspace.model):
            for part in chosen.split(100):
                images = augment(pictures.batch(part), step_generator(_SEED, int(part[0])), "shift")
                said = workspace.model(workspace.runtime.shape(images)).argmax(dim=1).cpu()
                right += int((said == pictures.labels[part.to(pictures.device)].cpu()).sum())
        plain = float((outputs[chosen].argmax(dim=1).cpu() == labels).double().mean())
        fewer.append(100 * (plain - right / len(chosen)))
    train, test = fewer
    return "none" if train > _KNOWN_UNCHANGED + max(0.0, test) else "shift"


def _tried(erasure: Erasure, recipe: TrainRecipe, control: RunControl) -> Generator[Event, None, float | None]:
    """Percent of the pictures that a short training by a recipe has learned; ``None`` where it cannot train."""
    from maga_desk.domain.errors import MethodError
    from maga_desk.engine.loop import drive
    from maga_desk.engine.routine import fresh_model, supervised
    from maga_desk.models.inference import accuracy, logits

    workspace = erasure.workspace
    train, runtime = workspace.pictures.train, workspace.runtime
    chosen = _some(erasure)
    short = recipe.model_copy(
        update={"epochs": _EPOCHS, "schedule": "one-cycle", "warm_up": 0.0, "batch_size": min(recipe.batch_size, 64)}
    )
    model = fresh_model(workspace.model, len(workspace.card.classes), _SEED, runtime, recipe.start)
    try:
        routine = supervised(model, train, chosen, runtime, short, _SEED, stage="Trying a recipe")
        outcome = yield from drive(routine, runtime, control)
    except (MethodError, SpecError):
        return None
    said = logits(outcome.model, train, runtime, chosen)
    return accuracy(said, train.labels[chosen.to(train.device)])


def _some(erasure: Erasure) -> Tensor:
    import torch

    from maga_desk.models.evenly import evenly

    stays = np.setdiff1d(np.arange(len(erasure.workspace.images.train)), erasure.gone)
    return evenly(torch.from_numpy(stays), _TRIED)
