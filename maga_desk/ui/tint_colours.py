"""Colours for many values at once, light and dark: of points on a map and of its legend.

The single ones are told apart by hue and by lightness, none is the orange of what is to be forgotten. The scale runs
from blue to yellow with even lightness steps, which people who see no red or no green read as well (after cividis:
Nuñez, Anderton and Renslow, PLOS ONE 13, 2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from maga_desk.domain.tints import OTHER, STEPS, UNKNOWN
from maga_desk.ui import theme

_LIGHT = (
    "#1c69ad", "#17703b", "#a3244c", "#6b4aa3", "#0f9a9c", "#c03fa0", "#7a5c1e", "#58a52f", "#2aa5e0", "#14213d",
    "#9d86e0", "#a8a012",
)  # fmt: skip
_DARK = (
    "#63aeee", "#66c690", "#f07a9c", "#b196ea", "#4fd0d0", "#ee8fd6", "#c9a45c", "#a6dd6f", "#9fd9ff", "#f1f3f6",
    "#7d7ff0", "#dcd455",
)  # fmt: skip
_SCALES = {
    False: ("#08264f", "#2f4a6e", "#5c6a76", "#86856f", "#b3a157", "#d9b92e"),
    True: ("#3f63b5", "#6480b4", "#8d9ba8", "#b8b48f", "#dccb62", "#fde74c"),
}
_MARKS = {"forget": "forget", "retain": "retain", "earlier": "text_muted"}


def _dark() -> bool:
    return theme.colours() is theme.DARK


def single(code: int) -> QColor:
    """Of one value."""
    if code in (OTHER, UNKNOWN):
        grey = QColor(theme.colours().text_muted)
        return grey if code == OTHER else QColor(theme.colours().border)
    return QColor((_DARK if _dark() else _LIGHT)[code])


def of_mark(text: str) -> QColor:
    """Of forgetting, keeping and what went before, as everywhere in the window."""
    return QColor(getattr(theme.colours(), _MARKS[text]))


def step(number: int) -> QColor:
    """Of a step of a scale."""
    stops = [QColor(each) for each in _SCALES[_dark()]]
    place = number / (STEPS - 1) * (len(stops) - 1)
    first = min(int(place), len(stops) - 2)
    share = place - first
    one, other = stops[first].getRgb()[:3], stops[first + 1].getRgb()[:3]  # type: ignore[index]
    return QColor(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


def table(colours: dict[int, QColor]) -> NDArray[np.uint32]:
    """``(256,) uint32``: from a code to a colour as Qt's ``Format_RGB32`` has it."""
    found = np.full(256, single(UNKNOWN).rgb(), dtype=np.uint32)
    for code, colour in colours.items():
        found[code] = colour.rgb()
    return found
