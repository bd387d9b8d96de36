"""What the original and this net together tell about who stays."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.looking import Look
from maga_desk.auditing.pair_attack import Sides, sides_of, told_by


def pair(judged: Judged) -> Measured:
    """``pair`` and ``pair_gain``, in full depth; of the original what it tells alone, without a gain."""
    original = judged.baselines.original
    if judged.case.depth != "full" or original is None:
        return {}
    alone = original is judged.look
    told = told_by(_sides(judged, original), None if alone else _sides(judged, judged.look))
    return {} if told is None else {"pair": told.auc, "pair_gain": told.gain}


def _sides(judged: Judged, look: Look) -> Sides:
    parts = judged.case.parts
    stays, unseen = parts.retain_train, parts.retain_test
    return sides_of(
        look.outputs.train[stays], look.outputs.test[unseen], parts.train_labels[stays], parts.test_labels[unseen]
    )
