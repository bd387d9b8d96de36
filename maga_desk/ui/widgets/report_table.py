"""The table of figures: every row with its explanation below its name, judged in colour and in words."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from maga_desk.domain.results import METRIC_HELP
from maga_desk.ui import theme
from maga_desk.ui.item_models.report import (
    AFTER,
    BEFORE,
    DIFFERENCE,
    FIGURE,
    RETRAINED,
    VERDICT,
    GradeRole,
    HelpRole,
    ReportModel,
)

Index = QModelIndex | QPersistentModelIndex
PADDING = 8
WIDTHS = {BEFORE: 82, AFTER: 82, RETRAINED: 88, DIFFERENCE: 124, VERDICT: 136}


class _Cells(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours, box = theme.colours(), option.rect.adjusted(PADDING, 0, -PADDING, 0)
        painter.save()
        painter.setPen(QColor(colours.border))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        font = QFont(option.font)
        help_text = index.data(HelpRole)
        if help_text:
            self._figure(painter, option, box, str(index.data()), str(help_text))
        else:
            grade = index.data(GradeRole)
            tones = {"close": colours.positive, "near": colours.warning, "far": colours.danger}
            font.setBold(index.column() in (AFTER, VERDICT))
            painter.setFont(font)
            painter.setPen(QColor(tones.get(grade, colours.text)))
            painter.drawText(box, Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole)), str(index.data()))
        painter.restore()

    @staticmethod
    def _figure(painter: QPainter, option: QStyleOptionViewItem, box: QRect, name: str, help_text: str) -> None:
        colours, line = theme.colours(), option.fontMetrics.height()
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        top = box.adjusted(0, 3, 0, 0)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(option.font)
        painter.setPen(QColor(colours.text_muted))
        painter.drawText(top.adjusted(0, line, 0, 0), _WRAP, help_text)


_WRAP = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)


class ReportTable(QTableView):
    """Shows a :class:`ReportModel`, as high as its rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Figures before, after and retrained")
        self._model = ReportModel(self)
        self._cells = _Cells(self)
        self.setModel(self._model)
        self.setItemDelegate(self._cells)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(FIGURE, QHeaderView.ResizeMode.Stretch)
        for column, width in WIDTHS.items():
            columns.resizeSection(column, width)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fit()
        self._model.modelReset.connect(self._fit)
        theme.notifier().changed.connect(self._restyle)

    @property
    def report_model(self) -> ReportModel:
        return self._model

    def sizeHint(self) -> QSize:
        rows = sum(self.rowHeight(row) for row in range(self._model.rowCount()))
        return QSize(900, self.horizontalHeader().sizeHint().height() + rows + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(840, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        """A name and one line of explanation in each row, or two where it is narrow."""
        metrics, room = self.fontMetrics(), self.columnWidth(FIGURE) - 2 * PADDING
        longest = max((metrics.horizontalAdvance(text) for text in METRIC_HELP.values()), default=0)
        lines = 2 if longest <= room else 3
        self.verticalHeader().setDefaultSectionSize(lines * metrics.height() + 8)
        self.updateGeometry()

    @Slot()
    def _restyle(self) -> None:
        self.viewport().update()
