"""Retraining by a guessed recipe, which is adapted until it teaches as much as the original's; guesses are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Message
from maga_desk.domain.files import write_whole
from maga_desk.domain.recipe_tries import Knows, RecipeTry, as_records, tries_of
from maga_desk.domain.said_recipe import GUESSED
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.yardstick import unknown_recipe
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.adapting import MOST_TRIES, RecipeSearch
from maga_desk.services.judging.costs import training_cost
from maga_desk.services.judging.guessing import guess, with_recipe
from maga_desk.services.judging.trainings import (
    Reference,
    Training,
    find_trained,
    kept_positions,
    place_of,
    record_of_recipe,
    train_without,
)

if TYPE_CHECKING:
    from torch import Tensor

_NAMES = ("The guess", "The second guess")


@dataclass(frozen=True)
class Guess:
    """One guess as it is kept.

    :param recipe: the first one, or, once that is settled, the one that came nearest to the original.
    :param tries: what was trained wholly.
    :param settled: the search has come to its end.
    """

    recipe: TrainRecipe
    tries: tuple[RecipeTry, ...] = ()
    settled: bool = False


@dataclass(frozen=True)
class _Nearest:
    """Of the nets of a search the one that knows what stays most as the original does."""

    apart: float
    recipe: TrainRecipe
    made: Reference = field(compare=False)


def made_by_guess(
    erasure: Erasure, training: Training, control: RunControl, number: int = 0
) -> Generator[Event, None, Reference | None]:
    """A net by a guessed recipe; ``None`` where none can be trained, or there is no such guess.

    :param number: 0 for the likeliest guess, 1 for the second one.
    :raises Cancelled: in between; what was trained is kept.
    """
    place = _place_of_guesses(erasure, training)
    guesses = _remembered(place)
    if not guesses:
        found = yield from guess(erasure, control)
        guesses = tuple(Guess(each) for each in (found.first, found.second) if each is not None)
        _remember(place, guesses)
        yield from said_of_guess(erasure, found.first)
        count = min(erasure.spec.audit.guesses, len(guesses))
        if count > 1:
            cost = training_cost(with_recipe(erasure, found.first), training, control).times(count)
            more = f"what does not come near the original is changed and trained anew, at most {MOST_TRIES} times each"
            yield Message(f"Two models are retrained, one by each guess: {cost.text()}; {more}")
    if number >= len(guesses):
        yield Message("What is known of the recipe leaves no second guess that differs from the first.")
        return None
    nearest, tries = yield from _searched(erasure, training, control, guesses[number], number)
    if nearest is None:
        yield Message(f"{_NAMES[number]} cannot be trained: it diverges, gentler ones too.", "warning")
        return None
    settled = Guess(nearest.recipe, tries, settled=True)
    if settled != guesses[number]:
        guesses = (*guesses[:number], settled, *guesses[number + 1 :])
        _remember(place, guesses)
    return replace(nearest.made, tries=tries)


def guessed_before(erasure: Erasure, training: Training, number: int = 0) -> Guess | None:
    """The guess that was made before for the same request."""
    guesses = _remembered(_place_of_guesses(erasure, training)) if erasure.recipe_is_guessed else ()
    return guesses[number] if number < len(guesses) else None


def found_by_guess(erasure: Erasure, training: Training, number: int = 0) -> Reference | None:
    """The net of a guess that was trained before; nothing is trained."""
    before = guessed_before(erasure, training, number)
    made = None if before is None else find_trained(with_recipe(erasure, before.recipe), training)
    return None if before is None or made is None else replace(made, tries=before.tries)


def said_of_guess(erasure: Erasure, recipe: TrainRecipe) -> Iterator[Event]:
    """That a guess is retrained by, and what to do about it."""
    told = "If you know the true one, name it in [audit] recipe."
    yield Message(f"{unknown_recipe(recipe.text(), erasure.known.text())} {told}", "warning")


def _searched(
    erasure: Erasure, training: Training, control: RunControl, start: Guess, number: int
) -> Generator[Event, None, tuple[_Nearest | None, tuple[RecipeTry, ...]]]:
    """Train by one recipe after another, until one is near enough or nothing is left to try."""
    wanted = _known_by_original(erasure)
    search = RecipeSearch(start.recipe, erasure.known.values, erasure.retained, _commonest(erasure))
    nearest: _Nearest | None = None
    others: list[Reference] = []
    while True:
        recipe = search.recipe
        made = yield from _made(erasure, training, control, recipe, _NAMES[number])
        if start.settled and made is not None:
            return _Nearest(0.0, recipe, made), start.tries
        reached = None if made is None else _known_by(erasure, made)
        if made is not None and reached is not None:
            apart = reached.apart(wanted)
            nearer = nearest is None or apart < nearest.apart
            others += [made] if not nearer else [] if nearest is None else [nearest.made]
            nearest = _Nearest(apart, recipe, made) if nearer or nearest is None else nearest
        if not search.goes_on(reached, wanted):
            _clear(others)
            return nearest, tuple(search.tries)
        yield Message(f"{_NAMES[number]}: {search.tries[-1].text()}. Next: {search.recipe.text()}")


def _clear(others: Sequence[Reference]) -> None:
    """Remove the nets of tries that were not the nearest: each is as large as the model, and not asked for again."""
    for each in others:
        sources = each.info.made.get("recipe_from")
        if isinstance(sources, Mapping) and GUESSED in sources.values():
            each.path.unlink(missing_ok=True)


def _made(
    erasure: Erasure, training: Training, control: RunControl, recipe: TrainRecipe, name: str
) -> Generator[Event, None, Reference | None]:
    """The net of one recipe; ``None`` where its training diverges."""
    guessed = with_recipe(erasure, recipe)
    made = find_trained(guessed, training)
    if made is not None:
        return made
    cost = training_cost(guessed, training, control)
    yield Message(f"Retraining without the forget pictures. {name}: {recipe.text()}: {cost.text()}")
    try:
        return (yield from train_without(guessed, training, control, "Retraining", more=record_of_recipe(erasure)))
    except MethodError as error:
        yield Message(f"{name} does not train: {error.what}", "warning")
        return None


def _known_by_original(erasure: Erasure) -> Knows:
    """What the original knows of the training pictures that stay, where it may name only classes that stay."""
    workspace = erasure.workspace
    return _knows(erasure, workspace.outputs.train[kept_positions(workspace, Training(erasure.gone, 0))])


def _known_by(erasure: Erasure, made: Reference) -> Knows:
    """The same of a retrained net."""
    from maga_desk.models.inference import logits

    workspace = erasure.workspace
    kept = kept_positions(workspace, Training(erasure.gone, 0))
    return _knows(erasure, logits(made.model, workspace.pictures.train, workspace.runtime, kept))


def _knows(erasure: Erasure, outputs: Tensor) -> Knows:
    from maga_desk.auditing.retrained import among_what_stays, sureness
    from maga_desk.models.inference import accuracy

    labels = erasure.workspace.pictures.train.labels
    kept = kept_positions(erasure.workspace, Training(erasure.gone, 0))
    said = among_what_stays(outputs, erasure.forget.gone)
    return Knows(accuracy(said, labels[kept.to(labels.device)]) or 0.0, 100 * float(sureness(said).mean()))


def _commonest(erasure: Erasure) -> float:
    """Percent of the pictures that stay that the commonest class has."""
    labels = erasure.workspace.pictures.train.labels
    kept = kept_positions(erasure.workspace, Training(erasure.gone, 0))
    return 100 * float(labels[kept.to(labels.device)].bincount().max()) / max(1, len(kept))


def _place_of_guesses(erasure: Erasure, training: Training) -> Path:
    """What is known counts, not only what it says: a value that is known is no guess."""
    known = hashlib.sha256(" ".join(sorted(erasure.known.values)).encode()).hexdigest()[:8]
    place = place_of(erasure, training)
    return place.with_name(f"{place.stem}-{known}.guess.json")


def _remembered(place: Path) -> tuple[Guess, ...]:
    """The guesses that were made before for the same request; none where they cannot be read."""
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        return tuple(
            Guess(TrainRecipe.model_validate(each["recipe"]), tries_of(each["tries"]), bool(each["settled"]))
            for each in said["guesses"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _remember(place: Path, guesses: Sequence[Guess]) -> None:
    """Keep guesses: trying them again would take as long."""
    kept = [
        {"recipe": each.recipe.model_dump(mode="json"), "settled": each.settled, "tries": as_records(each.tries)}
        for each in guesses
    ]
    text = json.dumps({"guesses": kept})
    write_whole(place, lambda temporary: temporary.write_text(text, encoding="utf-8"))
