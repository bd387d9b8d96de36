"""Whether a run harms what stays."""

from __future__ import annotations

from collections.abc import Mapping

from maga_desk.domain.collapse import is_lost

LITTLE = 10.0
"""Points of accuracy below the beginning that are little enough to be good."""

_AGAIN = 5  # looks in a row


class Guard:
    """Watches the accuracy on what stays: whether it falls far below where it began, and does not rise again.

    :param chance: percent that guessing gets.
    :param patient: judge at the end alone. Some methods break what stays and mend it later (SCRUB, random labels); on a
        net whose learning rates are known to suit it, that is their way.
    """

    def __init__(self, chance: float = 0.0, *, patient: bool = False) -> None:
        self._chance, self._patient = chance, patient
        self._first: float | None = None
        self._far: list[float] = []

    def look(self, found: Mapping[str, float]) -> bool:
        """Take a measurement; whether the net is good then.

        :param found: percent by name; ``retain_accuracy`` is looked at.
        """
        now = found.get("retain_accuracy")
        if now is None:
            return True
        if self._first is None:
            self._first = now
        self._far = [*self._far, now] if is_lost(now, self._first, self._chance) else []
        return now >= self._first - LITTLE

    def lost(self, *, last: bool) -> bool:
        """Whether it has been far below for some time without rising, or is so at the end."""
        if self._patient and not last:
            return False
        recent = self._far[-_AGAIN:]
        return bool(recent) and (last or (len(recent) == _AGAIN and max(recent[1:]) < recent[0] + LITTLE))

    def text(self) -> str:
        """``harmed what stays (accuracy 99.9 to 35.0 %)``."""
        return f"harmed what stays (accuracy {self._first or 0:.1f} to {self._far[-1]:.1f} %)"
