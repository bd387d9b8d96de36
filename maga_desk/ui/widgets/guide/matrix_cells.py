"""How a cell of the matrix is painted and edited, in the grid and in the list of the strongest."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygon
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from maga_desk.ui import theme
from maga_desk.ui.item_models.matrix import DiagonalRole, EditedRole, LockedRole, StrengthRole
from maga_desk.ui.widgets.guide.shades import readable_on, shade

Index = QModelIndex | QPersistentModelIndex

NUMBERS_FROM = 21
"""Cells narrower than this show colour only."""
EDITOR_WIDTH = 72


class MatrixCells(QStyledItemDelegate):
    """Paints a cell's colour, its text, the marks of an edit and a lock, and the focus.

    :param named: the cell's text is a class's name and a value, one above the other.
    """

    def __init__(self, parent: QObject | None = None, *, named: bool = False) -> None:
        super().__init__(parent)
        self._named = named

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours, rect = theme.colours(), option.rect
        painter.save()
        if index.data(DiagonalRole):
            painter.fillRect(rect, QColor(colours.surface_alt))
            painter.setPen(QColor(colours.border))
            painter.drawLine(rect.topLeft(), rect.bottomRight())
        else:
            ground = shade(index.data(StrengthRole))
            painter.fillRect(rect.adjusted(0, 0, -1, -1), ground)
            painter.setPen(readable_on(ground))
            (self._name if self._named else self._number)(painter, option, index)
            if index.data(LockedRole):
                _padlock(painter, rect, readable_on(ground))
            elif index.data(EditedRole):
                _corner(painter, rect, readable_on(ground))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
        editor.setAccessibleName("New share, 0 to 1")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
        editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        if editor.text().strip():
            model.setData(plain(index), editor.text(), Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        rect = QRect(option.rect)
        width = max(EDITOR_WIDTH, rect.width())
        rect.setWidth(width)
        rect.setHeight(max(rect.height(), editor.sizeHint().height()))
        parent = editor.parentWidget()
        if parent is not None and rect.right() > parent.width():
            rect.moveRight(parent.width() - 1)
        if parent is not None and rect.bottom() > parent.height():
            rect.moveBottom(max(rect.height(), parent.height()) - 1)
        editor.setGeometry(rect)

    @staticmethod
    def _number(painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        text, width = str(index.data()), option.rect.width()
        if width < NUMBERS_FROM:
            return
        font, locked = QFont(option.font), bool(index.data(LockedRole))
        font.setBold(bool(index.data(EditedRole)) and not locked)
        font.setPixelSize(9 if width < 26 else 11 if width < 34 else 12)
        if QFontMetrics(font).horizontalAdvance(text) > width:
            return  # half a number misleads; colour and the line below still tell it
        painter.setFont(font)
        box = option.rect.adjusted(0, 0, -7, 0) if locked else option.rect  # room for the padlock
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    @staticmethod
    def _name(painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        name, _, value = str(index.data()).partition("\n")
        box = option.rect.adjusted(5, 2, -6, -3)
        font = QFont(option.font)
        font.setPixelSize(12)
        font.setBold(bool(index.data(EditedRole)))
        painter.setFont(font)
        shown = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, shown)
        font.setPixelSize(11)
        painter.setFont(font)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, value)


def plain(index: Index) -> QModelIndex:
    """An index as every method takes it."""
    return index.model().index(index.row(), index.column()) if isinstance(index, QPersistentModelIndex) else index


def _corner(painter: QPainter, rect: QRect, ink: QColor) -> None:
    """The mark of a cell set by hand."""
    side = min(max(6, rect.width() // 4), 10)
    corner = rect.topRight() - QPoint(1, 0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawPolygon(QPolygon([corner, corner - QPoint(side, 0), corner + QPoint(0, side)]))


def _padlock(painter: QPainter, rect: QRect, ink: QColor) -> None:
    """The mark of a locked cell, in its upper right corner."""
    right, top = rect.right() - 3, rect.top() + 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, 1))
    painter.drawRoundedRect(QRect(right - 4, top, 3, 5), 1.5, 1.5)
    painter.fillRect(QRect(right - 6, top + 3, 7, 5), ink)
