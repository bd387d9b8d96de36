"""Two results that look like success and are none: nothing was forgotten, and too much of it was.

Both are read from the figures alone.
"""

from __future__ import annotations

from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Figure, Report

GUESSING = 50.0
"""An attack's area under the curve, in percent, where it is as good as a coin."""

_ATTACKS = ("mia_auc", "rmia")
"""Attacks that tell pictures from unseen ones of the same kind: below guessing it is worse at the forgotten."""


def unchanged(report: Report) -> str:
    """Why a result counts as one that changed nothing, in a sentence; empty where it changed something.

    Either not one picture is named otherwise than before, or what was to be forgotten is named as before within the
    interval, and that is not what retraining gives.
    """
    moved = report.moved
    if moved and not moved.get("pictures"):
        return f"Nothing changed: of {moved.get('of', 0):,} pictures not one is named otherwise than before."
    before, now = report.before.value("forget_train"), report.after.figures.get("forget_train")
    if before is None or now is None or not _as_before(report, "forget_train"):
        return ""
    gold = report.retrained.value("forget_train") if report.retrained is not None and report.judged else None
    if gold is not None and abs(now.value - gold) <= MEASURES["forget_train"].close:
        return ""
    if gold is None and report.intent != "concept":
        return ""  # single pictures may well be named as before, and nothing says what retraining would give
    if report.intent != "concept" and "mia_auc" in report.after.figures and not _as_before(report, "mia_auc"):
        return ""
    return (
        f"Nothing measurable was forgotten: {before:.1f} % of what was to go was named rightly before, "
        f"{now.value:.1f} % after, which its 95 % interval ({_text(now)}) does not tell apart."
    )


def _as_before(report: Report, key: str) -> bool:
    """Whether the original's figure lies within the interval of the result's."""
    before, now = report.before.value(key), report.after.figures.get(key)
    if before is None or now is None or now.low is None or now.high is None:
        return False
    return now.low <= before <= now.high


def over_unlearned(report: Report) -> str:
    """That the forgotten give themselves away by being known too little, in a sentence; empty where they do not.

    An attack is far and surely below guessing, its whole interval, and below what it finds in a retrained model.
    """
    for key in _ATTACKS:
        figure = report.after.figures.get(key)
        gold = report.retrained.value(key) if report.retrained is not None and report.judged else None
        if figure is None or not _is_below(figure, GUESSING) or figure.value > GUESSING - MEASURES[key].near:
            continue
        before = report.before.value(key)
        if before is not None and (before <= figure.value or _as_before(report, key)):
            continue  # the original was no better known there: nothing of it is this result's doing
        if gold is not None and figure.value >= gold - MEASURES[key].close:
            continue
        beside = "" if gold is None else f", and retraining gives {gold:.1f} %"
        between = "" if figure.low is None else f" ({_text(figure)})"
        return (
            f"Over-unlearned: {MEASURES[key].title} is {figure.value:.1f} %{between}, below the {GUESSING:.0f} % of "
            f"guessing{beside}. The model is worse at the forgotten pictures than at ones that it never saw, which "
            "gives them away as well."
        )
    return ""


def _is_below(figure: Figure, value: float) -> bool:
    """Surely below: the interval too."""
    return (figure.value if figure.high is None else figure.high) < value


def _text(figure: Figure) -> str:
    low, high = (figure.value if bound is None else bound for bound in (figure.low, figure.high))
    return f"{low:.1f} to {high:.1f} %"
