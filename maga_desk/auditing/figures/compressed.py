"""What the net remembers in a smaller form."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import share
from maga_desk.auditing.membership import roc
from maga_desk.domain.results import Figure

SHOWN = ("int8", "int4", "pruned")


def compressed(judged: Judged) -> Measured:
    """``int8``, ``int4``, ``pruned``, and ``int8_auc``, ``int4_auc``, ``pruned_auc``."""
    forms, found = judged.look.smaller, dict[str, Figure | None]()
    if forms is None:
        return {}
    for name in SHOWN:
        form = forms[name]
        told = roc(form.forget.numpy(), form.unseen.numpy()) if form.works else None
        found[name] = share(form.right.numpy()) if form.works else None
        found[f"{name}_auc"] = told.auc if told is not None else None
    return found
