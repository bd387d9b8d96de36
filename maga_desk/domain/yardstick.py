"""What a result is judged by, and why that may count as retrained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from maga_desk.domain.outside import number_in
from maga_desk.domain.recipe_tries import RecipeTry, tries_of, tries_text
from maga_desk.domain.specs.recipe import TrainRecipe

Standing = Literal["record", "declaration", "none"]
"""``record``: the file's own record says that it is the retrained model of this very request; ``declaration``: a person
says so, and what can be checked was checked; ``none``: nothing is judged by it."""

FRESH = "fresh"
"""What a record says of a net that was trained from newly drawn weights."""


@dataclass(frozen=True)
class Yardstick:
    """The net that a result is compared with.

    :param file: its name, without the folder.
    :param sha256: of the file.
    :param declared_by: who says that it is retrained, where its record does not.
    :param reasons: why it counts, or why not; a sentence each.
    :param accuracies: percent, by what was checked.
    :param declarable: nothing in its record forbids a person to declare it retrained.
    :param when: it was trained, as its record has it: ``2026-11-28T09:40:00+0000``; empty where it does not say.
    :param guessed: the guessed recipe that it was made by, in words, where the original's is unknown; else empty.
    :param falls_short: it does not reach the original's accuracy on what stays, or, made by a guess, knows it
        otherwise.
    :param sources: of each key of its recipe where it comes from; empty where its record does not say.
    :param not_followed: what is said of the original's training and was not done, in words; else empty.
    :param tries: what was trained on the way to a guess, in that order.
    """

    file: str
    sha256: str
    standing: Standing
    declared_by: str = ""
    reasons: tuple[str, ...] = ()
    accuracies: Mapping[str, float] = field(default_factory=dict)
    declarable: bool = False
    when: str = ""
    guessed: str = ""
    falls_short: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    not_followed: str = ""
    tries: tuple[RecipeTry, ...] = ()

    @property
    def judges(self) -> bool:
        """Whether there are verdicts by it."""
        return self.standing != "none"

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any] | None) -> Yardstick | None:
        """The inverse of ``asdict``, also after a trip through JSON; ``None`` where nothing of the kind is said."""
        if not raw:
            return None
        standing = raw.get("standing")
        return cls(
            str(raw.get("file", "")),
            str(raw.get("sha256", "")),
            standing if standing in ("record", "declaration") else "none",
            str(raw.get("declared_by", "")),
            tuple(str(reason) for reason in raw.get("reasons", ())),
            dict(raw.get("accuracies", {})),
            bool(raw.get("declarable", False)),
            str(raw.get("when", "")),
            str(raw.get("guessed", "")),
            bool(raw.get("falls_short", False)),
            dict(raw.get("sources") or {}),
            str(raw.get("not_followed", "")),
            tries_of(raw.get("tries")),
        )

    @property
    def said(self) -> tuple[str, ...]:
        """All that is to be said of it, a sentence each: the reasons, what was tried, what was not followed."""
        tried = tries_text(self.tries)
        return (*self.reasons, *([tried] if tried else []), *([self.not_followed] if self.not_followed else []))

    @property
    def standing_text(self) -> str:
        """``retrained by declaration of N. N.``"""
        return {
            "record": "retrained by its own record",
            "declaration": f"retrained by declaration of {self.declared_by}",
            "none": "not a yardstick",
        }[self.standing]

    def text(self) -> str:
        """``gold.safetensors (sha256 1a2b3c4d5e6f), retrained by its own record``; where that says when, ``the model
        retrained on 28 Nov 2026 without exactly these pictures, by its own record: ...``.
        """
        file = f"{self.file} (sha256 {self.sha256[:12]})" if self.sha256 else self.file
        day = _day(self.when)
        if self.standing == "record" and day:
            return f"the model retrained on {day} without exactly these pictures, by its own record: {file}"
        return f"{file}, {self.standing_text}"


def _day(when: str) -> str:
    """``28 Nov 2026``; empty where that cannot be read."""
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        return ""
    return f"{moment.day} {moment:%b %Y}"


@dataclass(frozen=True)
class TrainingRecord:
    """What a checkpoint's metadata says of its training; empty or ``None`` for what it does not.

    :param by: the command that made it: ``train``, ``retrain``, ``unlearn``.
    :param start: ``fresh``, or ``sha256:`` and the hash of the weights that it started from.
    :param trained_on: the digest of the list of pictures.
    :param pictures: how many these are.
    :param data: the fingerprint of the pictures that these were chosen from.
    :param left_out: how many of those were left out.
    """

    by: str = ""
    start: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    trained_on: str = ""
    pictures: int | None = None
    data: str = ""
    left_out: int | None = None

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> TrainingRecord:
        own = made.get("retrained")
        if made.get("by") == "unlearn" and isinstance(own, Mapping):  # beside what was carried on from the original
            made = {**own, "by": "retrain"}
        by = _text(made.get("by"))
        left_out = made.get("excluded") if by == "train" else None  # a retraining's was carried on from the original
        start = _text(made.get("start")) or (FRESH if by in ("train", "retrain") else "")
        recipe = made.get("recipe")
        return cls(
            by,
            start,
            dict(recipe) if isinstance(recipe, Mapping) else {},
            _text(made.get("trained_on")),
            number_in(made.get("train_pictures")),
            _text(made.get("data")),
            number_in(left_out),
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Wanted:
    """What the record of the retrained model of a request says.

    :param recipe: empty where nobody says how the original was trained.
    :param named: the recipe is not in the original's record: a person named it.
    :param partly: what of it is known and from where, where not all is.
    :param trained_on: the digest of the pictures that stay; ``pictures`` is their number.
    """

    arch: str
    start: str
    recipe: Mapping[str, Any]
    trained_on: str
    pictures: int
    named: bool = False
    partly: str = ""


@dataclass(frozen=True)
class Claim:
    """What a net's record amounts to.

    :param by_record: it says all that is needed.
    :param declarable: a person may declare what it does not say.
    :param guessed: the recipe that it was made by, in words, where nobody says the original's; else empty.
    """

    by_record: bool
    declarable: bool
    reasons: tuple[str, ...]
    guessed: str = ""


def claim_of(record: TrainingRecord, arch: str, wanted: Wanted) -> Claim:
    """Compare a record with what is wanted.

    Where the record says that other pictures were trained on, or that the net is an unlearned one, nobody can declare
    otherwise.
    """
    said = f"Its record: trained from {_start_text(record.start)} ({arch})"
    if record.by not in ("train", "retrain"):
        if record.by == "unlearn":
            return Claim(False, False, ("It is an unlearned model, not a retrained one.",))
        return Claim(False, True, ("It has no record of how it was trained.",))
    faults = []
    if arch != wanted.arch:
        faults.append(f"It is a {arch}; the original is a {wanted.arch}.")
    if record.start != (wanted.start or FRESH):
        faults.append(
            f"It was trained from {_start_text(record.start)}, the original from {_start_text(wanted.start)}."
        )
    differing = _differing(record.recipe, wanted.recipe, whole=not wanted.partly) if wanted.recipe else {}
    if differing:
        listed = ", ".join(f"{key} {own} for {its}" for key, (own, its) in differing.items())
        faults.append(f"Its recipe is not the original's: {listed}.")
    if not record.trained_on:
        faults.append("Its record does not say on which pictures it was trained.")
    elif record.trained_on != wanted.trained_on:
        other = "It was trained on other pictures than those that stay."
        return Claim(False, False, (*faults, other))
    guessed = "" if wanted.recipe and not wanted.partly else recipe_text(record.recipe)
    if faults:
        return Claim(False, True, tuple(faults), guessed)
    known = "the recipe named for the original" if wanted.named else "the original's recipe"
    recipe = ("a partly guessed recipe" if wanted.partly else "a guessed recipe") if guessed else known
    text = f"{said} by {recipe}, on exactly the {wanted.pictures:,} pictures that stay."
    return Claim(True, True, (text, unknown_recipe(guessed, wanted.partly)) if guessed else (text,), guessed)


_AUGMENTED: Mapping[Any, Any] = {"shift": True, "none": False}  # as records have it


def _differing(own: Mapping[str, Any], wanted: Mapping[str, Any], *, whole: bool) -> dict[str, tuple[Any, Any]]:
    """Where two recorded recipes differ. Records leave out what is as this program has always done it.

    :param whole: what the wanted one does not name is as this program does it; else it is not known.
    """
    defaults, always = TrainRecipe.model_fields, TrainRecipe().model_dump()
    pairs = {}
    own, wanted = _written(own), _written(wanted)
    for key in dict.fromkeys((*wanted, *(key for key in own if whole and key not in always))):
        default = defaults[key].default if key in defaults and key not in always else "unknown"
        pairs[key] = _plain(own.get(key, default)), _plain(wanted.get(key, default))
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _written(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """As records have it: flips and shifts are true, no augmentation is false."""
    said = dict(recipe)
    if "augment" in said:
        said["augment"] = {"shift": True, "none": False}.get(said["augment"], said["augment"])
    return said


def _plain(value: Any) -> Any:
    """As JSON reads it: lists for tuples."""
    return list(value) if isinstance(value, tuple) else value


def unknown_recipe(guessed: str, partly: str = "") -> str:
    """That the original's recipe is unknown, and by which guess a model was retrained instead.

    :param partly: what of it is known and from where, and what is guessed.
    """
    if partly:
        return f"The original's recipe is known in part: {partly}. The retrained model was made by {guessed}."
    return f"The original's recipe is unknown: the retrained model was made by a guessed recipe ({guessed})."


def recipe_text(recipe: Mapping[str, Any]) -> str:
    """A recorded recipe in words; as it stands, where another version wrote it."""
    try:
        return TrainRecipe.model_validate(recipe).text()
    except ValidationError:
        return ", ".join(f"{key} {value}" for key, value in recipe.items())


def hardly_better(accuracy: float, chance: float) -> bool:
    """Whether an accuracy is hardly above chance, both in percent: below twice of it, or a fifth of the way to 100."""
    return accuracy < chance + min(chance, 0.2 * (100 - chance))


def _start_text(start: str) -> str:
    return "a fresh initialisation" if start == FRESH else f"weights {start.removeprefix('sha256:')[:12]}"
