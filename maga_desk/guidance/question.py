"""What a proposer is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.prompt import spoken
from maga_desk.guidance.askers.asking import Means
from maga_desk.guidance.exemplars import Exemplar, choose_exemplars
from maga_desk.models.runtime import Runtime


@dataclass(frozen=True)
class Question:
    """What a proposer is asked.

    :param pictures: on the device, as the classifier sees them; ``images``: the same as bytes with their names.
    :param folder: where the pictures' files lie below, ``None`` when they come from no files.
    :param forget: ``(n,) int64`` positions of the forget set.
    :param rows: the classes that lose pictures; only their rows are wanted.
    """

    model: nn.Module
    pictures: DeviceSet
    images: ImageSet
    folder: Path | None
    forget: NDArray[np.int64]
    runtime: Runtime
    rows: Sequence[int]
    guidance: GuidanceSpec
    control: RunControl
    means: Means

    def exemplars(self) -> list[Exemplar]:
        """The forget pictures that a model is asked about."""
        return choose_exemplars(self.images, self.forget, self.rows, self.guidance.exemplars, self.folder)

    def words(self) -> list[str]:
        """What each class is called in questions."""
        return [spoken(name, self.guidance.names) for name in self.images.classes]


@dataclass(frozen=True)
class Likeness:
    """How alike the classes are.

    :param scores: ``(K, K) float64``, not negative; only the asked rows count, the matrix normalises them.
    :param opinions: the answers behind them.
    """

    scores: NDArray[np.float64]
    opinions: tuple[Opinion, ...] = ()
