"""How sure a net is of members and of others, and what a threshold on that would tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.closer.answers import CloseLook, Net

Members = Literal["forget", "retain"]


@dataclass(frozen=True)
class Rates:
    """What a threshold tells: a picture at or above it is called a member.

    :param tpr: share of members that are called so, 0 to 1; ``fpr``: of the others.
    """

    threshold: float
    tpr: float
    fpr: float

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

    def at(self, threshold: float) -> Rates:
        tpr, fpr = (
            float((len(each) - np.searchsorted(each, threshold, side="left")) / len(each)) if len(each) else 0.0
            for each in (self.members, self.others)
        )
        return Rates(threshold, tpr, fpr)

    def best(self) -> Rates:
        """At the threshold with the highest balanced accuracy on these very pictures."""
        if not self.known:
            return self.at(0.0)
        marks = np.unique(np.concatenate([self.members, self.others]))
        gains = np.searchsorted(self.others, marks, side="left") / len(self.others)
        gains -= np.searchsorted(self.members, marks, side="left") / len(self.members)
        return self.at(float(marks[int(gains.argmax())]))

    def histogram(self, bins: int = 40) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Edges ``(bins + 1,)``, and of members and others the share in each bin, ``(bins,)`` 0 to 1."""
        both = np.concatenate([self.members, self.others])
        low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 1.0)
        high = high if high > low else low + 1.0
        edges = np.linspace(low, high, bins + 1)
        shares = (np.histogram(each, edges)[0] / max(len(each), 1) for each in (self.members, self.others))
        mine, theirs = shares
        return edges, mine, theirs


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
