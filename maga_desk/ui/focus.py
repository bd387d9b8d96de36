"""The keyboard's place in the window: Tab follows the reading order, and the focus stays where the person left it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QFormLayout,
    QLayout,
    QMainWindow,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QWidget,
)


def stops(root: QWidget) -> Iterator[QWidget]:
    """Whatever the Tab key can stop at, in the order of the layouts, whether it can be used now or not."""
    if bool(root.focusPolicy() & Qt.FocusPolicy.TabFocus) and root.focusProxy() is None:
        yield root
        return
    for child in _children(root):
        if not child.isWindow():
            yield from stops(child)


def _children(root: QWidget) -> list[QWidget]:
    """Widgets inside, as they are laid out; those outside of layouts come last."""
    shown: list[QWidget | None] | None = None
    if isinstance(root, QScrollArea):
        shown = [root.widget()]
    elif isinstance(root, QStackedWidget):
        shown = [root.currentWidget()]
    elif isinstance(root, QMainWindow):
        shown = [root.centralWidget()]
    elif isinstance(root, QSplitter):
        shown = [root.widget(place) for place in range(root.count())]
    if shown is not None:
        return [each for each in shown if each is not None]
    layout = root.layout()
    placed = list(_placed(layout)) if layout is not None else []
    loose = [each for each in root.children() if isinstance(each, QWidget) and each not in placed]
    return placed + loose


def _placed(layout: QLayout) -> Iterator[QWidget]:
    places = list(range(layout.count()))
    if isinstance(layout, QFormLayout):  # rows may have been inserted later
        places.sort(key=lambda place: _row(layout, place))
    for place in places:
        if (item := layout.itemAt(place)) is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _placed(inner)


def _row(form: QFormLayout, place: int) -> tuple[int, int]:
    row, role = cast(Any, form.getItemPosition(place))  # the stubs do not know what it gives
    return row, role.value


class FocusKeeper(QObject):
    """Moves the focus of one window by Tab, and keeps its place while what had it is disabled or hidden.

    Qt would hand the focus to whatever comes next when a button is disabled by being pressed, and a key meant for the
    button would act there. Here it rests until the button can be used again, or until Tab or a click moves it on.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._left: QWidget | None = None  # what had the focus and cannot have it now
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._moved)

    def move(self, forward: bool) -> bool:
        """Go on to the next stop, or back to the one before; whether there is one."""
        order = list(stops(self._window))
        here = self._window.focusWidget() if self._resting() is None else self._left
        place = next((at for at, each in enumerate(order) if each is here or _holds(each, here)), None)
        if place is None:
            place = -1 if forward else 0
        for step in range(1, len(order) + 1):
            each = order[(place + (step if forward else -step)) % len(order)]
            if each.isVisible() and each.isEnabled():
                reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
                each.setFocus(reason)
                _bring_into_sight(each)
                return True
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.EnabledChange, QEvent.Type.Show) and watched is self._resting():
            widget = self._left
            if widget is not None and widget.isEnabled() and widget.isVisible():
                self._forget()
                widget.setFocus()
        return super().eventFilter(watched, event)

    def _resting(self) -> QWidget | None:
        """What waits for the focus, while nothing else has it."""
        if self._left is not None and not shiboken6.isValid(self._left):
            self._left = None
        return self._left

    def _forget(self) -> None:
        if (left := self._resting()) is not None:
            left.removeEventFilter(self)
        self._left = None

    @Slot(QWidget, QWidget)
    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is None or new.window() is not self._window:
            return
        if old is None or not shiboken6.isValid(old) or old.window() is not self._window or _usable(old):
            self._forget()
            return
        self._forget()
        self._left = old
        old.installEventFilter(self)
        new.clearFocus()


def _usable(widget: QWidget) -> bool:
    """Whether the focus left it by a person's will: a page that is no longer shown counts as that."""
    page = widget.parentWidget()
    while page is not None and not isinstance(page.parentWidget(), QStackedWidget):
        page = page.parentWidget()
    return (widget.isEnabled() and widget.isVisible()) or (page is not None and not page.isVisible())


def _holds(outer: QWidget, inner: QWidget | None) -> bool:
    return inner is not None and outer.isAncestorOf(inner)


def _bring_into_sight(widget: QWidget) -> None:
    outer = widget.parentWidget()
    while outer is not None:
        if isinstance(outer, QScrollArea):
            outer.ensureWidgetVisible(widget)
        outer = outer.parentWidget()
