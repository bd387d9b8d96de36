"""What fine-tuning on retained pictures alone brings back."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import share


def from_retained(judged: Judged) -> Measured:
    """``from_retained``, and ``from_retained_test`` where test pictures show what goes."""
    found, asked = judged.look.returned, judged.case.asked
    if found is None or asked is None:
        return {}
    return {
        "from_retained": share(found.forget.numpy()),
        "from_retained_test": share(found.unseen.numpy()) if asked.are_gone else None,
    }
