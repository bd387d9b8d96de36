"""When what stays is lost: the same rule for a run that is under way and for its result."""

from __future__ import annotations

FAR = 30.0
"""Points of accuracy below what it should be that are no success, whatever was forgotten."""

KEPT = 0.4
"""The least share of what a net knew above chance."""

_ABOVE = 5.0  # points above chance: a net that is nearer to it has nothing to lose


def is_lost(now: float, should: float, chance: float) -> bool:
    """Whether an accuracy on what stays is far below what it should be, or near chance.

    :param now: in percent; likewise ``should`` (the original's, or retraining's where that is less) and ``chance``.
    """
    near_chance = should > chance + _ABOVE and now - chance < KEPT * (should - chance)
    return now < should - FAR or near_chance
