"""What a model answered about exemplar pictures, and what asking it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.arrays import Float32s, Int64s
from maga_desk.domain.specs.prompt import Prompt


@dataclass(frozen=True)
class Opinion:
    """The answers behind a transition matrix: n exemplars, K candidate classes.

    :param proposer: ``mllm``, ``endpoint`` or ``clip``.
    :param model: a folder, a hub name, or an endpoint's model; ``demo`` is the project's own toy.
    :param revision: which state of the model answered: a commit, or a digest of its files.
    :param prompt: the template of the question, with ``{class}`` in it.
    :param asked_about: K words that stood for the classes in the questions.
    :param pictures: n names of exemplar pictures.
    :param rows: ``(n,) int64`` the class of each.
    :param p_true: ``(n, K) float32`` probability of True over True and False; NaN where nothing was asked. For
        ``clip`` the softmax over the other classes.
    :param questions: how many answers there are; ``cached`` of them were known and cost nothing.
    :param tokens: tokens that went through the model, or that the endpoint billed.
    :param seconds: of asking, without loading; ``loading`` is that.
    :param cost: in the currency of the given prices, ``None`` where no price is known.
    :param at: ISO time at which the asking ended.
    :param digests: n sha256 of the exemplars' pixels, by which answers are remembered.
    """

    proposer: str
    model: str
    revision: str
    prompt: str
    asked_about: tuple[str, ...]
    pictures: tuple[str, ...]
    rows: Int64s
    p_true: Float32s
    questions: int = 0
    cached: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loading: float = 0.0
    cost: float | None = None
    at: str = ""
    digests: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """``mllm (demo)``: whose opinion it is, for people."""
        return f"{self.proposer} ({self.model})"

    def provenance(self) -> dict[str, Any]:
        """Who was asked what, when, and what it cost: everything but the answers, JSON-able."""
        kept = ("proposer", "model", "revision", "prompt", "questions", "cached", "tokens", "seconds", "loading")
        return {
            **{key: getattr(self, key) for key in kept},
            "prompt_version": Prompt(self.prompt).version,
            "exemplars": len(self.pictures),
            "cost": self.cost,
            "at": self.at,
        }

    def of_class(self, row: int) -> NDArray[np.float32]:
        """``(K,) float32`` mean over the exemplars of a class; NaN where nothing was asked."""
        asked = self.p_true[self.rows == row]
        known = np.isfinite(asked)
        total = np.where(known, asked, 0).sum(axis=0)
        mean: NDArray[np.float32] = np.full(self.p_true.shape[1], np.nan, dtype=np.float32)
        np.divide(total, known.sum(axis=0), out=mean, where=known.any(axis=0), casting="unsafe")
        return mean

    def of_picture(self, name: str) -> NDArray[np.float32] | None:
        """``(K,) float32`` the answers about one picture, ``None`` when it was no exemplar."""
        return self.p_true[self.pictures.index(name)] if name in self.pictures else None


@dataclass(frozen=True)
class AnswerKey:
    """What makes an answer the same answer: pixels, wording (with the class in it), model and its revision."""

    picture: str
    question: str
    model: str
    revision: str


class AnswerBook(Protocol):
    """Where answers are remembered."""

    def known(self, keys: Sequence[AnswerKey]) -> list[float | None]:
        """The probability of True for each key, ``None`` where it was never asked."""
        ...

    def keep(self, keys: Sequence[AnswerKey], p_true: Sequence[float]) -> None:
        """Remember answers; returns when they are safe."""
        ...


class NoBook:
    """Remembers nothing."""

    def known(self, keys: Sequence[AnswerKey]) -> list[float | None]:
        return [None] * len(keys)

    def keep(self, keys: Sequence[AnswerKey], p_true: Sequence[float]) -> None:
        return
