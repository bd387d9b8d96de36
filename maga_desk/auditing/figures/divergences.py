"""Distances of the probabilities to the retrained net's."""

from __future__ import annotations

from maga_desk.auditing.distances import jensen_shannon, kullback_leibler
from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import mean


def divergences(judged: Judged) -> Measured:
    """``js_to_retrained`` and ``kl_to_retrained``, on the forget set."""
    if judged.retrained is None:
        return {}
    found, wanted = judged.forget_logits, judged.retrained.forget_logits
    return {
        "js_to_retrained": mean(jensen_shannon(found, wanted)),
        "kl_to_retrained": mean(kullback_leibler(wanted, found)),
    }
