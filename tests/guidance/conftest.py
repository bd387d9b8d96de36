"""Pictures to ask about, and a book of answers in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from maga_desk.data.demo_world.kinds import KINDS
from maga_desk.data.demo_world.world import render, stream
from maga_desk.domain.opinion import AnswerKey
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.guidance.exemplars import Exemplar

HELD_OUT = 4711  # a seed that neither the demo nor its small model was made with


class Noted:
    """An ``AnswerBook`` in memory."""

    def __init__(self) -> None:
        self.answers: dict[AnswerKey, float] = {}
        self.lots: list[int] = []

    def known(self, keys: Sequence[AnswerKey]) -> list[float | None]:
        return [self.answers.get(key) for key in keys]

    def keep(self, keys: Sequence[AnswerKey], p_true: Sequence[float]) -> None:
        self.lots.append(len(keys))
        self.answers |= dict(zip(keys, p_true, strict=True))


@pytest.fixture
def book() -> Noted:
    return Noted()


@pytest.fixture(scope="session")
def demo_pictures() -> ImageSet:
    """Ten held-out pictures of each of the demo world's kinds."""
    pixels, labels, names = [], [], []
    for k, kind in enumerate(KINDS):
        for number in range(10):
            pixels.append(render(kind, stream(HELD_OUT, "test", kind, number)).transpose(2, 0, 1))
            labels.append(k)
            names.append(f"train/{kind}/{number}.png")
    split = PictureIndex(InMemory(np.stack(pixels)), np.array(labels), np.array(labels), tuple(names))
    return ImageSet(split, split, tuple(KINDS), tuple(KINDS))


@pytest.fixture
def exemplars(demo_pictures: ImageSet) -> list[Exemplar]:
    """Two dogs and one truck."""
    return [
        Exemplar(demo_pictures.train, KINDS.index(kind) * 10 + number, KINDS.index(kind))
        for kind, number in (("dog", 0), ("dog", 1), ("truck", 0))
    ]
