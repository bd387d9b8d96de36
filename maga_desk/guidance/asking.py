"""What a questioned model is handed and what it hands back; shared by the local model and the endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Message


@dataclass(frozen=True)
class Ask:
    """One question about one picture.

    :param place: (exemplar, candidate class): where the answer goes.
    :param picture: RGB, as large as its file has it; questions about the same picture share the object.
    """

    place: tuple[int, int]
    picture: Image.Image
    question: str


@dataclass(frozen=True)
class Answered:
    """One answer.

    :param p_true: probability of True over True and False, 0 to 1.
    :param tokens: input tokens that it took; ``written`` are output tokens.
    """

    place: tuple[int, int]
    p_true: float
    tokens: int = 0
    written: int = 0


class Asker(Protocol):
    """A model that can be asked.

    ``model`` and ``revision`` name it in provenance and in the memory of answers.
    """

    model: str
    revision: str

    def ask(self, asks: Sequence[Ask], control: RunControl) -> Iterator[Answered | Message]:
        """Answers in any order, each as soon as it is there.

        :raises GuidanceError: the model cannot answer; what was answered before stays good.
        :raises Cancelled: in between.
        """
        ...
