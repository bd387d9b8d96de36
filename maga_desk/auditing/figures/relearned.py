"""How many steps of training bring the forgotten back."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.relearning import steps_needed
from maga_desk.domain.results import Figure


def relearned(judged: Judged) -> Measured:
    """``relearn``."""
    curve, relearning = judged.look.relearned, judged.case.relearning
    if curve is None or relearning is None:
        return {}
    return {"relearn": Figure(steps_needed(curve, relearning.level), n=len(relearning.asked))}
