"""Likeness to a net that was never trained."""

from __future__ import annotations

from maga_desk.auditing.distances import zero_retrain_forgetting
from maga_desk.auditing.figures.judged import Judged, Measured


def zero_retrain(judged: Judged) -> Measured:
    """``zrf``."""
    return {"zrf": zero_retrain_forgetting(judged.forget_logits, judged.case.untrained)}
