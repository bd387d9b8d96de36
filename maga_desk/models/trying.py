"""Trying a net on a few pictures: which form of it, and which way of reading pixels, makes sense of them.

A stranger's file seldom says how pixels were normalised, and its tensors never say where the net pools. Both change
every answer. So the likely ways are tried on some labelled pictures, and the one that reads most of them rightly is
taken, with the others' figures beside it. Until the order of the classes is known, *rightly* means in the best order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maga_desk.domain.preprocessing import IMAGENET, Order
from maga_desk.models.footprint import at_once
from maga_desk.models.inference import evaluating

_BATCH = 32
CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
CIFAR10_SHORT = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
"""The deviation that kuangliu's and many later CIFAR repositories use: the mean of each picture's own."""
MNIST = ((0.1307,), (0.3081,))
BYTE = 1 / 255


@dataclass(frozen=True)
class Manner:
    """A way of reading pixels.

    :param title: in words, for people.
    :param mean: of each channel, in the order in which they are read, in 0..1.
    :param std: likewise.
    :param order: of the channels.
    """

    title: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    order: Order

    @property
    def reversed(self) -> Manner:
        """The same with red and blue changed."""
        return Manner(f"{self.title}, BGR", self.mean[::-1], self.std[::-1], "BGR")


def manners(order: Order, own: tuple[tuple[float, ...], tuple[float, ...]]) -> list[Manner]:
    """The likely ways for pictures of these channels, the likeliest first.

    :param own: the pictures' own mean and deviation.
    """
    channels = len(own[0])
    said = [
        ("0 to 1, not normalised", (0.0,) * channels, (1.0,) * channels),
        ("-1 to 1 (mean and deviation 0.5)", (0.5,) * channels, (0.5,) * channels),
        ("0 to 255", (0.0,) * channels, (BYTE,) * channels),
    ]
    known: list[tuple[str, tuple[float, ...], tuple[float, ...]]] = []
    if channels == 3:
        known = [
            ("ImageNet's mean and deviation", *IMAGENET),
            ("CIFAR-10's mean and deviation", *CIFAR10),
            ("CIFAR-10's mean with the deviation within pictures", *CIFAR10_SHORT),
            ("ImageNet's mean, 0 to 255 (Caffe)", IMAGENET[0], (BYTE,) * 3),
        ]
    elif channels == 1:
        known = [("MNIST's mean and deviation", *MNIST)]
    ways = [Manner(*each, order) for each in [("the pictures' own mean and deviation", *own), *known, *said]]
    return ways if order != "BGR" else [way.reversed if way.mean in (CIFAR10[0], IMAGENET[0]) else way for way in ways]


@dataclass(frozen=True)
class Reading:
    """How well a net reads some pictures.

    :param accuracy: percent, in the order of classes that is assumed.
    :param matched: percent, in the order of classes that fits best; where the order is known, the same.
    :param order: ``(K,) int64``: for each class of the pictures, the output that answers to it in that best order.
    :param counts: ``(K, outputs) int64``: how many pictures of a class have which answer; of very many classes nothing.
    """

    accuracy: float
    matched: float
    order: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def error(self) -> float:
        """The standard error of :attr:`matched` in percent; 0 where pictures were not counted."""
        pictures, share = int(self.counts.sum()), self.matched / 100
        return 100 * math.sqrt(share * (1 - share) / pictures) if pictures else 0.0

    @classmethod
    def of(cls, answers: NDArray[np.int64], labels: NDArray[np.int64], classes: int) -> Reading:
        """:param answers: ``(n,) int64``, the output that each picture has; ``labels`` likewise."""
        outputs = max(classes, int(answers.max(initial=0)) + 1)
        if outputs > MOST_MATCHED:
            counts = np.bincount(labels[answers == labels], minlength=classes)
            right = 100 * int(counts.sum()) / max(1, len(labels))
            return cls(right, right, np.arange(classes), np.zeros((classes, 0), dtype=np.int64))
        counts = np.zeros((classes, outputs), dtype=np.int64)
        np.add.at(counts, (labels, answers), 1)
        order = _best_order(counts)
        right, best = int((answers == labels).sum()), int(counts[np.arange(classes), order].sum())
        total = max(1, len(labels))
        return cls(100 * right / total, 100 * best / total, order, counts)


def _best_order(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(classes,) int64``: the output for each class with which most pictures are read rightly."""
    own = np.arange(len(counts))
    if (counts[own, own] == counts.max(axis=1)).all():  # no other order can be better
        return own
    from scipy.optimize import linear_sum_assignment  # takes long to import, and few models need it

    return np.asarray(linear_sum_assignment(counts, maximize=True)[1], dtype=np.int64)


MOST_MATCHED = 2_000  # classes of which the best order is looked for


