"""What can be said of a result where no retrained model is there, and how far that goes.

Nets that were trained on a small share of the retained pictures have certainly never seen the forget set. What they,
and the original that has seen it, do with it tells whether the result still shows a *sign* of it. A sign speaks against
a result. That none was found speaks for it only as far as these tests can see: it is never called *as after
retraining*.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Sign = Literal["found", "none", "unsure"]
"""``found``: the whole interval lies beyond the bound; ``none``: the whole interval lies within it."""

SIGN_WORDS: Mapping[Sign, str] = {
    "found": "a sign of it",
    "none": "no sign of it",
    "unsure": "too near the bound to say",
}


@dataclass(frozen=True)
class Witnessed:
    """One figure of the result, beside what it would be of a net that never saw the pictures.

    :param expected: of such a net, ``None`` where that is not known, and ``bound`` how far from it still counts as
        there, in the measure's unit.
    :param low: least difference of the result to it within the 95 % interval, ``high`` the largest.
    :param why: what stands against a sign or its absence; empty where nothing does.
    """

    expected: float | None
    low: float
    high: float
    bound: float
    sign: Sign
    why: str = ""


@dataclass(frozen=True)
class WithoutRetraining:
    """What verification models say of a result.

    :param models: how many there are, each trained on ``share`` (0 to 1) of the retained pictures: ``pictures``.
    :param told: by key of a measure.
    """

    models: int
    share: float
    pictures: int
    told: Mapping[str, Witnessed] = field(default_factory=dict)

    def by(self) -> str:
        """``3 verification models``."""
        return f"{self.models} verification models"

    def text(self) -> str:
        """What it rests on and how far it goes, for the notes of a report."""
        return (
            f"Judged without a retrained model, by {self.by()}, each trained on {self.pictures:,} of the retained "
            f"pictures ({100 * self.share:.0f} %). A sign that they find speaks against the result. That they find "
            "none does not show that it is as after retraining: they see outputs, not what is left inside, and not "
            "how well a retrained model would know what stays or what is alike."
        )

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any] | None) -> WithoutRetraining | None:
        """The inverse of ``asdict``, also after a trip through JSON; ``None`` where there is none."""
        if not raw:
            return None
        told = {key: Witnessed(**each) for key, each in (raw.get("told") or {}).items()}
        return cls(int(raw["models"]), float(raw["share"]), int(raw["pictures"]), told)


def told(
    expected: float, low: float, high: float, bound: float, *, fine: Literal["lower", "higher"] | None = None
) -> Witnessed:
    """Decide by the least and the largest difference.

    :param fine: the side on which no difference is too large.
    """
    above = math.inf if fine == "higher" else bound
    below = -math.inf if fine == "lower" else -bound
    sign: Sign = "none" if below <= low and high <= above else "found" if low > above or high < below else "unsure"
    return Witnessed(expected, low, high, bound, sign)
