"""What questioning a model needs from outside: a memory, keys, a person's agreement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from maga_desk.domain.opinion import AnswerBook, NoBook


def _no_key(_origin: str) -> str | None:
    return None


@dataclass(frozen=True)
class Means:
    """What questioning needs from outside.

    :param book: where answers are remembered.
    :param key: gives the key of an endpoint, by its origin.
    :param agreed: origins to which a person agreed to send pictures.
    :param loop: a running event loop for the endpoint's traffic; without one it starts its own.
    """

    book: AnswerBook = field(default_factory=NoBook)
    key: Callable[[str], str | None] = _no_key
    agreed: frozenset[str] = frozenset()
    loop: asyncio.AbstractEventLoop | None = None
