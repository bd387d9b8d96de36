"""Distances to the retrained net in accuracies and the entropy attack."""

from __future__ import annotations

from maga_desk.auditing.distances import average_gap, tug_of_war
from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.domain.results import Figure

_ACCURACIES = ("retain_train", "forget_train", "retain_test")
_GAPS = (*_ACCURACIES, "mia")


def gaps(judged: Judged) -> Measured:
    """``gap``, where all four that it averages are known, and ``tow``."""
    if judged.retrained is None:
        return {}
    mine, wanted = judged.hits, judged.retrained.hits
    figures: dict[str, Figure] = {}
    if all(key in mine and len(mine[key]) for key in _GAPS):
        figures["gap"] = average_gap([(mine[key], wanted[key]) for key in _GAPS])
    figures["tow"] = tug_of_war([(mine[key], wanted[key]) for key in _ACCURACIES if len(mine[key])])
    return figures