def reads(net: nn.Module, pixels: Tensor, labels: NDArray[np.int64], classes: int, manner: Manner) -> Reading:
    """Show some pictures to a net.

    :param pixels: ``(n, C, H, W) uint8`` in the order of channels that the net reads.
    :param labels: ``(n,) int64``.
    :param classes: how many classes the pictures have.
    """
    mean, std = (torch.tensor(each).view(1, -1, 1, 1) * 255 for each in (manner.mean, manner.std))
    size = at_once(net, (*pixels.shape[1:],), pixels.device, _BATCH)
    with evaluating(net):
        rows = [net((part.float() - mean) / std).float().argmax(dim=1) for part in pixels.split(size)]
    return Reading.of(torch.cat(rows).numpy(), labels, classes)


@dataclass(frozen=True)
class Attempt:
    """One combination that was tried.

    :param form: the architecture's text.
    :param frame: how pictures were brought to the net's size: a key of the frames that were given.
    :param right: percent that count: in the order of the classes where it is known, else in the best order.
    """

    form: str
    way: Manner
    frame: Hashable
    reading: Reading
    right: float


@dataclass(frozen=True)
class Tryout:
    """What is tried.

    :param forms: text -> builds that form, filled with the weights; each is built once a stage and let go.
    :param frames: the same pictures ``(n, C, H, W) uint8`` in each framing, the likeliest first, in the net's channels.
    :param labels: ``(n,) int64``.
    :param classes: how many classes the pictures have.
    :param ways: of reading pixels, the likeliest first.
    :param either_order: red and blue may be the other way round.
    :param by_order: the order of the classes is known: the best is that of the highest accuracy in this order.
    :param between: called between two tries, to stop them.
    """

    forms: Mapping[str, Callable[[], nn.Module]]
    frames: Mapping[Any, Tensor]
    labels: NDArray[np.int64]
    classes: int
    ways: Sequence[Manner]
    either_order: bool
    by_order: bool
    between: Callable[[], object]

    def attempts(self) -> list[Attempt]:
        """Every form with the two likeliest ways, every way with the two best forms, every frame and the other order of
        channels with the best of these; best first.
        """
        found: list[Attempt] = []
        first = next(iter(self.frames))
        for form, build in self.forms.items():
            try:
                found += list(self._shown(form, build(), self.ways[:2], [first]))
            except (RuntimeError, AssertionError, ValueError, IndexError):
                if not found:  # another form that takes no pictures of this size is not the net
                    raise
        for form in list(dict.fromkeys(each.form for each in self._sorted(found)))[:2]:
            found += self._shown(form, self.forms[form](), self.ways[2:], [first])
        best = self._sorted(found)
        leaders = list(dict.fromkeys(each.way for each in best if each.form == best[0].form))[:2]
        others = [frame for frame in self.frames if frame != first]
        if others or self.either_order:
            net = self.forms[best[0].form]()
            found += self._shown(best[0].form, net, leaders, others)
            if self.either_order:
                frame = self._sorted(found)[0].frame
                found += self._shown(best[0].form, net, [way.reversed for way in leaders], [frame])
        return self._sorted(found)

    @staticmethod
    def _sorted(found: list[Attempt]) -> list[Attempt]:
        return sorted(found, key=lambda each: each.right, reverse=True)

    def _shown(
        self, form: str, net: nn.Module, ways: Sequence[Manner], frames: Sequence[Hashable]
    ) -> Iterator[Attempt]:
        for frame in frames:
            for way in ways:
                self.between()
                pixels = self.frames[frame]
                turned = pixels.flip(1) if way.order != self.ways[0].order else pixels
                reading = reads(net, turned, self.labels, self.classes, way)
                yield Attempt(form, way, frame, reading, reading.accuracy if self.by_order else reading.matched)


_FEWEST = 3  # pictures of a class that show to which output it belongs


def mixed_up(reading: Reading) -> bool:
    """Whether the classes stand in another order than is assumed: in the best order much more is right, and that is no
    chance; or some classes are answered by outputs that are read for no other.
    """
    counts = reading.counts
    if not counts.size:
        return False
    places = np.arange(len(counts))
    shown = counts.sum(axis=1)
    own, other = counts[places, places], counts[places, reading.order]
    clear = (reading.order != places) & (shown >= _FEWEST) & (2 * other >= shown) & (4 * own <= other)
    chance = 100 / len(counts)
    gained = reading.matched - reading.accuracy
    if reading.matched < min(2 * chance, 50 + chance / 2):  # some order fits any net a little better than another
        return False
    return int(clear.sum()) >= 2 or (gained > max(5.0, 0.5 * chance) and reading.matched > max(2 * chance, 40.0))


def sample(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Positions of some pictures, as many of each class, evenly spread; sorted."""
    kinds = np.unique(labels)
    each = max(1, count // max(1, len(kinds)))
    return np.sort(np.concatenate(list(_spread(labels, kinds, each)))) if len(kinds) else np.zeros(0, dtype=np.int64)


def _spread(labels: NDArray[np.int64], kinds: NDArray[np.int64], each: int) -> Iterator[NDArray[np.int64]]:
    for kind in kinds:
        places = np.flatnonzero(labels == kind)
        yield places[np.linspace(0, len(places) - 1, min(each, len(places))).round().astype(int)]
