"""What controllers ask of the session database, and how its faults reach the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from maga_desk.domain.errors import UserError
from maga_desk.store.sessions import SessionStore

T = TypeVar("T")
Say = Callable[[str, str], None]  # a line, and its level: "info", "warning" or "error"


class Asking:
    """A question to the store, or ``None`` where there is no store or it has a fault, which is told.

    :param store: ``None`` where no session is kept.
    :param say: takes the fault's line.
    """

    def __init__(self, store: SessionStore | None, say: Say) -> None:
        self._store, self._say = store, say

    def __call__(self, question: Callable[[SessionStore], T]) -> T | None:
        if self._store is None:
            return None
        try:
            return question(self._store)
        except UserError as error:
            self._say(str(error), "error")
            return None
