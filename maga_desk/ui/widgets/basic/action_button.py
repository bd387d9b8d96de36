"""A button that shows an action which menus show as well."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from maga_desk.ui import icons


class ActionButton(QPushButton):
    """Title, icon, tip and whether it can be pressed are the action's; before there is one, it is off.

    :param text: what the button says instead of icon and title, where its place says the rest.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._own_text = bool(text)
        self._action: QAction | None = None
        self.setEnabled(False)
        self.clicked.connect(self._trigger)

    def show_action(self, action: QAction) -> None:
        """Show this action, and follow it."""
        self._action = action
        if not self._own_text:
            icons.put(self, icons.name_of(action))
        action.changed.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        if self._action is not None:
            if not self._own_text:
                self.setText(self._action.text().replace("&", ""))
            self.setToolTip(self._action.toolTip())
            self.setEnabled(self._action.isEnabled())

    @Slot()
    def _trigger(self) -> None:
        if self._action is not None:
            self._action.trigger()
