"""How well a net's probabilities can be trusted on what stays."""

from __future__ import annotations

from maga_desk.auditing.calibration import calibration_error
from maga_desk.auditing.figures.judged import Judged, Measured


def calibration(judged: Judged) -> Measured:
    """``calibration``, on test pictures of what stays."""
    unseen = judged.case.parts.retain_test
    return {"calibration": calibration_error(judged.look.outputs.test[unseen], judged.case.parts.test_labels[unseen])}
