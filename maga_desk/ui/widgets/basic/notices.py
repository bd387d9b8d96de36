"""The one place where the window tells something: at the foot of the page, over nothing that can be pressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from maga_desk.ui.widgets.basic.notice import Level, Notice

LEAST_SECONDS, LETTERS_A_SECOND = 5, 15
FOOT_HEIGHT = 50
"""Pixels: two lines of text fit."""


def reading_time(text: str) -> int:
    """Milliseconds for which a text stays that leaves by itself."""
    return 1000 * max(LEAST_SECONDS, len(text) // LETTERS_A_SECOND)


@dataclass(frozen=True)
class _Said:
    text: str
    level: Level
    page: str
    topic: str


class Notices(Notice):
    """Shows the newest of what was said on the page in sight; those of other pages wait there.

    Information leaves by itself, but not while the pointer rests on it or the window is not in use. A warning or an
    error stays until it is closed, until its topic is told of again, or until another session begins. It lies over
    ``foot``, the strip below the pages, and takes no room: a long text grows upwards.

    :param foot: what it lies over; ``beside``: what stays free at its right.
    """

    def __init__(self, foot: QWidget, beside: QWidget, parent: QWidget) -> None:
        super().__init__(parent, closable=True)
        self._foot, self._beside = foot, beside
        foot.setMinimumHeight(FOOT_HEIGHT)
        self._layout.setContentsMargins(12, 4, 8, 4)  # two lines fit
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._said: list[_Said] = []
        self._page = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._leave)
        self.dismissed.connect(self._drop_shown)
        for widget in (foot, parent):
            widget.installEventFilter(self)

    def tell(self, text: str, level: Level = "info", topic: str = "") -> None:
        """Say something on the page in sight.

        :param topic: what was said of the same is taken back; with an empty text that is all.
        """
        self._said = [
            each
            for each in self._said
            if not (topic and each.topic == topic) and not (each.page == self._page and each.level == "info")
        ]
        if text:
            self._said.append(_Said(text, level, self._page, topic))
        self._show_newest()

    def show_page(self, key: str) -> None:
        """Another page is in sight; information does not wait for a page to come back."""
        self._said = [each for each in self._said if each.level != "info"]
        self._page = key
        self._show_newest()

    def clear(self) -> None:
        """Another session begins."""
        self._said = []
        self._show_newest()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.LayoutRequest) and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def _shown(self) -> _Said | None:
        return next((each for each in reversed(self._said) if each.page == self._page), None)

    def _show_newest(self) -> None:
        self._timer.stop()
        shown = self._shown()
        self.say(shown.text if shown else None, shown.level if shown else "info")
        if shown is not None:
            self._place()
            self.raise_()
            if shown.level == "info":
                self._timer.start(reading_time(shown.text))

    def _place(self) -> None:
        """Over the foot, up to what stays free; as high as the text needs."""
        parent, foot = cast(QWidget, self.parentWidget()), self._foot
        corner = foot.mapTo(parent, foot.rect().bottomLeft())
        left, right = corner.x() + 24, foot.mapTo(parent, self._beside.geometry().topLeft()).x() - 12
        width = max(right - left, 200)
        height = max(self.heightForWidth(width), self.minimumSizeHint().height(), foot.height() - 8)
        self.setGeometry(left, corner.y() - 3 - height, width, height)

    @Slot()
    def _leave(self) -> None:
        if self.underMouse() or not self.window().isActiveWindow():
            self._timer.start(1000)
        else:
            self._drop_shown()

    @Slot()
    def _drop_shown(self) -> None:
        if (shown := self._shown()) is not None:
            self._said.remove(shown)
        self._show_newest()
