"""The pictures that stand for a class when a model is asked about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.pictures import PictureIndex


@dataclass(frozen=True, eq=False)
class Exemplar:
    """A picture of the forget set that a model is asked about.

    :param row: its class.
    """

    pictures: PictureIndex
    position: int
    row: int

    @property
    def name(self) -> str:
        return self.pictures.names[self.position]

    def open(self) -> Image.Image:
        """RGB; the last few stay in memory."""
        return _opened(self)

    @cached_property
    def digest(self) -> str:
        """sha256 of its pixels."""
        picture = self.open()
        return hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).hexdigest()


def choose_exemplars(
    pictures: PictureIndex, forget: NDArray[np.int64], rows: Sequence[int], count: int
) -> list[Exemplar]:
    """At most ``count`` forget pictures of each class, spread evenly: what loses its label is what is asked about.

    :param forget: ``(n,) int64`` positions among ``pictures``, the training pictures.
    """
    found = []
    for row in rows:
        mine = forget[pictures.labels[forget] == row]
        chosen = mine[evenly_placed(len(mine), count)]
        found += [Exemplar(pictures, int(position), row) for position in chosen]
    return found


@lru_cache(maxsize=8)
def _opened(exemplar: Exemplar) -> Image.Image:
    return exemplar.pictures.open(exemplar.position)
