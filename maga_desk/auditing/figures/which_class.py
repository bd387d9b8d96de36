"""Whether the model alone tells which class was forgotten."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.which_class import rank_of_gone


def which_class(judged: Judged) -> Measured:
    """``which_class``, where whole classes go."""
    parts, forget = judged.case.parts, judged.case.forget
    beside = [label for label in range(judged.case.classes) if label not in parts.gone]
    found = rank_of_gone(
        judged.look.head, judged.look.outputs.test, parts.test_labels, tuple(forget.whole_classes), beside
    )
    return {"which_class": found}
