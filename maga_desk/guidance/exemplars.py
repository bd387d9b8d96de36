"""The pictures that stand for a class when a model is asked about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maga_desk.data.sources.originals import original
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.pictures import ImageSet


@dataclass(frozen=True, eq=False)
class Exemplar:
    """A picture of the forget set that a model is asked about.

    :param row: its class.
    :param folder: where its file lies below, ``None``: nowhere.
    """

    images: ImageSet
    position: int
    row: int
    folder: Path | None

    @property
    def name(self) -> str:
        return self.images.train.names[self.position]

    def open(self) -> Image.Image:
        """RGB; the last few stay in memory."""
        return _opened(self)

    @cached_property
    def digest(self) -> str:
        """sha256 of its pixels."""
        picture = self.open()
        return hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).hexdigest()


def choose_exemplars(
    images: ImageSet, forget: NDArray[np.int64], rows: Sequence[int], count: int, folder: Path | None
) -> list[Exemplar]:
    """At most ``count`` forget pictures of each class, spread evenly: what loses its label is what is asked about.

    :param forget: ``(n,) int64`` positions among the training pictures.
    """
    found = []
    for row in rows:
        mine = forget[images.train.labels[forget] == row]
        chosen = mine[evenly_placed(len(mine), count)]
        found += [Exemplar(images, int(position), row, folder) for position in chosen]
    return found


@lru_cache(maxsize=8)
def _opened(exemplar: Exemplar) -> Image.Image:
    return original(exemplar.images, exemplar.position, folder=exemplar.folder)
