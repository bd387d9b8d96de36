"""What verification models say of a result: figures, and of each whether it is a sign that the pictures were seen.

Every test is made of the original as well, which has seen the pictures: where it does not find that out, that it finds
nothing in the result means nothing. And it is made of each verification model, which has not: where it is told from one
that has, the forget set differs from the unseen pictures, and nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maga_desk.auditing.completeness import TAIL, Tails, completeness, tails
from maga_desk.auditing.ignorance import (
    Contrast,
    Ignorants,
    Pair,
    beside,
    calibrated_auc,
    confidence_pair,
    hits_pair,
    ignorants,
    mean_difference,
    residuals,
)
from maga_desk.auditing.intervals import interval, means, share
from maga_desk.auditing.judging import FEW
from maga_desk.auditing.membership import roc
from maga_desk.auditing.outputs import Outputs
from maga_desk.auditing.parts import Parts
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Figure
from maga_desk.domain.without_retraining import Witnessed, told

Values = NDArray[np.float64]
Found = dict[str, tuple[Figure, Witnessed]]

BLIND = "the original, which has seen the pictures, is not told from a net that has not"
UNLIKE = "nets that never saw the pictures seem to know them, so these differ from the unseen ones they stand beside"
OF_A_KIND = "no sign that the very pictures are known, but how well retraining names a kind it never saw is not known"
ONLY_SHARE = "how far a retrained model would be from the original inside is not known"
TOO_FEW = f"fewer than {FEW} pictures to forget, or unseen ones of the same kind, are too few to say"
SAME = "the features are the original's, unchanged"
_GUESSING, _SAME_FEATURES = 50.0, 0.9995


@dataclass(frozen=True)
class Net:
    """A net that is judged: its outputs, and its pictures' distances from the edge of their class."""

    outputs: Outputs
    distances: Pair


@dataclass(frozen=True)
class Witnesses:
    """Those it is judged by.

    :param models: outputs of the verification models, at least two; ``distances`` those of one of them.
    :param share: of the training pictures each of them was trained on, and ``retained`` that stay, 0 to 1.
    :param from_scratch: whether the original's training is known to have begun with newly drawn weights.
    """

    original: Net
    models: tuple[Outputs, ...]
    distances: Pair
    share: float
    retained: float
    from_scratch: bool = True


def judge_without(net: Net, known: Mapping[str, Figure], by: Witnesses, parts: Parts, task: str) -> Found:
    """The figures of a net, and what each tells; what cannot be known is left out.

    :param known: its other figures.
    :param task: of the forget set: ``class``, ``sub-class`` or ``random``.
    """
    wholly = _goes_wholly(parts)
    found: Found = _of_classes(net, by, parts) if wholly else {}
    found |= _beside_curve(net, by, parts)
    sizes = int(parts.forget_train.sum()), int(parts.non_members.sum())
    if all(sizes):
        compared = ({} if wholly else _recognised(net, by, parts, task)) | _membership(net, by, parts)
        found |= compared if min(sizes) >= FEW else _undecided(compared)
    found |= _inside(known, by)
    return found


def _recognised(net: Net, by: Witnesses, parts: Parts, task: str) -> Found:
    """More than nets that never saw them recognise of them."""
    key, bound = "beyond_ignorance", MEASURES["beyond_ignorance"].near
    models = [hits_pair(each, parts) for each in by.models]
    null = ignorants(models, mean_difference, 0.0)
    result, original = (
        beside(residuals(hits_pair(each.outputs, parts), models), mean_difference) for each in (net, by.original)
    )
    low, high = null.difference(result)
    decided = _checked(told(0.0, low, high, bound), null, original, bound)
    if decided.sign == "none" and task == "sub-class":
        decided = replace(decided, sign="unsure", why=OF_A_KIND)
    return {key: (Figure(result.value, *interval(result.samples), _count(models[0])), decided)}


def _goes_wholly(parts: Parts) -> bool:
    """Whether no class of the forget set has a training picture left."""
    return bool(parts.gone) and bool(np.isin(parts.train_labels[parts.forget_train].numpy(), parts.gone).all())


def _undecided(found: Found) -> Found:
    """The same where there are too few pictures: redrawing a handful of them does not say how sure a figure is."""
    return {key: (figure, replace(each, sign="unsure", why=TOO_FEW)) for key, (figure, each) in found.items()}


def _of_classes(net: Net, by: Witnesses, parts: Parts) -> Found:
    """Of whole classes: how often they are named at all; nets that never saw them do not."""
    on_test = bool(parts.forget_test.any())
    chosen, labels = (parts.forget_test, parts.test_labels) if on_test else (parts.forget_train, parts.train_labels)
    rows = [each.test if on_test else each.train for each in (net.outputs, *by.models)]
    hits = [(each[chosen].argmax(dim=1) == labels[chosen]).numpy() for each in rows]
    named, others = share(hits[0]), [100 * float(each.mean()) for each in hits[1:]]
    assert named is not None and named.low is not None and named.high is not None
    low, high = named.low - max(others), named.high - max(others)
    key = "beyond_ignorance"
    decided = told(0.0, low, high, MEASURES[key].near, fine="lower")
    return {key: (Figure(named.value - max(others), low, high, named.n), decided)}


