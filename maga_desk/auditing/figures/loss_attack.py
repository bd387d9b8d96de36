"""The attack on the loss: how well it tells forget pictures from unseen ones of the same kind."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.membership import roc


def loss_attack(judged: Judged) -> Measured:
    """``mia_auc``, ``mia_tpr1`` and ``mia_tpr01``."""
    train, test = judged.log_probabilities
    parts = judged.case.parts
    found = roc(train[parts.forget_train], test[parts.non_members])
    return {} if found is None else {"mia_auc": found.auc, "mia_tpr1": found.tpr_1, "mia_tpr01": found.tpr_01}
