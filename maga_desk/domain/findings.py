"""What a report comes to in plain words: one sentence of result, and what to do where that is not enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.advice import NO_DEEPER, Used, choosing, firmer, gentler, is_used
from maga_desk.domain.attack_controls import ATTACKS, reach_between
from maga_desk.domain.effects import GUESSING, over_unlearned, unchanged
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Figure, Report
from maga_desk.domain.specs.run import INTENT_WORDS
from maga_desk.domain.verdicts import Verdict, disagreements, verdict, verdicts

Kind = Literal[
    "limit", "unchanged", "twins", "yardstick", "guesses", "recognised", "overdone", "others", "membership", "inside",
    "earlier", "pair",
]  # fmt: skip

STILL = 5.0
"""Percent of a concept's pictures that may be named rightly where no yardstick says how many it should be."""

ENOUGH = "By these figures that is enough: save the model on the Export page."
RETRAIN = "Press Retrain to compare"
NAME_RECIPE = (
    "Name the recipe that the original was trained by ([audit] recipe), or Compare with a file if you have a retrained "
    "model."
)


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    :param what: what the figures say, and ``todo`` what to do, a sentence or two each.
    """

    kind: Kind
    what: str
    todo: str


def result_sentence(report: Report, request: str = "") -> str:
    """``Class cat: 80 % → 0 % recognised; the others 87.8 % → 87.3 %; 7 of 19 figures are as after retraining.``

    Classes and kinds are looked at on test pictures where there are any, single pictures on themselves.

    :param request: what was to be forgotten, ``class cat``.
    """
    forgotten, kept = _forgotten_key(report), _kept_key(report)
    subject = request[:1].upper() + request[1:] if request else "What was to be forgotten"
    parts = ["What stays is lost"] if report.ruined else []
    parts += [text.partition(":")[0] for text in (unchanged(report), over_unlearned(report)) if text]
    if (change := _change(report, forgotten)) is not None:
        said = verdict(report, forgotten)
        beside = (
            f" ({_percent(said.retrained)} after retraining)" if _is_single(report) and said.best is not None else ""
        )
        parts.append(f"{subject}: {change} recognised{beside}")
    if (change := _change(report, kept)) is not None:
        parts.append(f"the others {change}")
    judged = [each for each in verdicts(report) if each.grade != "unknown"]
    if judged:
        close = sum(each.grade == "close" for each in judged)
        by = ", by the more careful of two guesses" if disagreements(report) else ""
        parts.append(f"{close} of {len(judged)} figures are as after retraining{by}")
        unsure = sum(each.grade == "unsure" for each in judged)
        if unsure:
            parts.append(f"of {unsure} nothing sure can be said")
    else:
        parts.append("not compared with retraining")
    return f"{'; '.join(parts)}."


def explanation(report: Report) -> str:
    """Why the accuracy on single pictures may stay or rise; empty where something is to be recognised no more."""
    if not _is_single(report):
        return ""
    text = (
        "Single pictures need not become unrecognisable: a model that never saw them still names most of them, as it "
        "names other new pictures. What counts is that it treats them as retraining would"
    )
    before, after = report.before.value("forget_train"), report.after.value("forget_train")
    if before is not None and after is not None and after > before:
        text += f"; so a rise from {_percent(before)} to {_percent(after)} is no fault in itself"
    return f"{text}."


def _limit(report: Report) -> Finding | None:
    """Limits that a person set and that the result does not keep, that ended the run, or that nobody could measure."""
    broken = [each.text() for each in report.limits if each.kept is False and not each.ended]
    unsaid = [each.text() for each in report.limits if each.kept is None or (each.few and each.kept)]
    ended = [f"A limit ended the run early. {report.stopped}"] if report.stopped else []
    if not (broken or unsaid or ended):
        return None
    todo = "Do not promise what was not measured."
    if broken:
        todo = "Run with gentler parameters or another method."
    elif ended:
        todo = "What was forgotten by then is below."
    return Finding("limit", f"{'. '.join((*broken, *ended, *unsaid))}.", todo)


def findings(report: Report, used: Used | None = None, request: str = "") -> tuple[Finding, ...]:
    """What is not as it should be, the most important first; empty where the figures say that it is enough."""
    used = used or Used()
    lost = _others(report, used)
    found = [
        lost if report.ruined else None,
        _limit(report),
        _unchanged(report, used),
        _twins(report),
        _recognised(report, used, request),
        None if report.ruined else lost,
        _membership(report, used),
        _inside(report, used),
        _earlier(report),
        _pair(report),
        _yardstick(report),
        _guesses(report),
    ]
    return tuple(each for each in found if each is not None)


def _recognised(report: Report, used: Used, request: str) -> Finding | None:
    key = _forgotten_key(report)
    judged = verdict(report, key)
    if judged.after is None:
        return None
    subject = request[:1].upper() + request[1:] if request else "What was to be forgotten"
    plural = _is_single(report) and request != "1 picture"
    if judged.difference is None:
        if _is_single(report) or judged.after <= STILL:
            return None
        what = f"{subject} is still recognised: {_percent(judged.after)} of {_where(key)} are named rightly."
        return Finding("recognised", what, firmer(report, used))
    beside = f"{_percent(judged.after)}, where retraining gives {_percent(judged.best)}"
    if judged.difference > judged.measure.close:
        verb = "are" if plural else "is"
        return Finding("recognised", f"{subject} {verb} still recognised: {beside}.", firmer(report, used))
    if judged.grade == "far":  # lower than retraining, and that is a fault here
        what = f"Too much was forgotten: {beside}. To be worse than a new model at these pictures gives them away too."
        return Finding("overdone", what, gentler(report, used))
    return None


def _unchanged(report: Report, used: Used) -> Finding | None:
    said = unchanged(report)
    return Finding("unchanged", said, firmer(report, used)) if said else None


def _twins(report: Report) -> Finding | None:
    """That the net went on learning what it was to forget."""
    count = report.twins.get("stay", 0)
    if not count:
        return None
    have = "1 picture to forget has" if count == 1 else f"{count:,} pictures to forget have"
    what = (
        f"{have} the very same pixels as one that stayed: the model went on learning {'it' if count == 1 else 'them'}."
    )
    return Finding("twins", what, "Press Mark the copies too on the Forget page, and run again.")


def _others(report: Report, used: Used) -> Finding | None:
    judged = verdict(report, _kept_key(report))
    if judged.before is None or judged.after is None:
        return None
    lost, close = judged.before - judged.after, judged.measure.close
    if lost <= close or (judged.difference is not None and judged.difference >= -close):
        return None
    beside = f", where retraining gives {_percent(judged.best)}" if judged.best is not None else ""
    change = f"{_percent(judged.before)} before, {_percent(judged.after)} after{beside}."
    if report.ruined:
        return Finding("others", f"What stays is lost: {change} This is no result.", gentler(report, used))
    what = f"What stays has suffered: {change}"
    return Finding("others", what, gentler(report, used))


def _membership(report: Report, used: Used) -> Finding | None:
    if over := over_unlearned(report):
        return Finding("membership", over, gentler(report, used))
    if report.judged:
        attacks = [each for each in verdicts(report) if each.measure.key in ATTACKS and each.grade == "far"]
        far = [each for each in attacks if each.measure.group == "membership"]
        if not far:
            return None
        what = f"Attacks on membership do not find what they find after retraining: {_listed(far)}."
    else:
        measure, figure = MEASURES["mia_auc"], report.after.figures.get("mia_auc")
        if figure is None or not _is_above(figure, GUESSING) or figure.value <= GUESSING + measure.near:
            return None
        what = (
            f"Whether the pictures were trained on is still visible: the loss tells them from unseen ones "
            f"({_percent(figure.value)}; guessing is {_percent(GUESSING)})."
        )
    if report.intent == "concept":
        best = used.recommended("random")
        method = f" and choose {best.title}" if best is not None and not is_used(used, best) else ""
        words = INTENT_WORDS["membership"]
        return Finding(
            "membership", what, f"If that matters here, set Result on the Run page to \u201c{words}\u201d{method}."
        )
    return Finding("membership", what, firmer(report, used))


def _inside(report: Report, used: Used) -> Finding | None:
    residue = [
        each for each in verdicts(report) if each.measure.group in ("residue", "returns") and each.grade == "far"
    ]
    # less than retraining leaves is no trace; steps to relearn count the other way
    far = [each for each in residue if (each.difference or 0) * (-1 if each.measure.fine == "higher" else 1) > 0]
    if not far:
        return None
    best = used.recommended(report.task)
    todo = NO_DEEPER if best is None or is_used(used, best) else choosing(best)
    return Finding("inside", f"Traces are left inside: {_listed(far)}.", todo)


def _earlier(report: Report) -> Finding | None:
    """That what earlier requests removed came back: surely more of it than before this request."""
    before, after = (net.figures.get("earlier_train") for net in (report.before, report.after))
    if before is None or after is None:
        return None
    gained = after.value - before.value
    if gained <= MEASURES["earlier_train"].close or reach_between(after, before, gained)[0] <= 0:
        return None
    what = (
        f"What earlier requests removed comes back: {_percent(before.value)} of those pictures were named rightly "
        f"before this request, {_percent(after.value)} are after it."
    )
    return Finding("earlier", what, "Run again with all requests together, or choose Retraining on the Run page.")


def _pair(report: Report) -> Finding | None:
    """That both models together tell more of who stays than one alone."""
    told, gain = (report.after.figures.get(key) for key in ("pair", "pair_gain"))
    if told is None or gain is None or not _is_above(told, GUESSING):
        return None
    if gain.value <= MEASURES["pair_gain"].close or not _is_above(gain, 0.0):
        return None
    what = (
        f"The original and the result together tell more of the pictures that stay than one alone: an attack on both "
        f"finds who was in the training with an AUC of {_percent(told.value)}, {gain.value:.1f} points more."
    )
    return Finding("pair", what, "Do not hand out both: withdraw the original where the result is given away.")


def _yardstick(report: Report) -> Finding | None:
    """What is missing to judge by retraining."""
    if report.judged:
        return None
    by = report.yardstick
    if report.retrained is None:
        what = (
            "Whether the result is like a model that never saw the pictures cannot be said: none is there to compare."
        )
        return Finding("yardstick", what, f"{RETRAIN}, or Compare with a file if you have a retrained model.")
    if by is None:
        what = "This report is of an earlier version and does not say what the result was compared with."
        return Finding("yardstick", what, f"{RETRAIN}, or compare with the file again, to have verdicts.")
    if by.falls_short and not by.declarable:
        what = f"Nothing is judged by {by.file}: on what stays it is not as good as the original."
        if by.guessed:
            what = f"Nothing is judged by {by.file}: on what stays it does not come near the original."
        guess = " The original's recipe is unknown, and the guess was not good enough." if by.guessed else ""
        return Finding("yardstick", f"{what}{guess}", NAME_RECIPE)
    what = f"Nothing is judged by {by.file}: it is not known to be retrained without these pictures."
    declare = "If you know that it is, press Declare it retrained; otherwise press Retrain to compare."
    return Finding("yardstick", what, declare if by.declarable else f"{RETRAIN}.")


def _guesses(report: Report) -> Finding | None:
    """That two guesses of the recipe give different verdicts."""
    count = len(disagreements(report))
    if not count:
        return None
    figures = "1 figure" if count == 1 else f"{count} figures"
    what = f"The two guesses of the original's recipe disagree on {figures}; the more careful verdict counts."
    return Finding("guesses", what, NAME_RECIPE)


def _is_single(report: Report) -> bool:
    """Whether nothing has to become unrecognisable."""
    return report.task == "random" or report.intent == "membership"


def _forgotten_key(report: Report) -> str:
    """The figure that says best whether what goes is still recognised."""
    return "forget_train" if report.task == "random" or report.after.value("forget_test") is None else "forget_test"


def _kept_key(report: Report) -> str:
    return "retain_test" if report.after.value("retain_test") is not None else "retain_train"


def _where(key: str) -> str:
    return "its test pictures" if key == "forget_test" else "its pictures"


def _change(report: Report, key: str) -> str | None:
    before, after = report.before.value(key), report.after.value(key)
    if after is None:
        return None
    return _percent(after) if before is None else f"{_percent(before)} → {_percent(after)}"


def _listed(far: Sequence[Verdict]) -> str:
    """``Loss attack, AUC 62.0 % (retraining: 51.0 %) and 2 more``, the farthest first."""
    ordered = sorted(far, key=lambda each: -abs(each.difference or 0.0) / each.measure.near)
    first = [f"{each.measure.title} {each.measure.text(each.after)} (should be {_best(each)})" for each in ordered[:2]]
    more = len(ordered) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def _best(judged: Verdict) -> str:
    return judged.measure.text(judged.best)


def _is_above(figure: Figure, value: float) -> bool:
    """Surely above: the interval too."""
    return (figure.value if figure.low is None else figure.low) > value


def _percent(value: float | None) -> str:
    """``87.8 %``, ``80 %``: one decimal where it says something."""
    return "–" if value is None else f"{value:.1f} %".replace(".0 %", " %")
