"""How sure a net is of members and of others, and what a threshold on that would tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.closer.answers import CloseLook, Net

Members = Literal["forget", "retain"]
_SPLITS, _FEWEST = 20, 2  # random halves over which the accuracy on pictures apart is averaged
_ENOUGH = 40_000  # pictures of all halves together: of many pictures few halves differ little


@dataclass(frozen=True)
class Rates:
    """What a threshold tells: a picture at or above it is called a member, or one below it.

    :param tpr: share of members that are called so, 0 to 1; ``fpr``: of the others.
    :param below: members are those below it, as where too much was forgotten.
    """

    threshold: float
    tpr: float
    fpr: float
    below: bool = False

    @property
    def accuracy(self) -> float:
        """Balanced: the mean of what is right among members and among others; 0.5 is guessing."""
        return (self.tpr + 1.0 - self.fpr) / 2.0


@dataclass(frozen=True, eq=False)
class Scores:
    """Log-odds of the true class of members and of pictures that no net was trained on, each in rising order.

    :param said: who they are, in words.
    """

    members: NDArray[np.float64]
    others: NDArray[np.float64]
    said: tuple[str, str]

    @property
    def known(self) -> bool:
        """Whether there are both."""
        return bool(len(self.members) and len(self.others))

    def at(self, threshold: float, *, below: bool = False) -> Rates:
        """:param below: whether members are those below it."""

        def called(group: NDArray[np.float64]) -> float:
            under = int(np.searchsorted(group, threshold, side="left"))
            return (under if below else len(group) - under) / max(len(group), 1)

        return Rates(threshold, called(self.members), called(self.others), below)

    def best(self) -> Rates:
        """At the threshold and in the direction with the highest balanced accuracy on these very pictures, which is
        more than the same threshold has on others: of 20 and 20 from one distribution it is about 60 %. See
        :meth:`held_out`.
        """
        return self._best

    @cached_property
    def _best(self) -> Rates:
        if not self.known:
            return self.at(0.0)
        marks = np.unique(np.concatenate([self.members, self.others]))
        gains = np.searchsorted(self.others, marks, side="left") / len(self.others)
        gains -= np.searchsorted(self.members, marks, side="left") / len(self.members)
        place = int(np.abs(gains).argmax())
        mark = float(marks[place])
        if place:  # halfway to the score before: it keeps when it is rounded, and lies fairly for other pictures
            middle = (float(marks[place - 1]) + mark) / 2
            mark = middle if float(marks[place - 1]) < middle else mark
        return self.at(mark, below=bool(gains[place] < 0))

    def held_out(self) -> float | None:
        """Balanced accuracy of the best threshold of one half on the other half, 0 to 1, where 0.5 is guessing: the
        mean over random halves, the same at each call, either half set and tried. ``None`` with fewer than two of each.
        """
        return self._held_out

    @cached_property
    def _held_out(self) -> float | None:
        if min(len(self.members), len(self.others)) < 2:
            return None
        rng, found = np.random.default_rng(0), []
        count = len(self.members) + len(self.others)
        for _ in range(max(_FEWEST, min(_SPLITS, _ENOUGH // count))):
            members, others = (_halves(each, rng) for each in (self.members, self.others))
            first, second = (Scores(*each, self.said) for each in zip(members, others, strict=True))
            for set_on, tried_on in ((first, second), (second, first)):
                best = set_on.best()
                found.append(tried_on.at(best.threshold, below=best.below).accuracy)
        return float(np.mean(found))

    @property
    def lower(self) -> bool:
        """Whether members lie lower than others by more than chance: the accuracy on pictures apart is above guessing
        by two standard errors.
        """
        apart = self.held_out()
        if apart is None or not self.best().below:
            return False
        error = float(np.sqrt(1 / len(self.members) + 1 / len(self.others))) / 4
        return apart > 0.5 + 2 * error

    def histogram(self, bins: int = 40) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Edges ``(bins + 1,)``, and of members and others the share in each bin, ``(bins,)`` 0 to 1."""
        both = np.concatenate([self.members, self.others])
        low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 1.0)
        high = high if high > low else low + 1.0
        edges = np.linspace(low, high, bins + 1)
        shares = (np.histogram(each, edges)[0] / max(len(each), 1) for each in (self.members, self.others))
        mine, theirs = shares
        return edges, mine, theirs


def _halves(values: NDArray[np.float64], rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two random halves, each in rising order."""
    chosen = np.zeros(len(values), dtype=bool)
    chosen[rng.permutation(len(values))[: len(values) // 2]] = True
    return values[chosen], values[~chosen]


def scores(look: CloseLook, net: Net, members: Members) -> Scores:
    """Of a net: forgotten training pictures against unseen ones of the same kind, or those that stay against test
    pictures of what stays.
    """
    answers = look.nets[net]
    inside = look.forget if members == "forget" else look.stays("train")
    outside = look.unseen if members == "forget" else look.retain_test
    said = (
        ("forgotten", "unseen, of the same kind")
        if members == "forget"
        else ("trained on, stays", "unseen, of what stays")
    )
    return Scores(np.sort(answers.train.log_odds[inside]), np.sort(answers.test.log_odds[outside]), said)
