"""What a person should know of a request before it is answered: nothing of it refuses the run."""

from __future__ import annotations

from collections.abc import Iterator

from maga_desk.domain.events import Event, Message
from maga_desk.services.erasure import Erasure


def said_before(erasure: Erasure) -> Iterator[Event]:
    """That forgotten pictures stay in sight."""
    for line in erasure.left.warnings():
        yield Message(line, "warning")
