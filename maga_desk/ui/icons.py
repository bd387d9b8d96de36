"""Icons: glyphs of the Phosphor font that QtAwesome brings, drawn sharp at any size in the colours of the theme.

The package takes as long to import as the window to be painted. So buttons, actions and whatever paints ask for icons
by name at any time, and have them once :func:`bring_in` was called, after the first paint.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QSize, Signal, Slot
from PySide6.QtGui import QAction, QIcon, QPainter
from PySide6.QtWidgets import QAbstractButton

from maga_desk.ui import theme

if TYPE_CHECKING:
    from qtawesome import IconicFont

FONT = "ph"
"""QtAwesome's prefix of the font; names are those of https://phosphoricons.com."""
FILE = "phosphor"
"""How the names of the font's files begin; the font's version follows."""
SIZE = QSize(22, 16)
"""Of an icon on a button: wider than the glyph in its middle, or it would touch the words beside it."""


class _Store(QObject):
    """Signal ``opened()``: from now on there are icons."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.is_open = False


class _State:
    store: _Store | None = None


def _store() -> _Store:
    if _State.store is None:
        _State.store = _Store()
    return _State.store


def bring_in() -> None:
    """Import the package and give an icon to whatever asked for one; once the window is on the screen."""
    if not _store().is_open:
        _store().is_open = True
        _store().opened.emit()


def follow(redraw: Callable[[], object]) -> None:
    """Call a widget's slot once there are icons to paint."""
    _store().opened.connect(redraw)


def icon(name: str, colour: str, off: str = "") -> QIcon:
    """The icon in a colour; an empty one before icons were brought in.

    :param off: the colour while what it stands on is off; empty: the same.
    """
    if not name or not _store().is_open:
        return QIcon()
    made: QIcon = _font().icon(f"{FONT}.{name}", color=colour, color_disabled=off or colour)
    return made


@cache
def _font() -> IconicFont:
    """QtAwesome with this one of its twelve fonts, which take ten times as long to open."""
    from qtawesome import IconicFont, get_fonts_info

    folder, files = get_fonts_info()
    file = next(file for file in files if file.startswith(FILE))
    return IconicFont((FONT, file, f"{FILE}-charmap{file.removeprefix(FILE).removesuffix('.ttf')}.json", folder))


def paint(painter: QPainter, area: QRect, name: str, colour: str) -> None:
    """Paint the icon; nothing before icons were brought in."""
    icon(name, colour).paint(painter, area)


def put(target: QAbstractButton | QAction, name: str) -> None:
    """Give a button or an action its icon, or another one; it follows the theme."""
    worn = target.findChild(_Worn)
    if worn is None:
        _Worn(target, name)
    else:
        worn.change(name)


def name_of(target: QAbstractButton | QAction) -> str:
    """The name of a button's or an action's icon; empty when it asked for none."""
    worn = target.findChild(_Worn)
    return worn.name if worn is not None else ""


class _Worn(QObject):
    """The icon of a button or an action, which lives as long as that does."""

    def __init__(self, target: QAbstractButton | QAction, name: str) -> None:
        super().__init__(target)
        if isinstance(target, QAbstractButton):
            target.setIconSize(SIZE)
        self._target, self.name = target, name
        follow(self._put)
        theme.follow(self._put)

    def change(self, name: str) -> None:
        if name != self.name:
            self.name = name
            self._put()

    @Slot()
    def _put(self) -> None:
        c = theme.colours()
        primary = self._target.objectName() == "primary"
        self._target.setIcon(icon(self.name, c.accent_text if primary else c.text, c.disabled))
