"""What the original, the unlearned and the retrained net say of every picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.closer.feature_map import FeatureMap
from maga_desk.domain.pictures import ImageSet, PictureIndex

Net = Literal["original", "unlearned", "retrained"]
Split = Literal["train", "test"]
NETS: tuple[Net, ...] = ("original", "unlearned", "retrained")
SPLITS: tuple[Split, ...] = ("train", "test")

FARTHEST = 50.0
"""Log-odds are kept within this: beyond it a net is as sure as numbers can say."""
_AT_ONCE = 4096  # pictures of which values are in memory a second time


@dataclass(frozen=True, eq=False)
class SplitAnswers:
    """What a net says of the pictures of one split.

    :param logits: ``(n, K) float32``.
    :param log_odds: ``(n,) float64``, of the true class against all others together: ``log(p / (1 - p))``.
    :param named: ``(n,) int64``, the class that it names.
    """

    logits: NDArray[np.float32]
    log_odds: NDArray[np.float64]
    named: NDArray[np.int64]

    @classmethod
    def of(cls, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> SplitAnswers:
        """:param labels: ``(n,) int64``, the true classes."""
        count = len(labels)
        odds, named = np.zeros(count), np.zeros(count, dtype=np.int64)
        for first in range(0, count, _AT_ONCE):
            part = slice(first, min(first + _AT_ONCE, count))
            odds[part], named[part] = _read(np.asarray(logits[part], dtype=np.float64), labels[part])
        return cls(logits, odds, named)

    @property
    def probability(self) -> NDArray[np.float64]:
        """``(n,)``, of the true class."""
        found: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-self.log_odds))
        return found

    def probability_of(self, position: int) -> float:
        """Of the true class of one picture, 0 to 1."""
        return float(1.0 / (1.0 + np.exp(-self.log_odds[position])))

    def top(self, position: int, count: int = 5) -> list[tuple[int, float]]:
        """The likeliest classes of one picture with their probabilities, the likeliest first."""
        row = np.nan_to_num(self.logits[position].astype(np.float64), nan=-np.inf)
        shares = np.exp(row - row.max()) if np.isfinite(row.max()) else np.ones_like(row)
        shares /= shares.sum()
        order = np.argsort(-shares, kind="stable")[:count]
        return [(int(each), float(shares[each])) for each in order]


def _read(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Log-odds of the true class, and the class that is named. Numbers that are not finite count as the lowest."""
    rows = np.arange(len(labels))
    logits = np.where(np.isnan(logits), -np.inf, logits)
    named = logits.argmax(axis=1)
    own, others = logits[rows, labels].copy(), logits
    others[rows, labels] = -np.inf
    top = others.max(axis=1, initial=-np.inf)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = safe + np.log(np.exp(others - safe[:, None]).sum(axis=1))
        odds = own - rest  # with one class only there is nothing else: it is as sure as can be
    odds = np.where(np.isnan(odds), -FARTHEST, odds)
    return np.clip(odds, -FARTHEST, FARTHEST), named


@dataclass(frozen=True, eq=False)
class Answers:
    """What one net says of all pictures."""

    train: SplitAnswers
    test: SplitAnswers

    def of(self, split: Split) -> SplitAnswers:
        return self.train if split == "train" else self.test


@dataclass(frozen=True, eq=False)
class CloseLook:
    """All nets of a run, asked about all pictures.

    :param nets: by name; ``retrained`` is missing where there is none that may serve as a yardstick.
    :param forget: ``(N,) bool``, training pictures that this run forgot; ``earlier``: that earlier ones did.
    :param forget_test: ``(M,) bool``, test pictures of a class or kind that went; ``retain_test``: of what stays.
    :param unseen: ``(M,) bool``, test pictures of the same kind as the forget set, which no net was trained on.
    :param task: ``class``, ``sub-class`` or ``random``.
    :param yardstick: which retrained net it is, or why there is none; a sentence.
    :param maps: of some pictures' features, by the name of the projection.
    """

    images: ImageSet
    nets: Mapping[Net, Answers]
    forget: NDArray[np.bool_]
    earlier: NDArray[np.bool_]
    forget_test: NDArray[np.bool_]
    retain_test: NDArray[np.bool_]
    unseen: NDArray[np.bool_]
    task: str
    yardstick: str
    maps: tuple[FeatureMap, ...] = ()
    notes: tuple[str, ...] = ()
    later: NDArray[np.bool_] | None = None

    @property
    def retrained(self) -> Answers | None:
        return self.nets.get("retrained")

    @property
    def classes(self) -> tuple[str, ...]:
        return self.images.classes

    def index(self, split: Split) -> PictureIndex:
        """The pictures of a split."""
        return self.images.train if split == "train" else self.images.test

    def stays(self, split: Split) -> NDArray[np.bool_]:
        """Which pictures of a split stay, or show what stays."""
        if split == "test":
            return self.retain_test
        stays = ~(self.forget | self.earlier)
        return stays if self.later is None else stays & ~self.later

    def goes(self, split: Split) -> NDArray[np.bool_]:
        """Which pictures of a split were forgotten, or show what was."""
        return self.forget if split == "train" else self.forget_test

    def shown_nets(self) -> list[tuple[Net, Answers]]:
        """The nets that there are, in their order."""
        return [(name, self.nets[name]) for name in NETS if name in self.nets]

    def facts(self, split: Split, position: int) -> dict[str, Any]:
        """A picture in words: its name, class, and where it belongs."""
        index = self.index(split)
        if self.goes(split)[position]:
            part = "forgotten" if split == "train" else "unseen, of what was forgotten"
        elif split == "train" and self.earlier[position]:
            part = "forgotten earlier"
        elif split == "train" and self.later is not None and self.later[position]:
            part = "forgotten by a later part of the request"
        elif split == "test" and not self.retain_test[position]:
            part = "unseen, of what was forgotten earlier"
        else:
            part = "stays" if split == "train" else "unseen, of what stays"
        return {"picture": index.names[position], "class": self.classes[index.labels[position]], "part": part}
