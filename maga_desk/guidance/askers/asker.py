"""What a questioned model is handed and what it hands back; shared by the local models and the endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Message, Progress


class Picture(Protocol):
    """A picture that is decoded when it is needed."""

    def open(self) -> Image.Image:
        """RGB, as large as its file has it within a bound."""
        ...


@dataclass(frozen=True)
class Ask:
    """One question about one picture.

    :param place: (exemplar, candidate class): where the answer goes.
    :param picture: questions about the same picture share the object and stand next to each other.
    """

    place: tuple[int, int]
    picture: Picture
    question: str


@dataclass(frozen=True)
class Answered:
    """One answer.

    :param value: probability of True over True and False, 0 to 1; NaN: the answer was neither. Of a CLIP-class encoder
        the scaled cosine of picture and text.
    :param tokens: input tokens that it took; ``written`` are output tokens.
    """

    place: tuple[int, int]
    value: float
    tokens: int = 0
    written: int = 0


class Asker(Protocol):
    """A model that can be asked.

    ``model`` and ``revision`` name it in provenance and in the memory of answers; ``loading`` are the seconds that
    bringing it into memory took, known after the first answer.
    """

    model: str
    revision: str
    loading: float

    def ask(self, asks: Iterable[Ask], control: RunControl) -> Iterator[Answered | Message | Progress]:
        """Answers in any order, each as soon as it is there. The model is loaded when the first one is asked for.

        :raises GuidanceError: the model cannot answer; what was answered before stays good.
        :raises Cancelled: in between.
        """
        ...
