"""One figure that an audit can give: what it is, its unit, and when it counts as close to retraining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.specs.run import Depth

Unit = Literal["percent", "points", "nats", "share", "steps", "rank"]
"""``percent``: of pictures, or an area under a curve; ``points``: a difference of percents; ``share``: 0 to 1."""

Group = Literal["accuracy", "distance", "membership", "residue", "returns"]
GROUP_TITLES: Mapping[Group, str] = {
    "accuracy": "What the model still recognises",
    "distance": "How far from retraining",
    "membership": "Whether the pictures give themselves away",
    "residue": "What is left inside",
    "returns": "What comes back when the model is changed",
}

Best = Literal["retrained", "zero", "one"]
"""What a figure should be: what retraining has, or a fixed value where the figure is a distance already."""

Table = Literal["terminal", "intervals", "overall", "requests"]
"""Where the most telling figures stand alone: a comparison's tables on a terminal, with their intervals, and over all
tasks; and the line on the command line for each of several requests.
"""


@dataclass(frozen=True)
class Measure:
    """One figure.

    :param short: for narrow tables.
    :param help: one sentence: what it is, and what it should be.
    :param close: distance from the best value up to which it counts as close, and ``near`` as not far.
    :param rests_on: what it cannot be given without, of ``{"retrained", "shadows", "verification"}``.
    :param unknown: why it can be missing although all that is there.
    :param chance: what it should be where retraining has no value of its own: as good as guessing.
    :param judged: false where even two retrained models are apart, so that no distance is too far.
    :param fine: the side of retraining on which no distance is too far where a concept goes: to recognise it even less
        is no fault.
    :param depth: the least ``[audit] depth`` that gives it.
    :param tables: where it is shown, beside the tables that show every figure.
    :param ranked: contenders are ranked by it, together with the others of its group.
    """

    key: str
    title: str
    short: str
    help: str
    group: Group
    unit: Unit = "percent"
    best: Best = "retrained"
    close: float = 2.0
    near: float = 5.0
    rests_on: frozenset[str] = frozenset()
    unknown: str = "there were no pictures to measure this on"
    judged: bool = True
    chance: float | None = None
    fine: Literal["lower", "higher"] | None = None
    depth: Depth = "quick"
    tables: frozenset[Table] = frozenset()
    ranked: bool = False

    @property
    def name(self) -> str:
        """The title without what the figure is read at: ``RMIA`` of *RMIA, AUC* and of *RMIA at 1 %*."""
        return self.title.partition(",")[0].partition(" at ")[0]

    @property
    def target(self) -> str:
        """What it should be, in words."""
        if self.chance is not None:
            return f"{self.chance:g}, which is guessing"
        return {"retrained": "the retrained model's", "zero": "0", "one": "1"}[self.best]

    @property
    def direction(self) -> str:
        """Which way is better, in words."""
        if not self.judged:
            return "not judged: even two retrained models differ in it"
        words = {
            "retrained": "the nearer the better, on either side",
            "zero": "lower is better",
            "one": "higher is better",
        }
        said = words["retrained" if self.chance is not None else self.best]
        return f"{said}; where a concept goes, {self.fine} is no fault" if self.fine else said

    def defined(self) -> str:
        """All of it in a line: what it is, what it should be, and which way is better."""
        return f"{self.title} ({self.short}): {self.help} Target: {self.target}; {self.direction}."

    def text(self, value: float | None, *, signed: bool = False) -> str:
        """A figure with its unit; a dash when it is unknown."""
        if value is None:
            return "–"
        return in_unit(value, self.unit, signed=signed)


_UNITS: Mapping[str, tuple[int, str]] = {
    "percent": (1, " %"), "points": (2, ""), "nats": (3, ""), "share": (3, ""), "steps": (0, ""), "rank": (1, ""),
}  # fmt: skip


def in_unit(value: float, unit: str, *, signed: bool = False) -> str:
    """A figure with its unit; one of a unit that is not known here has up to six digits."""
    if unit not in _UNITS:
        return f"{value:g}"
    decimals, sign = _UNITS[unit]
    if signed:
        return f"{value:+.{decimals}f}".replace("-", "−")
    return f"{value:.{decimals}f}{sign}"
