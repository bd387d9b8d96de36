"""What the desktop is told outside of the window."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QStyle, QSystemTrayIcon, QWidget

SECONDS = 10
"""How long a notification stays; its icon in the tray goes with it."""

log = logging.getLogger(__name__)


class DesktopNotes(QObject):
    """Shows notifications of the desktop, where it has a tray that takes them; elsewhere the log says what was missed.

    :param window: whose icon they have.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._icon: QSystemTrayIcon | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SECONDS * 1000)
        self._timer.timeout.connect(self._hide)

    def tell(self, title: str, text: str) -> bool:
        """Show it; whether the desktop takes it."""
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            log.info("the desktop takes no notifications; not told: %s", text)
            return False
        if self._icon is None:
            self._icon = QSystemTrayIcon(_icon_of(self._window), self)
        self._icon.show()
        self._icon.showMessage(title, text, QSystemTrayIcon.MessageIcon.Information, SECONDS * 1000)
        self._timer.start()
        return True

    @Slot()
    def _hide(self) -> None:
        if self._icon is not None:
            self._icon.hide()


def _icon_of(window: QWidget) -> QIcon:
    """The window's icon, or one that every desktop has."""
    own = window.windowIcon()
    return QApplication.style().standardIcon(QStyle.StandardPixmap.SP_ComputerIcon) if own.isNull() else own
