"""Durations in words."""

from __future__ import annotations


def exact(seconds: float) -> str:
    """What was measured: ``8.2 s``, ``78 s``, ``12 min 5 s``, ``2 h 10 min``."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 20 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def rough(seconds: float) -> str:
    """What is estimated, no more exact than an estimate is: ``about 12 s``, ``about 3 min``, ``about 1 h 20 min``."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"about {seconds:.0f} s" if seconds < 20 else f"about {5 * round(seconds / 5):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"
