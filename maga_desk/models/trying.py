"""Trying a net on a few pictures: which form of it, and which way of reading pixels, makes sense of them.

A stranger's file seldom says how pixels were normalised, and its tensors never say where the net pools. Both change
every answer. So the likely ways are tried on some labelled pictures, and the one that reads most of them rightly is
taken, with the others' figures beside it. Until the order of the classes is known, *rightly* means in the best order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from maga_desk.domain.preprocessing import IMAGENET
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
    :param mean: of each channel in 0..1.
    :param std: likewise.
    """

    title: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


def manners(channels: int, own: tuple[tuple[float, ...], tuple[float, ...]]) -> list[Manner]:
    """The likely ways for pictures of so many channels, the likeliest first.

    :param own: the pictures' own mean and deviation.
    """
    plain = [
        Manner("0 to 1, not normalised", (0.0,) * channels, (1.0,) * channels),
        Manner("-1 to 1 (mean and deviation 0.5)", (0.5,) * channels, (0.5,) * channels),
        Manner("0 to 255", (0.0,) * channels, (BYTE,) * channels),
    ]
    known: list[Manner] = []
    if channels == 3:
        known = [
            Manner("ImageNet's mean and deviation", *IMAGENET),
            Manner("CIFAR-10's mean and deviation", *CIFAR10),
            Manner("CIFAR-10's mean with the deviation within pictures", *CIFAR10_SHORT),
            Manner("ImageNet's mean, 0 to 255 (Caffe)", IMAGENET[0], (BYTE,) * 3),
        ]
    elif channels == 1:
        known = [Manner("MNIST's mean and deviation", *MNIST)]
    return [Manner("the pictures' own mean and deviation", *own), *known, *plain]


@dataclass(frozen=True)
class Reading:
    """How well a net reads some pictures.

    :param accuracy: percent, in the order of classes that is assumed.
    :param matched: percent, in the order of classes that fits best; where the order is known, the same.
    :param order: ``(K,) int64``: for each class of the pictures, the output that answers to it in that best order.
    """

    accuracy: float
    matched: float
    order: NDArray[np.int64]


def reads(net: nn.Module, pixels: Tensor, labels: NDArray[np.int64], classes: int, manner: Manner) -> Reading:
    """Show some pictures to a net.

    :param pixels: ``(n, C, H, W) uint8`` in the order of channels that the net reads.
    :param labels: ``(n,) int64``.
    :param classes: how many classes the pictures have.
    """
    mean, std = (torch.tensor(each).view(1, -1, 1, 1) * 255 for each in (manner.mean, manner.std))
    with evaluating(net):
        rows = [net((part.float() - mean) / std).float().argmax(dim=1) for part in pixels.split(_BATCH)]
    answers = torch.cat(rows).numpy()
    outputs = int(answers.max(initial=0)) + 1
    counts = np.zeros((classes, max(classes, outputs)), dtype=np.int64)
    np.add.at(counts, (labels, answers), 1)
    rows_of, order = linear_sum_assignment(counts, maximize=True)
    right, best = int((answers == labels).sum()), int(counts[rows_of, order].sum())
    return Reading(100 * right / len(labels), 100 * best / len(labels), order.astype(np.int64))


@dataclass(frozen=True)
class Attempts:
    """What was tried, best first, as ``(form, manner, reading)``."""

    tried: Sequence[tuple[str, Manner, Reading]]

    @property
    def best(self) -> tuple[str, Manner, Reading]:
        """The one that reads most pictures rightly."""
        return self.tried[0]


def try_all(
    forms: Mapping[str, Callable[[], nn.Module]],
    pixels: Tensor,
    labels: NDArray[np.int64],
    classes: int,
    ways: Sequence[Manner],
    *,
    by_order: bool,
    between: Callable[[], object],
) -> Attempts:
    """Try every form with the likeliest way, then every way with the two best forms.

    :param forms: text -> builds that form, filled with the weights; each is built once and let go.
    :param by_order: the order of the classes is known: the best is that of the highest accuracy in this order.
    :param between: called between two tries, to stop them.
    """
    found: dict[tuple[str, str], tuple[str, Manner, Reading]] = {}

    def score(each: tuple[str, Manner, Reading]) -> float:
        return each[2].accuracy if by_order else each[2].matched

    def show(form: str, net: nn.Module, some: Sequence[Manner]) -> None:
        for way in some:
            between()
            found[form, way.title] = (form, way, reads(net, pixels, labels, classes, way))

    for form, build in forms.items():
        show(form, build(), ways[:2])
    leaders = list(dict.fromkeys(form for form, _, _ in sorted(found.values(), key=score, reverse=True)))[:2]
    for form in leaders:
        show(form, forms[form](), ways[2:])
    return Attempts(sorted(found.values(), key=score, reverse=True))


def mixed_up(reading: Reading, classes: int) -> bool:
    """Whether the classes stand in another order than is assumed: in the best order much more is right, and that is no
    chance.
    """
    chance = 100 / classes
    gained = reading.matched - reading.accuracy
    return gained > max(5.0, 0.5 * chance) and reading.matched > max(2 * chance, 40.0)


def sample(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Positions of some pictures, as many of each class, evenly spread; sorted."""
    kinds = np.unique(labels)
    each = max(1, count // max(1, len(kinds)))
    return np.sort(np.concatenate(list(_spread(labels, kinds, each)))) if len(kinds) else np.zeros(0, dtype=np.int64)


def _spread(labels: NDArray[np.int64], kinds: NDArray[np.int64], each: int) -> Iterator[NDArray[np.int64]]:
    for kind in kinds:
        places = np.flatnonzero(labels == kind)
        yield places[np.linspace(0, len(places) - 1, min(each, len(places))).round().astype(int)]
