"""Likeness of the penultimate features to those of the retrained net and of the original."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.similarity import PENULTIMATE
from maga_desk.domain.results import Figure


def likeness(judged: Judged) -> Measured:
    """``cka_retrained`` and ``cka_original``."""
    found = judged.layers.get(PENULTIMATE, {})
    return {f"cka_{name}": Figure(value, n=len(judged.case.compared)) for name, value in found.items()}
