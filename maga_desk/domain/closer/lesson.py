"""What a copy of a net is taught, to see whether the forgotten comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shown = Literal["forgotten", "retained"]
MOST_STEPS = 500
FORGOTTEN_TOLD, RETAINED_TOLD = "forget_accuracy", "retain_accuracy"


@dataclass(frozen=True)
class Lesson:
    """Training of a copy that nobody keeps.

    :param shown: some forgotten pictures beside those that stay, or only those that stay.
    :param count: how many forgotten pictures are shown, drawn by a fixed seed; ``picked`` counts more.
    :param picked: positions of the forgotten training pictures that are shown.
    """

    shown: Shown = "forgotten"
    count: int = 10
    picked: tuple[int, ...] = ()
    steps: int = 60
