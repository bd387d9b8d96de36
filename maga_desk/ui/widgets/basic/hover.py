"""Tooltips of widgets that paint several things."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget


class HoverTips(QWidget):
    """Shows the text of what the pointer rests on; :meth:`tip_at` gives it."""

    def tip_at(self, point: QPoint) -> str:
        """The tooltip at a place in the widget; empty where there is none."""
        raise NotImplementedError

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.tip_at(event.pos())
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
