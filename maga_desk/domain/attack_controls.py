"""Whether an attack works here: it must tell a net that certainly remembers from one that certainly never saw.

The original was trained on the pictures, the retrained model was not: an attack that finds the same in both would find
it in any result, and call each of them forgotten. Such a figure gives no verdict. The original's must lie farther from
retraining's than the bound within which a result counts as near it, and the 95 % interval of that difference must
exclude 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from maga_desk.domain.measure import Measure
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Audit, Figure, Report

_NO_ATTACKS = {"cka_retrained", "cka_original"}  # likenesses
_OTHERS = {"pair", "pair_gain", "earlier_auc"}  # of pictures that the original is no control for
ATTACKS = frozenset(
    key
    for key, measure in MEASURES.items()
    if measure.group in ("membership", "residue", "returns")
    and key not in _NO_ATTACKS | _OTHERS
    and "verification" not in measure.rests_on
)
"""The keys of the figures that are attacks on what was forgotten; those by verification models have other controls."""

CONTROLS = "controls"
"""Key of records under which :func:`controls` stands."""


@dataclass(frozen=True)
class AttackControl:
    """An attack on the two nets of which the answer is known.

    :param remembers: what it finds in the original, ``never_saw`` in the retrained model (of what tells a result from
        it: by guessing); ``None`` is unknown.
    :param why: why it says nothing; empty where it tells the two apart.
    """

    measure: Measure
    remembers: float | None
    never_saw: float | None
    why: str = ""

    @property
    def tells(self) -> bool:
        return not self.why

    def text(self) -> str:
        """``Loss attack, AUC (original 51.0 %, retrained 50.3 %)``."""
        remembers, never_saw = self.measure.text(self.remembers), self.measure.text(self.never_saw)
        return f"{self.measure.title} (original {remembers}, retrained {never_saw})"


def attack_control(report: Report, key: str) -> AttackControl | None:
    """Of a figure of a report; ``None`` of one that is no attack, and where nothing is judged by retraining."""
    if key not in ATTACKS or not report.judged or report.retrained is None:
        return None
    measure = MEASURES[key]
    remembers = report.before.figures.get(key)
    never = _never_saw(measure, report.retrained)
    if remembers is None or never is None:
        whose = "original" if remembers is None else "retrained model"
        return AttackControl(
            measure,
            _value(remembers),
            _value(never),
            f"there is no such figure of the {whose}, so the attack has no control",
        )
    difference = remembers.value - never.value
    low, high = reach_between(remembers, never, difference)
    tells = abs(difference) > measure.near and not low <= 0 <= high
    told = f"original {measure.text(remembers.value)}, retrained {measure.text(never.value)}"
    why = "" if tells else f"the attack does not tell a net that remembers from one that never saw ({told})"
    return AttackControl(measure, remembers.value, never.value, why)


def silent(report: Report) -> str:
    """Which attacks on the result give no verdict, in a sentence; empty where all do."""
    found = (attack_control(report, key) for key in MEASURES if key in report.after.figures)
    listed = ", ".join(each.text() for each in found if each is not None and not each.tells)
    said = "No verdict by attacks that do not tell a net that remembers from one that never saw"
    return f"{said}: {listed}." if listed else ""


def controls(report: Report) -> dict[str, dict[str, Any]]:
    """All controls of the attacks that were made on the result, by key, for records."""
    found = {key: attack_control(report, key) for key in MEASURES if key in report.after.figures}
    return {
        key: {"remembers": each.remembers, "never_saw": each.never_saw, "tells": each.tells, "why": each.why}
        for key, each in found.items()
        if each is not None
    }


def reach_between(one: Figure | None, other: Figure | None, difference: float) -> tuple[float, float]:
    """The least and largest difference of two figures by their 95 % intervals, as of independent ones; a figure without
    an interval counts as exact.
    """
    (below, above), (other_below, other_above) = _sides(one), _sides(other)
    return difference - math.hypot(below, other_above), difference + math.hypot(above, other_below)


def _never_saw(measure: Measure, retrained: Audit) -> Figure | None:
    return Figure(measure.chance) if measure.chance is not None else retrained.figures.get(measure.key)


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def _sides(figure: Figure | None) -> tuple[float, float]:
    """How far a figure's interval reaches below and above it."""
    if figure is None or figure.low is None or figure.high is None:
        return 0.0, 0.0
    return figure.value - figure.low, figure.high - figure.value
