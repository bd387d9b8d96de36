"""``[forget]``: what must be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from maga_desk.domain.errors import name_some
from maga_desk.domain.finding.query import LONGEST
from maga_desk.domain.marking import Action, Means
from maga_desk.domain.specs.section import Name, Place, Section


def _short(query: str) -> str:
    return query if len(query) <= _SHOWN else f"{query[: _SHOWN - 1]}…"


COPY_KEYS = ("with_twins", "near_copies", "left")
"""The keys of ``[forget]`` that say what becomes of copies: they stay as they are when other pictures are marked."""

LONGEST_REASON = 2_000
"""Characters of why a copy stays."""

_SHOWN = 60  # characters of a query in a title


class ForgetStep(Section):
    """One step of how the forget set came about. Keys that are empty are not written."""

    do: Action = Field(
        description="add, remove, keep (of what is marked, only these stay marked), invert or clear; the last two name "
        "no pictures"
    )
    by: Means = Field("spec", description="By what the pictures were asked for; for the record")
    asked: str = Field("", description="What was asked for: the query, the list's name; for the record")
    columns: tuple[Name, ...] = Field(
        (), description="Of a query, the columns of the set that it compared; for the record, which has no more of it"
    )
    words: str = Field("", description="The step in words; for the record")
    wanted: int = Field(0, ge=0, description="Of a list: how many names it has; for the record")
    changed: int = Field(0, ge=0, description="How many pictures became marked or unmarked; for the record")
    marked: int = Field(0, ge=0, description="How many were marked after it; for the record")
    classes: tuple[Name, ...] = Field((), description="All pictures of these classes")
    kinds: tuple[Name, ...] = Field((), description="All pictures of these kinds")
    pictures: tuple[Name, ...] = Field((), description="These pictures")
    query: str = Field(
        "", max_length=LONGEST, description="Pictures by what is known of them; answered once, as the run begins"
    )
    not_found: tuple[Name, ...] = Field((), description="Names that were asked for and are no pictures; for the record")

    @model_validator(mode="after")
    def _names_what_it_takes(self) -> Self:
        if self.do in ("invert", "clear") and (self.classes or self.kinds or self.pictures or self.query.strip()):
            raise ValueError(f"{self.do} names no pictures: it is done to what is marked")
        return self

    @model_serializer(mode="wrap")
    def _without_empty(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in write(self).items() if value or key == "do"}


class CopyDecision(Section):
    """What a person decided over a picture that is like one that goes."""

    picture: Name = Field(description="The picture that stays")
    copy_of: Name = Field(description="The picture that goes, or would go")
    reason: str = Field(
        "", max_length=LONGEST_REASON, description="Why it stays although it is a copy; for record and report"
    )
    no_copy: bool = Field(False, description="It is another picture that only looks alike: nothing more is said of it")

    @property
    def pair(self) -> frozenset[str]:
        """The two names, whichever of them goes."""
        return frozenset((self.picture, self.copy_of))


class ForgetSpec(Section):
    """What must be forgotten; the parts are united."""

    classes: tuple[Name, ...] = Field((), description="Whole classes of the model")
    kinds: tuple[Name, ...] = Field((), description="Sub-classes, when the model knows families of them")
    files: Place | None = Field(
        None, description="A list of pictures: names, paths, values of a column, SHA-256 of files or numbers, one a "
        "line, in a table or in JSON; or numbers or a mask as .npy, .npz or .pt"
    )  # fmt: skip
    files_column: str = Field(
        "", description="The list's column, by its title or its number from 1; default: the one that names pictures"
    )
    files_as: str = Field(
        "", description="What its entries are: name, sha256, number, or a column of the source, of which every picture "
        "with such a value is meant; default: what follows from the pictures",
    )  # fmt: skip
    files_below: str = Field(
        "", description="The folder that the list's paths lie below, where that is not the picture folder"
    )
    index_base: Literal[0, 1] | None = Field(
        None, description="What a list of numbers counts from, where that does not follow from them"
    )
    pictures: tuple[Name, ...] = Field((), description="Picture names, given here")
    group: str = Field(
        "", description="The column of the source that says of whom a picture is, to tell what stays of the same; "
        "default: one that is called so (subject, patient, customer, ...)"
    )  # fmt: skip
    query: str = Field(
        "", max_length=LONGEST, description="Pictures by what is known of them, like `class:cat loss>2`: see Finding"
    )
    found_by: str = Field(
        "", max_length=LONGEST, description="The query that found the classes, kinds and pictures; for the record"
    )
    fraction: float | None = Field(None, gt=0, lt=1, description="A seeded random share of all training pictures")
    together: bool = Field(
        False, description="Whole classes, whole kinds and single pictures in one run, all as single pictures; "
        "default: one run after the other, each with its own goal"
    )  # fmt: skip
    with_twins: bool = Field(
        False, description="Forget further training pictures with the very same pixels too, whatever their class"
    )
    near_copies: Literal["no", "look", "forget"] = Field(
        "no", description="Pictures that show the same in another size, cut, mirrored or recompressed: are not looked "
        "for, are looked for and named before the run and in the record, or are forgotten too"
    )  # fmt: skip
    left: tuple[CopyDecision, ...] = Field((), description="Copies that stay, each with the reason; for the record")
    allow_missing: bool = Field(
        False, description="Go on where names are not among the pictures, here or in the list of what was forgotten "
        "before; the record keeps those that were asked for"
    )  # fmt: skip
    not_found: tuple[Name, ...] = Field((), description="Names that were asked for and are no pictures; for the record")
    later: tuple[Name, ...] = Field(
        (), description="Pictures that later runs of the same request forget: this one does not, and trains on none of "
        "them; written where a request is divided"
    )  # fmt: skip
    history: tuple[ForgetStep, ...] = Field(
        (), description="How it came about, step by step. Where nothing else is named, the steps are the selection; "
        "where something is, they must come to the same pictures"
    )  # fmt: skip

    @model_serializer(mode="wrap")
    def _without_later_keys(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Files and digests of specs without them stay the same."""
        written: dict[str, Any] = write(self)
        later = {
            "history": not self.history,
            "left": not self.left,
            "near_copies": self.near_copies == "no",
            "later": not self.later,
        }
        for key in (key for key, empty in later.items() if empty):
            written.pop(key, None)
        return written

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.names_outcome or self.history)

    @property
    def names_outcome(self) -> bool:
        """Whether anything but its history says what is asked for."""
        named = self.classes or self.kinds or self.files or self.pictures or self.query.strip()
        return bool(named) or self.fraction is not None

    @property
    def asks_in_history(self) -> bool:
        """Whether a step of its history is a query that is not answered yet."""
        return any(step.query.strip() for step in self.history)

    @property
    def queries(self) -> tuple[str, ...]:
        """All that are not answered yet."""
        return tuple(text for text in (self.query, *(step.query for step in self.history)) if text.strip())

    @property
    def may_be_mixed(self) -> bool:
        """Whether this may be several requests with different goals: only its pictures can tell."""
        if self.together:
            return False
        if not self.names_outcome:
            return bool(self.history)
        single = self.files or self.pictures or self.fraction or self.with_twins or self.near_copies == "forget"
        named = (self.classes, self.kinds, single)
        return bool(self.query.strip()) or (bool(self.classes or self.kinds) and sum(map(bool, named)) > 1)

    def title(self) -> str:
        """In few words: ``cat``, ``mug and 12 pictures``, ``5 % of the pictures``; empty where nothing is named."""
        if self.history and not self.names_outcome:
            return f"what {len(self.history)} {'step comes' if len(self.history) == 1 else 'steps come'} to"
        text = [name_some((*self.classes, *self.kinds), 3)] if self.classes or self.kinds else []
        if self.pictures:
            text.append("1 picture" if len(self.pictures) == 1 else f"{len(self.pictures):,} pictures")
        if self.files:
            text.append(f"the pictures in {Path(self.files).name}")
        if self.query.strip():
            text.append(f"the pictures found by {_short(self.query.strip())}")
        if self.fraction is not None:
            text.append(f"{self.fraction * 100:.3g} % of the pictures")
        return " and ".join(text)

    def said(self) -> str:
        """The same with what kind of thing it is: ``class cat``, ``kinds fox, owl and 37 pictures``."""
        named = [
            f"{one if len(names) == 1 else many} {name_some(names, 3)}"
            for one, many, names in (("class", "classes", self.classes), ("kind", "kinds", self.kinds))
            if names
        ]
        rest = self.model_copy(update={"classes": (), "kinds": (), "history": ()}).title()
        return " and ".join([*named, rest] if rest else named)
