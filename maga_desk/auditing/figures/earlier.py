"""Whether what earlier requests removed comes back: those of a stream are audited again with each later one."""

from __future__ import annotations

import torch

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import share
from maga_desk.auditing.membership import roc


def earlier(judged: Judged) -> Measured:
    """``earlier_test`` and ``earlier_auc``; nothing where there was no earlier request."""
    parts = judged.case.parts
    if not parts.earlier_train.any():
        return {}
    shown = ~(parts.retain_test | parts.forget_test)  # they show what went before
    right = judged.look.outputs.test.argmax(dim=1) == parts.test_labels
    train, test = judged.log_probabilities
    alike = shown
    if not alike.any():  # single pictures went: unseen ones of their classes
        alike = torch.isin(parts.test_labels, parts.train_labels[parts.earlier_train].unique())
    told = roc(train[parts.earlier_train], test[alike])
    return {"earlier_test": share(right[shown].numpy()), "earlier_auc": told.auc if told is not None else None}
