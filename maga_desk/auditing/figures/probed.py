"""What a linear probe reads off the features."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import share


def probed(judged: Judged) -> Measured:
    """``probe``."""
    found = judged.look.probed
    return {"probe": None if found is None else share(found.numpy())}
