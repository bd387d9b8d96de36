"""What training costs: passes of pictures through the net, which any machine counts alike, and on which one it ran."""

from __future__ import annotations

import hashlib
import platform
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Passes:
    """Pictures that went through the whole net, ``forward`` and ``backward``; half a net counts as half a pass."""

    forward: int
    backward: int

    @property
    def total(self) -> int:
        return self.forward + self.backward

    @classmethod
    def from_dict(cls, raw: object) -> Passes | None:
        """The inverse of ``asdict``; ``None`` where nothing of the kind is said."""
        if not isinstance(raw, Mapping):
            return None
        forward, backward = raw.get("forward"), raw.get("backward")
        if not isinstance(forward, int) or not isinstance(backward, int):
            return None
        return cls(forward, backward)

    def text(self) -> str:
        """``12,400 picture passes (8,200 forward, 4,200 backward)``."""
        return f"{self.total:,} picture passes ({self.forward:,} forward, {self.backward:,} backward)"


@dataclass(frozen=True)
class Machine:
    """Where something was measured, and in which state: only there are seconds comparable.

    :param host: a hash that tells machines apart and says nothing else of them.
    :param threads: that torch computed with.
    :param device: its title, as the program shows it; likewise ``precision``.
    """

    host: str
    threads: int
    device: str
    precision: str

    @classmethod
    def from_dict(cls, raw: object) -> Machine | None:
        """The inverse of ``asdict``; ``None`` where nothing of the kind is said."""
        if not isinstance(raw, Mapping):
            return None
        try:
            return cls(str(raw["host"]), int(raw["threads"]), str(raw["device"]), str(raw["precision"]))
        except (KeyError, TypeError, ValueError):
            return None


@cache
def host_mark() -> str:
    """This machine's :attr:`Machine.host`."""
    try:
        own = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):  # not Linux, or a container without one
        own = ""
    own = own or f"{uuid.getnode():x}"
    return hashlib.sha256(f"maga-desk {platform.node()} {own}".encode()).hexdigest()[:12]


def made_at_cost(made: Mapping[str, Any]) -> tuple[float | None, Passes | None, Machine | None]:
    """Seconds, passes and machine as a checkpoint's record has them; ``None`` for what it does not say."""
    seconds = made.get("seconds")
    known = float(seconds) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None
    return known, Passes.from_dict(made.get("passes")), Machine.from_dict(made.get("machine"))
