"""What was trained on the way to a guessed recipe, and what it reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RecipeTry:
    """A recipe that a model was wholly trained by.

    :param recipe: in words.
    :param reached: percent of the training pictures that stay that the model names rightly; ``None``: it diverged.
    :param wanted: what the original reaches there.
    """

    recipe: str
    reached: float | None
    wanted: float

    def text(self) -> str:
        """``98.2 % of what stays (the original: 99.9 %) by SGD, learning rate 0.1, ...``."""
        reached = "diverged" if self.reached is None else f"{self.reached:.1f} % of what stays"
        return f"{reached} (the original: {self.wanted:.1f} %) by {self.recipe}"


def tries_of(raw: Any) -> tuple[RecipeTry, ...]:
    """From plain data, as records have it; what is none is left out."""
    found = []
    for each in raw if isinstance(raw, list | tuple) else ():
        if not isinstance(each, Mapping):
            continue
        reached, wanted = each.get("reached"), each.get("wanted")
        if isinstance(wanted, int | float):
            percent = float(reached) if isinstance(reached, int | float) else None
            found.append(RecipeTry(str(each.get("recipe", "")), percent, float(wanted)))
    return tuple(found)


def as_records(tries: Sequence[RecipeTry]) -> list[dict[str, Any]]:
    """The inverse of :func:`tries_of`."""
    return [asdict(each) for each in tries]


def tries_text(tries: Sequence[RecipeTry]) -> str:
    """``2 recipes were tried wholly; on what stays they reached 80.1 % and 98.2 %, ...``; empty for a single one."""
    if len(tries) < 2:
        return ""
    *first, last = ["diverged" if each.reached is None else f"{each.reached:.1f} %" for each in tries]
    return (
        f"{len(tries)} recipes were tried wholly; on what stays they reached {', '.join(first)} and {last}, "
        f"the original {tries[-1].wanted:.1f} %."
    )
