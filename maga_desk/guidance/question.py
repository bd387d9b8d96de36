"""What a proposer is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from maga_desk.data.batches import DeviceSet
from maga_desk.domain.choices import Options
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.prompt import spoken
from maga_desk.guidance.exemplars import Exemplar, choose_exemplars
from maga_desk.guidance.means import Means
from maga_desk.models.entanglement import Entanglement, entanglement
from maga_desk.models.evenly import evenly
from maga_desk.models.runtime import Runtime

STANDING_FOR_A_CLASS = 256


def _not_asked(question: Question, where: str | None = None) -> Generator[Event, None, Likeness]:
    raise NotImplementedError("only a question that a proposer was asked can be handed on")


@dataclass(frozen=True)
class Question:
    """What a proposer is asked.

    :param pictures: on the device, as the classifier sees them; ``images``: the same with their names and originals.
    :param forget: ``(n,) int64`` positions of the forget set.
    :param rows: the classes that lose pictures; only their rows are wanted.
    :param options: the proposer's own keys, of the class that its record names.
    :param ask: puts a question to the proposer that its guidance names; for those that are made of others.
    """

    model: nn.Module
    pictures: DeviceSet
    images: ImageSet
    forget: NDArray[np.int64]
    runtime: Runtime
    rows: Sequence[int]
    guidance: GuidanceSpec
    control: RunControl
    means: Means
    options: Options = field(default_factory=Options)
    ask: Callable[[Question, str | None], Generator[Event, None, Likeness]] = _not_asked

    def exemplars(self) -> list[Exemplar]:
        """The forget pictures that a model is asked about."""
        return choose_exemplars(self.images.train, self.forget, self.rows, self.guidance.exemplars)

    def words(self) -> list[str]:
        """What each class is called in questions."""
        return [spoken(name, self.guidance.names) for name in self.images.classes]

    def of_class(self, label: int) -> Tensor:
        """Positions of the training pictures that stand for a class, evenly spread: ``(n,) int64``, n at most 256."""
        positions = (self.pictures.train.labels.cpu() == label).nonzero().squeeze(1)
        return evenly(positions, STANDING_FOR_A_CLASS)

    def entanglement(self) -> Entanglement:
        """How the classes share features, measured on all training pictures."""
        labels = self.pictures.train.labels.cpu()
        return entanglement(
            self.model, self.pictures.train, labels, len(self.pictures.classes), self.runtime, self.control
        )


@dataclass(frozen=True)
class Likeness:
    """How alike the classes are.

    :param scores: ``(K, K) float64``, not negative; only the asked rows count, the matrix normalises them.
    :param opinions: the answers behind them.
    """

    scores: NDArray[np.float64]
    opinions: tuple[Opinion, ...] = ()
