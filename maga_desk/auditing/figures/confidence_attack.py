"""The attack on the confidence in the true label."""

from __future__ import annotations

import numpy as np

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import share
from maga_desk.auditing.membership import confidence_attack


def confidence(judged: Judged) -> Measured:
    """``mia_confidence``, in full depth: fitting the machine takes seconds."""
    if judged.case.depth != "full":
        return {}
    train, test = judged.log_probabilities
    parts = judged.case.parts
    members, non_members = train[parts.retain_train], test[parts.retain_test]
    called = confidence_attack(np.exp(members), np.exp(non_members), np.exp(train[parts.forget_train]))
    return {"mia_confidence": None if called is None else share(called)}
