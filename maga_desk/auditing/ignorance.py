"""Judging by nets that have certainly never seen the forget set.

Ye et al., "Auditing Machine Unlearning: A Systematic Research on Whether Models Truly Forget" (arXiv 2606.16110, its
abstract): *verification models* are trained on a small share of the retained pictures, and a net has forgotten if it is
as ignorant of the forget set as they are. The tests here are our own. To a net that never saw them, forget pictures and
unseen pictures of the same kind are alike; so of each net it is asked how far it treats the two differently. How hard
each picture is, the verification models tell: their view is taken out first, by a regression on unseen pictures. Each
verification model is judged by the others, which is the control that it must find nothing in; the original is judged
too, which is the control that it must find something in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.auditing.intervals import SEED, interval
from maga_desk.auditing.membership import true_log_probability
from maga_desk.auditing.outputs import Outputs
from maga_desk.auditing.parts import Parts
from maga_desk.auditing.shadow_attacks import confidence_logit

Values = NDArray[np.float64]
Pair = tuple[Values, Values]
"""Of the n forget pictures, and of the m unseen pictures of the same kind."""

Weighed = Callable[[Values, Values], float]
Statistic = Callable[[Pair], Weighed]
"""Of a pair, for how often each of the n and of the m pictures counts."""

ROUNDS = 500
_MOST = 15.0  # of a confidence in logit units: beyond it is rounding


@dataclass(frozen=True)
class Contrast:
    """How far a net treats forget pictures otherwise than unseen ones.

    :param value: by some statistic, with ``samples`` ``(R,)`` of it over redrawn pictures.
    """

    value: float
    samples: Values


def confidence_pair(outputs: Outputs, parts: Parts) -> Pair:
    """Confidence in the true label, log(p / (1 - p)), within 15 of zero."""
    train = true_log_probability(outputs.train, parts.train_labels).numpy()
    test = true_log_probability(outputs.test, parts.test_labels).numpy()
    forget, unseen = train[parts.forget_train], test[parts.non_members]
    return tuple(confidence_logit(each).clip(-_MOST, _MOST) for each in (forget, unseen))  # type: ignore[return-value]


def hits_pair(outputs: Outputs, parts: Parts) -> Pair:
    """1 where a picture is named rightly, 0 where it is not."""
    right_train = (outputs.train.argmax(dim=1) == parts.train_labels).numpy().astype(np.float64)
    right_test = (outputs.test.argmax(dim=1) == parts.test_labels).numpy().astype(np.float64)
    return right_train[parts.forget_train], right_test[parts.non_members]


def residuals(target: Pair, references: Sequence[Pair]) -> Pair:
    """What is left of a net's view once that of the references is taken out.

    A line is fitted to the net's values of the unseen pictures over the references' mean; it never falls.
    """
    forget, unseen = (np.mean([each[side] for each in references], axis=0) for side in (0, 1))
    spread = unseen - unseen.mean()
    total = float(spread @ spread)
    slope = max(0.0, float(spread @ (target[1] - target[1].mean())) / total) if total > 0 else 0.0
    level = float(target[1].mean()) - slope * float(unseen.mean())
    return target[0] - level - slope * forget, target[1] - level - slope * unseen


def calibrated_auc(pair: Pair) -> Weighed:
    """How well residuals tell forget from unseen pictures, 0 to 100; 50 is guessing. Ties count half."""
    forget, unseen = pair
    order = np.argsort(unseen, kind="stable")
    left, right = (np.searchsorted(unseen[order], forget, side) for side in ("left", "right"))

    def of(weights: Values, others: Values) -> float:
        below = np.concatenate([[0.0], np.cumsum(others[order])])
        return 50 * float(weights @ (below[left] + below[right])) / float(weights.sum() * others.sum())

    return of


def mean_difference(pair: Pair) -> Weighed:
    """Of the forget pictures' mean to that of the unseen, in percent for hits."""
    return lambda weights, others: (
        100 * float(np.average(pair[0], weights=weights) - np.average(pair[1], weights=others))
    )


def value_of(pair: Pair, statistic: Statistic) -> float:
    """Of all pictures, each counted once."""
    return statistic(pair)(np.ones(len(pair[0])), np.ones(len(pair[1])))


def beside(pair: Pair, statistic: Statistic) -> Contrast:
    """A statistic of a net, with samples over redrawn pictures."""
    rng, of, sizes = np.random.default_rng(SEED), statistic(pair), (len(pair[0]), len(pair[1]))
    drawn = ([np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64) for n in sizes] for _ in range(ROUNDS))
    return Contrast(value_of(pair, statistic), np.array([of(*weights) for weights in drawn]))


@dataclass(frozen=True)
class Ignorants:
    """The verification models by the same statistic, each judged by the others.

    :param values: one each.
    :param best: what it is where forget and unseen pictures are alike.
    """

    values: tuple[float, ...]
    best: float

    @property
    def bias(self) -> float:
        """How far they are from that on average, although they never saw the forget set."""
        return abs(float(np.mean(self.values)) - self.best)

    def difference(self, net: Contrast) -> tuple[float, float]:
        """The least and largest difference of a net to the best value: by the 95 % interval over pictures, and by as
        much more as nets that never saw them are off.
        """
        low, high = interval(net.samples)
        return low - self.best - self.bias, high - self.best + self.bias


def ignorants(models: Sequence[Pair], statistic: Statistic, best: float) -> Ignorants:
    """:param models: of the verification models, at least two."""
    rest = [[other for other in models if other is not each] for each in models]
    values = [value_of(residuals(each, others), statistic) for each, others in zip(models, rest, strict=True)]
    return Ignorants(tuple(values), best)
