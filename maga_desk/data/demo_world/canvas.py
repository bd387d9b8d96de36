"""A supersampled picture to draw on, and the whims that make every drawing different."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from maga_desk.data.demo_world.colours import Colour
from maga_desk.data.demo_world.shapes import Points

SUPERSAMPLING = 4
"""A picture is drawn this many times larger along each side, then averaged down."""

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Placement:
    """Where units land: ``point @ matrix + shift``, in units of half the picture's side from its middle.

    :param matrix: ``(2, 2) float64``.
    :param shift: ``(2,) float64``.
    """

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    @classmethod
    def of(
        cls, x: float = 0.0, y: float = 0.0, *, scale: float = 1.0, degrees: float = 0.0, shear: float = 0.0,
        stretch: float = 1.0, flip: bool = False,
    ) -> Placement:  # fmt: skip
        """Flip and stretch along x, then shear, turn, scale and move."""
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        along_x = (-1.0 if flip else 1.0) * stretch
        matrix = np.array([[along_x, 0.0], [shear, 1.0]]) @ np.array([[cosine, sine], [-sine, cosine]]) * scale
        return cls(matrix, np.array([x, y]))

    def then(self, outer: Placement) -> Placement:
        """This placement inside another."""
        return Placement(self.matrix @ outer.matrix, self.shift @ outer.matrix + outer.shift)


@dataclass(frozen=True)
class Canvas:
    """Draws outlines in object units on a shared picture.

    :param ink: the colour of the line around parts, ``None`` for flat drawings.
    """

    draw: ImageDraw.ImageDraw
    half: float
    placement: Placement
    ink: Colour | None = None

    @classmethod
    def on(cls, image: Image.Image) -> Canvas:
        """A canvas whose units span -1..1 over a square RGB picture."""
        return cls(ImageDraw.Draw(image, "RGBA"), image.width / 2, Placement.of())

    def placed(self, placement: Placement, ink: Colour | None = None) -> Canvas:
        """The same picture with units moved by ``placement``."""
        return replace(self, placement=placement.then(self.placement), ink=ink or self.ink)

    def part(self, outline: Points, colour: Colour) -> None:
        """Fill an outline; with ink, draw its line too."""
        corners = self._pixels(outline)
        self.draw.polygon(corners, fill=colour)
        if self.ink is not None:
            self.draw.line([*corners, *corners[:4]], fill=self.ink, width=max(1, round(self.half / 20)))

    def mark(self, outline: Points, colour: Colour, opacity: float = 1.0) -> None:
        """Fill an outline without a line: a detail, a shade, a gleam."""
        self.draw.polygon(self._pixels(outline), fill=(*colour, round(255 * opacity)))

    def _pixels(self, outline: Points) -> list[int]:
        # Whole numbers, so that the last bit of a cosine cannot move an edge on another machine.
        placed = outline @ self.placement.matrix + self.placement.shift
        flat: list[int] = np.rint((placed + 1.0) * self.half).astype(np.int64).ravel().tolist()
        return flat


def blank(size: int, base: Colour) -> Image.Image:
    """A picture to draw on, supersampled."""
    side = size * SUPERSAMPLING
    return Image.new("RGB", (side, side), base)


@dataclass(frozen=True)
class Colouring:
    """The colours of one thing, and the random stream that its shape is drawn from."""

    rng: np.random.Generator
    main: Colour
    second: Colour

    def between(self, low: float, high: float) -> float:
        """Uniform in low..high."""
        return low + (high - low) * self.rng.random()

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return bool(self.rng.random() < share)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them, all alike likely."""
        return choices[int(self.rng.random() * len(choices))]


Drawer = Callable[[Canvas, Colouring], None]
"""Draws one thing in -1..1 units, facing right."""
