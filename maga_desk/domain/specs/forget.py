"""``[forget]``: what must be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from maga_desk.domain.errors import name_some
from maga_desk.domain.specs.section import Name, Place, Section


def _short(query: str) -> str:
    return query if len(query) <= _SHOWN else f"{query[: _SHOWN - 1]}…"


_SHOWN = 60  # characters of a query in a title


class ForgetSpec(Section):
    """What must be forgotten; the parts are united."""

    classes: tuple[Name, ...] = Field((), description="Whole classes of the model")
    kinds: tuple[Name, ...] = Field((), description="Sub-classes, when the model knows families of them")
    files: Place | None = Field(
        None, description="A list of pictures: a name or a number a line, or a table with a column of names; or "
        "numbers or a mask as .npy, .npz or .pt"
    )  # fmt: skip
    index_base: Literal[0, 1] | None = Field(
        None, description="What a list of numbers counts from, where that does not follow from them"
    )
    pictures: tuple[Name, ...] = Field((), description="Picture names, given here")
    query: str = Field(
        "", max_length=100_000, description="Pictures by what is known of them, like `class:cat loss>2`: see Finding"
    )
    found_by: str = Field(
        "", max_length=100_000, description="The query that found the classes, kinds and pictures; for the record"
    )
    fraction: float | None = Field(None, gt=0, lt=1, description="A seeded random share of all training pictures")
    together: bool = Field(
        False, description="Whole classes, whole kinds and single pictures in one run, all as single pictures; "
        "default: one run after the other, each with its own goal"
    )  # fmt: skip
    with_twins: bool = Field(
        False, description="Forget further training pictures with the very same pixels too, whatever their class"
    )
    allow_missing: bool = Field(
        False, description="Go on where names are not among the pictures, here or in the list of what was forgotten "
        "before; the record keeps those that were asked for"
    )  # fmt: skip
    not_found: tuple[Name, ...] = Field((), description="Names that were asked for and are no pictures; for the record")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.classes or self.kinds or self.files or self.pictures or self.query.strip() or self.fraction)

    @property
    def may_be_mixed(self) -> bool:
        """Whether this may be several requests with different goals: only its pictures can tell."""
        if self.together:
            return False
        single = self.files or self.pictures or self.fraction or self.with_twins
        named = (self.classes, self.kinds, single)
        return bool(self.query.strip()) or (bool(self.classes or self.kinds) and sum(map(bool, named)) > 1)

    def title(self) -> str:
        """In few words: ``cat``, ``mug and 12 pictures``, ``5 % of the pictures``; empty where nothing is named."""
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
        rest = self.model_copy(update={"classes": (), "kinds": ()}).title()
        return " and ".join([*named, rest] if rest else named)
