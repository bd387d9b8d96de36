"""Class names without frames: beside the rows of a matrix, and written upwards above its columns."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHeaderView, QTableView

from maga_desk.ui import theme

LONGEST_NAME = 110
MEASURED = 200
"""Of more names than this only the longest texts are measured."""


class _CornerPaint(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QAbstractButton):
            painter = QPainter(watched)
            painter.fillRect(watched.rect(), QColor(theme.colours().window))
            painter.end()
            return True
        return super().eventFilter(watched, event)


def quiet_corner(table: QTableView) -> None:
    """Paint the corner between the headers like the headers: there is nothing to press."""
    corner = table.findChild(QAbstractButton)
    if corner is not None:
        corner.installEventFilter(_CornerPaint(table))


class NamesHeader(QHeaderView):
    """Paints names; the current cell's ones are bold.

    :param smallest: of a section, in pixels.
    """

    def __init__(self, orientation: Qt.Orientation, parent: QTableView, *, smallest: int, upwards: bool) -> None:
        super().__init__(orientation, parent)
        self._table = parent
        self._upwards = upwards
        self._depth: int | None = None
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(smallest)
        self.setSectionsClickable(True)

    @Slot()
    def forget_depth(self) -> None:
        """Measure the names anew: they are others now."""
        self._depth = None
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As deep as the longest name in bold, within bounds."""
        if self._depth is None:
            self._depth = self._measured()
        along = super().sizeHint()
        flat = self.orientation() == Qt.Orientation.Horizontal
        return QSize(along.width(), self._depth) if flat else QSize(self._depth, along.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, rest = QPainter(self.viewport()), QRect(self.viewport().rect())
        end = self.length() - self.offset()
        rest.setLeft(end) if self.orientation() == Qt.Orientation.Horizontal else rest.setTop(end)
        painter.fillRect(rest, QColor(theme.colours().window))
        painter.end()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        colours, current = theme.colours(), self._table.currentIndex()
        flat = self.orientation() == Qt.Orientation.Horizontal
        here = (current.column() if flat else current.row()) == logicalIndex
        painter.save()
        painter.fillRect(rect, QColor(colours.window))
        font = QFont(self.font())
        font.setBold(here)
        painter.setFont(font)
        painter.setPen(QColor(colours.text if here else colours.text_muted))
        name = str(self.model().headerData(logicalIndex, self.orientation()))
        room = (rect.height() if self._upwards else rect.width()) - 10
        text = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideRight, room)
        if self._upwards:
            painter.translate(rect.left(), rect.bottom() - 5)
            painter.rotate(-90)
            box = QRect(0, 0, rect.height(), rect.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        else:
            side = Qt.AlignmentFlag.AlignLeft if flat else Qt.AlignmentFlag.AlignRight
            painter.drawText(rect.adjusted(4, 0, -6, 0), side | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _measured(self) -> int:
        model = self.model()
        if model is None or (self.orientation() == Qt.Orientation.Horizontal and not self._upwards):
            return 24
        font = QFont(self.font())
        font.setBold(True)
        metrics = QFontMetrics(font)
        names = [str(model.headerData(section, self.orientation())) for section in range(self.count())]
        names = sorted(names, key=len, reverse=True)[:MEASURED]
        return min(max((metrics.horizontalAdvance(name) for name in names), default=24), LONGEST_NAME) + 14
