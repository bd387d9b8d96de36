"""``SaidRecipe``: what a checkpoint, or what lies beside it, says of how its net was trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.section import field_title

NEEDED = ("optimizer", "lr", "schedule", "epochs", "batch_size", "weight_decay", "augment")
"""Without these a recipe is partly guessed. What else is not said is taken to be as most train: without."""

NAMED = "[audit.recipe]"
"""The source of what a person names."""

GUESSED, ASSUMED = "guessed", "assumed"
"""The sources of what nobody says: of what a recipe needs, and of the rest."""

_LONGEST = 40  # characters of a value that is told
_OF_ITS_OPTIMISER = ("lr", "momentum", "nesterov")


@dataclass(frozen=True)
class SaidRecipe:
    """What is said; empty where nothing is.

    :param values: keys of a :class:`TrainRecipe` and what is said of them.
    :param source: where: "args in the checkpoint".
    :param not_followed: what it says beyond that, which no recipe here can say: "RandAugment".
    :param start: it started from other weights, called so; which file these are in is not known.
    :param sources: of each key where it is said, where that is not ``source``.
    :param impossible: what it says that cannot be, in words: "learning rate -1".
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    not_followed: tuple[str, ...] = ()
    start: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    impossible: tuple[str, ...] = ()

    @classmethod
    def of_record(cls, made: Mapping[str, Any]) -> SaidRecipe:
        """What a record of ours says: the recipe of a net that was trained here, whole; of others, what was read."""
        own, read = made.get("recipe"), made.get("said_recipe")
        if isinstance(own, Mapping) and own:
            return cls({**TrainRecipe().full(), **sound(own)}, "its record", impossible=impossible(own))
        if not isinstance(read, Mapping) or not isinstance(read.get("values"), Mapping):
            return cls()
        beyond = read.get("not_followed")
        beyond = tuple(str(each) for each in beyond) if isinstance(beyond, list | tuple) else ()
        sources = read.get("sources")
        sources = {str(key): str(each) for key, each in sources.items()} if isinstance(sources, Mapping) else {}
        values, wrong = sound(read["values"]), impossible(read["values"])
        return cls(values, str(read.get("source", "")), beyond, str(read.get("start", "")), sources, wrong)

    def naming(self, given: Mapping[str, Any]) -> SaidRecipe:
        """The same with what a person names instead.

        A learning rate and momentum that are said of another optimiser than the one that is named say nothing of that.
        """
        if not given:
            return self
        other = (
            "optimizer" in self.values and given.get("optimizer", self.values["optimizer"]) != self.values["optimizer"]
        )
        kept = {key: value for key, value in self.values.items() if not (other and key in _OF_ITS_OPTIMISER)}
        sources = {**{key: self.source_of(key) for key in kept}, **dict.fromkeys(given, NAMED)}
        start = "" if "start" in given else self.start
        return replace(self, values={**kept, **given}, source=self.source or NAMED, start=start, sources=sources)

    def source_of(self, key: str) -> str:
        """Where a key comes from: :data:`GUESSED` and :data:`ASSUMED` where nobody says it."""
        if key in self.unknown:
            return GUESSED
        return self.sources.get(key, self.source) if key in self.values else ASSUMED

    def all_sources(self) -> dict[str, str]:
        """Of every key of a recipe where it comes from."""
        return {key: self.source_of(key) for key in TrainRecipe.model_fields}

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys of which nothing is said, of those that a recipe needs.

        The start is one of them where training is said to have begun with weights whose file is not named.
        """
        start = ("start",) if self.start and not self.values.get("start") else ()
        return (*(key for key in NEEDED if key not in self.values), *start)

    def recipe(self) -> TrainRecipe:
        """The recipe, with this program's own values where nothing is said."""
        return TrainRecipe.model_validate(dict(self.values))

    def recipe_or_own(self) -> TrainRecipe:
        """The same; this program's own where what is said does not go together."""
        try:
            return self.recipe()
        except ValidationError:
            return TrainRecipe()

    def text(self) -> str:
        """``optimiser and learning rate are known from args in the checkpoint; guessed: schedule and epochs``."""
        if not self.values:
            return ""
        by_source: dict[str, list[str]] = {}
        for key in self.values:
            by_source.setdefault(self.source_of(key), []).append(key)
        (first, keys), *others = by_source.items()
        parts = [f"{_listed(keys)} {'is' if len(keys) == 1 else 'are'} known from {first}"]
        text = ", ".join([*parts, *(f"{_listed(keys)} from {source}" for source, keys in others)])
        return f"{text}; guessed: {_listed(self.unknown)}" if self.unknown else text

    def in_short(self) -> str:
        """``learning rate 0.1, epochs 20 (args in the checkpoint); not said: optimiser and schedule``.

        Empty where nothing is said.
        """
        if not self.values:
            return ""
        if not self.unknown:
            return f"{self.recipe_or_own().text()} ({self.source})"
        said = ", ".join(f"{titled(key)} {_shown(value)}" for key, value in self.values.items())
        return f"{said} ({self.source}); not said: {_listed(self.unknown)}"

    def beyond_text(self) -> str:
        """``Not followed: RandAugment, an average of weights (EMA).``; empty where all is followed."""
        beyond = [*self.not_followed, *(f"{each}, which cannot be" for each in self.impossible)]
        beyond += [f"that it started from {self.start}"] if self.start else []
        return f"Not followed: {', '.join(beyond)}." if beyond else ""


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _listed(keys: Iterable[str]) -> str:
    *first, last = ["the weights it started from" if key == "start" else titled(key) for key in keys]
    return f"{', '.join(first)} and {last}" if first else last


def titled(key: str) -> str:
    """A key of a recipe in words."""
    return field_title(key, TrainRecipe.model_fields[key]).lower()


def impossible(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that no recipe can have, in words: ``learning rate -1``."""
    kept = sound(values)
    return tuple(
        f"{titled(key)} {_shown(value)[:_LONGEST]}"
        for key, value in values.items()
        if key in TrainRecipe.model_fields and key not in kept
    )


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
