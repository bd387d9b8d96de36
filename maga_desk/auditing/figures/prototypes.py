"""How well a few pictures bring the forgotten back by the head alone."""

from __future__ import annotations

from maga_desk.auditing.figures.judged import Judged, Measured
from maga_desk.auditing.intervals import mean
from maga_desk.auditing.relearning import SHOWN
from maga_desk.domain.results import Figure


def prototypes(judged: Judged) -> Measured:
    """``prototype``: with as many pictures as the last of :data:`~maga_desk.auditing.relearning.SHOWN`."""
    found = judged.look.prototypes
    value = None if found is None else mean(found[SHOWN[-1]].double().numpy())
    if value is None:
        return {}
    percent = [100 * bound for bound in (value.value, value.low or 0.0, value.high or 0.0)]
    return {"prototype": Figure(percent[0], percent[1], percent[2], value.n)}