def _beside_curve(net: Net, by: Witnesses, parts: Parts) -> Found:
    """How much of what stays is known, beside the least that a retrained model should know of it: the straight line
    between the verification models and the original, as accuracy rises with the number of pictures, ever more slowly.
    """
    chosen, key = parts.retain_test, "beside_curve"
    if not chosen.any():
        return {}
    labels = parts.test_labels[chosen]
    after, before, *models = (
        (each.test[chosen].argmax(dim=1) == labels).numpy().astype(np.float64)
        for each in (net.outputs, by.original.outputs, *by.models)
    )
    few = np.mean(models, axis=0)
    weight = float(np.clip((by.retained - by.share) / (1 - by.share), 0, 1)) if before.mean() > few.mean() else 0.0
    apart = 100 * (after - (weight * before + (1 - weight) * few))
    low, high = _no_surer_than_a_picture(apart)
    decided = told(0.0, low, high, MEASURES[key].near, fine="higher")
    return {key: (Figure(float(apart.mean()), low, high, len(apart)), decided)}


def _no_surer_than_a_picture(values: Values) -> tuple[float, float]:
    """An interval of a mean of percents that is never narrower than a picture."""
    low, high = interval(means(values))
    centre, least = float(values.mean()), 100 / len(values)
    return min(low, centre - least), max(high, centre + least)


def _membership(net: Net, by: Witnesses, parts: Parts) -> Found:
    """Whether the pictures are told from unseen ones of the same kind."""
    models = [confidence_pair(each, parts) for each in by.models]
    null = ignorants(models, calibrated_auc, _GUESSING)
    result, original = (residuals(confidence_pair(each.outputs, parts), models) for each in (net, by.original))
    known, bound = beside(original, calibrated_auc), MEASURES["calibrated"].near
    count = _count(result)

    def checked(one: Witnessed) -> Witnessed:
        return _checked(one, null, known, bound)

    found: Found = {}
    low, high = null.difference(net_beside := beside(result, calibrated_auc))
    figure = Figure(net_beside.value, *interval(net_beside.samples), count)
    found["calibrated"] = figure, checked(told(_GUESSING, low, high, bound))
    complete = completeness(result, original)
    if complete is not None and complete.low is not None and complete.high is not None:
        apart = told(100.0, complete.low - 100, complete.high - 100, MEASURES["iam"].near)
        found["iam"] = complete, checked(apart)
    found |= {key: (one, checked(each)) for key, one, each in _tail_figures("iam", tails(result))}
    found |= _by_label(net.distances, by, null)
    return found


def _by_label(distances: Pair, by: Witnesses, null: Ignorants) -> Found:
    """The same from labels alone."""
    measured, bound = roc(*distances), MEASURES["apollo"].near
    known, ignorant = roc(*by.original.distances), roc(*by.distances)
    if measured is None or known is None or ignorant is None:
        return {}

    def checked(one: Witnessed) -> Witnessed:
        seen, unseen = (_apart(each.auc, _GUESSING, bound) for each in (known, ignorant))
        if unseen.sign == "found" or null.bias > bound:
            return replace(one, sign="unsure", why=UNLIKE)
        return replace(one, sign="unsure", why=BLIND) if one.sign == "none" and seen.sign != "found" else one

    found: Found = {"apollo": (measured.auc, checked(_apart(measured.auc, _GUESSING, bound)))}
    return found | {key: (one, checked(each)) for key, one, each in _tail_figures("apollo", tails(distances))}


def _tail_figures(name: str, found: Tails | None) -> Iterator[tuple[str, Figure, Witnessed]]:
    if found is not None:
        for side, figure in (("under", found.under), ("over", found.over)):
            bound = MEASURES[f"{name}_{side}"].near
            yield f"{name}_{side}", figure, _apart(figure, TAIL, bound, found.error, fine="lower")


def _apart(figure: Figure, best: float, bound: float, error: float = 0.0, *, fine: str | None = None) -> Witnessed:
    """Of a figure with an interval, and of what it is compared with, which is uncertain by ``error``."""
    below = figure.value - (figure.value if figure.low is None else figure.low)
    above = (figure.value if figure.high is None else figure.high) - figure.value
    value = figure.value - best
    return told(
        best,
        value - float(np.hypot(below, error)),
        value + float(np.hypot(above, error)),
        bound,
        fine="lower" if fine == "lower" else None,
    )


def _inside(known: Mapping[str, Figure], by: Witnesses) -> Found:
    """Features that are the original's own, unchanged: no net that was trained from new weights has them."""
    likeness = known.get("cka_original")
    if likeness is None:
        return {}
    bound = MEASURES["cka_original"].near
    if by.from_scratch and likeness.value >= _SAME_FEATURES:
        return {"cka_original": (likeness, Witnessed(None, 0.0, 0.0, bound, "found", SAME))}
    return {"cka_original": (likeness, Witnessed(None, 0.0, 0.0, bound, "unsure", ONLY_SHARE))}


def _checked(one: Witnessed, null: Ignorants, original: Contrast, bound: float) -> Witnessed:
    """What the two controls leave of it."""
    if null.bias > bound:
        return replace(one, sign="unsure", why=UNLIKE)
    if one.sign == "none" and null.difference(original)[0] <= bound:
        return replace(one, sign="unsure", why=BLIND)
    return one


def _count(pair: Pair | Sequence[Values]) -> int:
    return len(pair[0]) + len(pair[1])
