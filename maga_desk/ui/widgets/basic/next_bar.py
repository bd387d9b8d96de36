"""The foot of every page: a button that leads to the next one, or why it does not yet."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.labels import TextLabel


class NextBar(QWidget):
    """Follows the action ``next``: its title says where it leads, its status tip why it cannot be done.

    Where there is no next page the button is gone; the bar keeps its height, so that pages do not jump.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action: QAction | None = None
        self._said = ""
        self.reason, self.button = TextLabel(self), ActionButton(parent=self)
        self.reason.setObjectName("muted")
        self.reason.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.reason.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands after the words
        kept = self.button.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.button.setSizePolicy(kept)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 6, 24, 8)
        row.setSpacing(12)
        row.addWidget(self.reason, 1)
        row.addWidget(self.button)

    def show_action(self, action: QAction) -> None:
        """Show this action, and follow it."""
        self._action = action
        self.button.show_action(action)
        action.changed.connect(self._follow)
        self._follow()

    def set_last(self, last: bool) -> None:
        """Whether the page in sight is the last one."""
        self.button.setVisible(not last)
        self._follow()

    def set_said(self, text: str) -> None:
        """What the page in sight says of itself; it is not said here again."""
        self._said = text
        self._follow()

    @Slot()
    def _follow(self) -> None:
        waits = self._action is not None and not self._action.isEnabled() and not self.button.isHidden()
        reason = self._action.statusTip() if waits and self._action is not None else ""
        self.reason.setText("" if reason in self._said.splitlines() else reason)
