"""``SaidRecipe``: what a checkpoint, or what lies beside it, says of how its net was trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.section import field_title

NEEDED = ("optimizer", "lr", "schedule", "epochs", "batch_size", "weight_decay", "augment")
"""Without these a recipe is partly guessed. What else is not said is taken to be as most train: without."""


@dataclass(frozen=True)
class SaidRecipe:
    """What is said; empty where nothing is.

    :param values: keys of a :class:`TrainRecipe` and what is said of them.
    :param source: where: "args in the checkpoint".
    :param not_followed: what it says beyond that, which no recipe here can say: "RandAugment".
    :param start: it started from other weights, called so; which file these are in is not known.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    not_followed: tuple[str, ...] = ()
    start: str = ""

    @classmethod
    def of_record(cls, made: Mapping[str, Any]) -> SaidRecipe:
        """What a record of ours says: the recipe of a net that was trained here, whole; of others, what was read."""
        own, read = made.get("recipe"), made.get("said_recipe")
        if isinstance(own, Mapping) and own:
            return cls({**TrainRecipe().full(), **own}, "its record")
        if not isinstance(read, Mapping) or not isinstance(read.get("values"), Mapping):
            return cls()
        beyond = read.get("not_followed")
        beyond = tuple(str(each) for each in beyond) if isinstance(beyond, list | tuple) else ()
        return cls(sound(read["values"]), str(read.get("source", "")), beyond, str(read.get("start", "")))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys of which nothing is said, of those that a recipe needs."""
        return tuple(key for key in NEEDED if key not in self.values)

    def recipe(self) -> TrainRecipe:
        """The recipe, with this program's own values where nothing is said."""
        return TrainRecipe.model_validate(dict(self.values))

    def text(self) -> str:
        """``optimiser and learning rate are known from args in the checkpoint; guessed: schedule and epochs``."""
        if not self.values:
            return ""
        text = f"{_listed(self.values)} {'is' if len(self.values) == 1 else 'are'} known from {self.source}"
        return f"{text}; guessed: {_listed(self.unknown)}" if self.unknown else text


def _listed(keys: Iterable[str]) -> str:
    *first, last = [titled(key) for key in keys]
    return f"{', '.join(first)} and {last}" if first else last


def titled(key: str) -> str:
    """A key of a recipe in words."""
    return field_title(key, TrainRecipe.model_fields[key]).lower()


def sound(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those values that a recipe can have: a file may say anything."""
    kept: dict[str, Any] = {}
    for key, value in sorted(values.items(), key=lambda item: item[0] == "schedule"):  # after its milestones
        try:
            TrainRecipe.model_validate({**kept, key: value})
        except ValidationError:
            continue
        kept[key] = value
    return kept
