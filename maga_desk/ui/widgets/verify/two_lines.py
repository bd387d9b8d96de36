"""Cells of two lines: a value, and below it, muted, what it means or how sure it is."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from maga_desk.ui import theme
from maga_desk.ui.item_models.report import GradeRole, HelpRole

Index = QModelIndex | QPersistentModelIndex
PADDING = 8


class TwoLineCells(QStyledItemDelegate):
    """Paints them.

    :param bold: columns whose values are.
    """

    def __init__(self, bold: Collection[int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bold = frozenset(bold)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours, box = theme.colours(), option.rect.adjusted(PADDING, 3, -PADDING, 0)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colours.selection))
        painter.setPen(QColor(colours.border))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        help_text, grade = str(index.data(HelpRole) or ""), index.data(GradeRole)
        side = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole)) & Qt.AlignmentFlag.AlignHorizontal_Mask
        font = QFont(option.font)
        font.setBold(index.column() in self._bold)
        painter.setFont(font)
        tones = {"close": colours.positive, "near": colours.warning, "far": colours.danger}
        painter.setPen(QColor(tones.get(grade, colours.text)))
        painter.drawText(box, side | Qt.AlignmentFlag.AlignTop, str(index.data()))
        if help_text:
            painter.setFont(option.font)
            painter.setPen(QColor(colours.text_muted))
            below = box.adjusted(0, option.fontMetrics.height(), 0, 0)
            painter.drawText(below, int(side | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap), help_text)
        painter.restore()
