"""The class-aware attack, with classifiers that are trained on the retrained net."""

from __future__ import annotations

from maga_desk.auditing.class_aware import class_aware_attack
from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import share


def class_aware(judged: Judged) -> Measured:
    """``cmia``; of the retrained net as well, which is the yardstick."""
    parts, retrained = judged.case.parts, judged.baselines.retrained
    if retrained is None or not parts.forget_test.any():
        return {}
    right = class_aware_attack(
        retrained.outputs.test,
        judged.look.outputs.test,
        parts.forget_test.numpy(),
        parts.test_labels.numpy(),
        parts.gone,
    )
    return {"cmia": None if right is None else share(right)}
