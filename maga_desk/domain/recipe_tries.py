"""What was trained on the way to a guessed recipe, and what it reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Knows:
    """How well a net knows the training pictures that stay, percent.

    :param accuracy: of them it names rightly.
    :param sureness: the mean probability of the class that it names. It tells recipes apart that reach one accuracy,
        and attacks on membership go by it.
    """

    accuracy: float
    sureness: float

    def apart(self, other: Knows) -> float:
        """Points by which two differ, in whichever they differ more."""
        return max(abs(self.accuracy - other.accuracy), abs(self.sureness - other.sureness))

    def text(self) -> str:
        """``98.2 % right, 95.1 % sure``."""
        return f"{self.accuracy:.1f} % right, {self.sureness:.1f} % sure"


@dataclass(frozen=True)
class RecipeTry:
    """A recipe that a model was wholly trained by.

    :param recipe: in words.
    :param reached: what its net knows; ``None``: its training diverged.
    :param wanted: what the original knows.
    """

    recipe: str
    reached: Knows | None
    wanted: Knows

    def text(self) -> str:
        """``98.2 % right, 95.1 % sure (the original: 99.9 % right, 99.0 % sure) by SGD, learning rate 0.1, ...``."""
        reached = "diverged" if self.reached is None else self.reached.text()
        return f"{reached} (the original: {self.wanted.text()}) by {self.recipe}"


def tries_of(raw: Any) -> tuple[RecipeTry, ...]:
    """From plain data, as records have it; what is none is left out."""
    found = []
    for each in raw if isinstance(raw, list | tuple) else ():
        wanted = _knows(each.get("wanted")) if isinstance(each, Mapping) else None
        if wanted is not None:
            found.append(RecipeTry(str(each.get("recipe", "")), _knows(each.get("reached")), wanted))
    return tuple(found)


def _knows(raw: Any) -> Knows | None:
    try:
        return Knows(float(raw["accuracy"]), float(raw["sureness"]))
    except (KeyError, TypeError, ValueError):
        return None


def as_records(tries: Sequence[RecipeTry]) -> list[dict[str, Any]]:
    """The inverse of :func:`tries_of`."""
    return [asdict(each) for each in tries]


def tries_text(tries: Sequence[RecipeTry]) -> str:
    """``2 recipes were tried wholly; of what stays they had 80.1 % and 98.2 % right, ...``; empty for a single one."""
    if len(tries) < 2:
        return ""
    *first, last = ["none (diverged)" if each.reached is None else f"{each.reached.accuracy:.1f} %" for each in tries]
    return (
        f"{len(tries)} recipes were tried wholly; of what stays they had {', '.join(first)} and {last} right, "
        f"the original {tries[-1].wanted.accuracy:.1f} %."
    )
