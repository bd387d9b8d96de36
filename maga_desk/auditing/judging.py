"""All figures of one net, from what was found in it and in those that it is compared with.

Definitions are in ``resources/docs/measures.md``.
"""

from __future__ import annotations

from maga_desk.auditing.compressing import PRUNED
from maga_desk.auditing.figures.judged import Judged
from maga_desk.auditing.figures.registry import measured
from maga_desk.auditing.looking import Case, Look
from maga_desk.domain.measures import resting_on
from maga_desk.domain.results import Audit
from maga_desk.models.inference import accuracy

FEW = 30
"""Fewer pictures than this behind a figure are worth a warning."""


def judge(judged: Judged) -> Audit:
    """The figures of one net; what cannot be known is left out."""
    parts, test = judged.case.parts, judged.look.outputs.test
    per_class = tuple(
        accuracy(test[mine], parts.test_labels[mine]) for mine in map(parts.test_of, range(judged.case.classes))
    )
    return Audit(measured(judged), per_class, judged.layers, _curves(judged.look))


def notes(case: Case, retrained: bool, shadows: bool) -> list[str]:
    """What a reader of the figures must know: what is missing, and what is too small to say much."""
    parts = case.parts
    found = []
    if not retrained:
        found.append(
            "There is no retrained model to judge by: whether the result is like one that never saw the pictures "
            "cannot be said. "
            f"{_begun(_listed(*resting_on('retrained'), 'all verdicts'))} are missing."
        )
    if not shadows:
        attacks = _listed(*resting_on("retrained", "shadows"))
        found.append(f"No shadow models were trained: the attacks to be trusted most, {attacks}, are missing.")
    counts = {
        "pictures to forget": int(parts.forget_train.sum()),
        "training pictures that stay": int(parts.retain_train.sum()),
        "test pictures of what stays": int(parts.retain_test.sum()),
        "test pictures of the same kind as the forget set": int(parts.non_members.sum()),
    }
    few = [f"{count} {what}" for what, count in counts.items() if count < FEW]
    if few:
        found.append(f"There are only {' and '.join(few)}: the intervals are wide, and small differences mean nothing.")
    return found


def _listed(*names: str) -> str:
    """``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _begun(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def _curves(found: Look) -> dict[str, tuple[tuple[float, float], ...]]:
    curves: dict[str, tuple[tuple[float, float], ...]] = {}
    if found.relearned is not None:
        curves["relearn"] = tuple((float(step), value) for step, value in found.relearned)
    if found.prototypes is not None:
        curves["prototype"] = tuple(
            (float(count), 100 * float(right.double().mean())) for count, right in found.prototypes.items()
        )
    if found.returned is not None:
        curves["from_retained"] = tuple((float(step), value) for step, value in found.returned.curve)
    if found.smaller is not None:
        forms = {share: found.smaller[name] for share, name in PRUNED.items()}
        curves["pruned"] = tuple(
            (float(share), 100 * float(form.right.double().mean())) for share, form in forms.items() if form.works
        )
    return curves
