"""What was done to the marks, in words: one :class:`Step` after the other is how a forget set came about."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.counting import counted

Action = Literal["add", "remove", "keep", "invert", "clear"]
"""``keep``: of what is marked, only these stay marked."""

Deed = Action | Literal["leave"]
"""``leave``: nothing is marked or unmarked; it was decided over copies."""

Means = Literal["hand", "query", "list", "class", "kind", "like", "copies", "map", "shown", "share", "spec", "part"]
"""By what pictures were asked for. ``spec``: by a file or an earlier session that does not say more."""

_ONE_AND_MANY: dict[Means, tuple[str, str]] = {
    "hand": ("picture chosen by hand", "pictures chosen by hand"),
    "query": ("picture found by {}", "pictures found by {}"),
    "list": ("name in {}", "names in {}"),
    "class": ("picture of class {}", "pictures of class {}"),
    "kind": ("picture of kind {}", "pictures of kind {}"),
    "like": ("picture like {}", "pictures like {}"),
    "copies": ("copy of {}", "copies of {}"),
    "map": ("picture {} on the map", "pictures {} on the map"),
    "shown": ("picture shown", "pictures shown"),
    "share": ("picture of a random share of {}", "pictures of a random share of {}"),
    "spec": ("picture that {} names", "pictures that {} names"),
    "part": ("picture of this part", "pictures of this part"),
}
_LONGEST = 80  # letters of what was asked for, in a sentence
PASTED = "what was pasted"
"""The text of a list that stands in no file."""


@dataclass(frozen=True)
class How:
    """By what pictures were asked for.

    :param text: what was asked for: the query, the name of the list, the class or kind; of ``like`` and ``copies`` of
        what (``the 3 pictures selected, 80 % and more``), of ``map`` where (``within a lasso``), of ``share`` how much.
    :param wanted: of a list, how many names it has; 0: not known.
    :param nouns: other words than those of its means: of one picture and of several.
    :param words: the whole sentence, of a step that was recorded before.
    """

    means: Means = "hand"
    text: str = ""
    wanted: int = 0
    nouns: tuple[str, str] | None = None
    words: str = ""

    def noun(self, count: int) -> str:
        """``near copies of what was marked``, in the number of ``count``."""
        if self.means == "list" and self.text == PASTED and self.nouns is None:
            return "name pasted" if count == 1 else "names pasted"
        one, many = self.nouns or _ONE_AND_MANY[self.means]
        text = self.text if len(self.text) <= _LONGEST else f"{self.text[: _LONGEST - 1]}…"
        return (one if count == 1 else many).replace("{}", text)


BY_HAND = How()


@dataclass(frozen=True)
class Step:
    """One change of the marks.

    :param given: how many pictures were asked for, marked before or not.
    :param changed: how many became marked or unmarked.
    :param marked: how many were marked after it.
    :param not_found: names that were asked for with it and are no pictures.
    :param flipped: which changed, as :func:`packed` writes them.
    :param lost_before: all names that were not found before this step, for going back.
    """

    action: Deed
    by: How
    given: int
    changed: int
    marked: int
    not_found: tuple[str, ...] = ()
    flipped: bytes = field(default=b"", repr=False)
    lost_before: tuple[str, ...] = field(default=(), repr=False)

    def positions(self, count: int) -> NDArray[np.int64]:
        """``(changed,) int64``: which of ``count`` pictures became marked or unmarked, in order."""
        return np.flatnonzero(unpacked(self.flipped, count))

    def sentence(self) -> str:
        """``Removed 112 pictures found by kind:drawing``."""
        if self.by.words:
            return self.by.words
        if self.action == "clear":
            return f"Cleared all {counted(self.changed, 'mark')}"
        if self.action == "invert":
            return f"Inverted the marks: {counted(self.marked, 'picture')} marked"
        if self.action == "keep":
            return f"Kept only {self.marked:,} {self.by.noun(self.marked)}; {self.changed:,} no longer marked"
        verb, before = ("Added", "marked before") if self.action == "add" else ("Removed", "not marked before")
        lost = len(self.not_found)
        if self.by.wanted:
            words = f"{verb} {self.changed:,} of {self.by.wanted:,} {self.by.noun(self.by.wanted)}"
        else:
            words = f"{verb} {self.changed:,} {self.by.noun(self.changed)}"
        if self.given > self.changed:
            words += f"; {self.given - self.changed:,} {before}"
        return f"{words}; {lost:,} not found" if lost else words


def packed(mask: NDArray[np.bool_]) -> bytes:
    """``(N,) bool`` in few bytes: of a million pictures a step by hand takes less than a kilobyte."""
    return zlib.compress(np.packbits(mask).tobytes(), 1)


def unpacked(flipped: bytes, count: int) -> NDArray[np.bool_]:
    """``(count,) bool``, as :func:`packed` had it."""
    if not flipped:
        return np.zeros(count, dtype=bool)
    return np.unpackbits(np.frombuffer(zlib.decompress(flipped), dtype=np.uint8), count=count).astype(bool)
