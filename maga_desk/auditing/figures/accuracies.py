"""Accuracies on what goes and what stays, and the attack on the entropy, which counts pictures likewise."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import share


def accuracies(judged: Judged) -> Measured:
    """``retain_train``, ``forget_train``, ``retain_test``, ``forget_test``, ``earlier_train`` and ``mia``."""
    return {key: share(hits) for key, hits in judged.hits.items()}
