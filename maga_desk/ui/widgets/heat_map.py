"""The transition matrix as a heat map that can be read and edited, with ten classes or a hundred."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygon,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from maga_desk.ui import theme
from maga_desk.ui.item_models.matrix import (
    DiagonalRole,
    EditedRole,
    StrengthRole,
    TransitionModel,
)

Index = QModelIndex | QPersistentModelIndex

SMALLEST_CELL, LARGEST_CELL = 20, 44
NUMBERS_FROM = 21
"""Cells narrower than this show colour only."""
EDITOR_WIDTH = 72
LONGEST_NAME = 110
TALLEST_HINT = 300


def blend(low: QColor, high: QColor, share: float) -> QColor:
    """A colour between two others."""
    share = min(max(share, 0.0), 1.0)
    return QColor(
        round(low.red() + share * (high.red() - low.red())),
        round(low.green() + share * (high.green() - low.green())),
        round(low.blue() + share * (high.blue() - low.blue())),
    )


def readable_on(ground: QColor) -> QColor:
    """Near-black or white, whichever has more contrast on a colour (WCAG relative luminance)."""
    linear = [part**2.2 for part in (ground.redF(), ground.greenF(), ground.blueF())]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return QColor("#101418") if luminance > 0.2 else QColor("#ffffff")


class _NamesHeader(QHeaderView):
    """Class names without frames: beside the rows, and written upwards above the columns."""

    def __init__(self, orientation: Qt.Orientation, parent: QTableView) -> None:
        super().__init__(orientation, parent)
        self._table = parent
        self._upwards = orientation == Qt.Orientation.Horizontal
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(SMALLEST_CELL)
        self.setSectionsClickable(True)

    def sizeHint(self) -> QSize:
        """As deep as the longest name in bold, within bounds."""
        model = self.model()
        font = QFont(self.font())
        font.setBold(True)
        metrics, deepest = QFontMetrics(font), 24
        if model is not None:
            for section in range(self.count()):
                deepest = max(deepest, metrics.horizontalAdvance(str(model.headerData(section, self.orientation()))))
        depth = min(deepest, LONGEST_NAME) + 14
        return QSize(super().sizeHint().width(), depth) if self._upwards else QSize(depth, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, rest = QPainter(self.viewport()), QRect(self.viewport().rect())
        end = self.length() - self.offset()
        rest.setLeft(end) if self._upwards else rest.setTop(end)
        painter.fillRect(rest, QColor(theme.colours().window))
        painter.end()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        colours, current = theme.colours(), self._table.currentIndex()
        here = (current.column() if self._upwards else current.row()) == logicalIndex
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
            box = rect.adjusted(4, 0, -6, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class _Cells(QStyledItemDelegate):
    """Paints a cell's colour, its number, the mark of an edit and the focus; edits in a field wider than the cell."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours, rect = theme.colours(), option.rect
        painter.save()
        if index.data(DiagonalRole):
            painter.fillRect(rect, QColor(colours.surface_alt))
            painter.setPen(QColor(colours.border))
            painter.drawLine(rect.topLeft(), rect.bottomRight())
        else:
            ground = blend(QColor(colours.surface), QColor(colours.accent), index.data(StrengthRole))
            painter.fillRect(rect.adjusted(0, 0, -1, -1), ground)
            painter.setPen(readable_on(ground))
            self._number(painter, option, index)
            if index.data(EditedRole):
                side = max(6, rect.width() // 4)
                corner = rect.topRight() - QPoint(1, 0)
                triangle = QPolygon([corner, corner - QPoint(side, 0), corner + QPoint(0, side)])
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(readable_on(ground))
                painter.drawPolygon(triangle)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = painter.pen()
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setColor(QColor(colours.text))
            pen.setWidth(2)
            painter.setPen(pen)
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
            model.setData(_plain(index), editor.text(), Qt.ItemDataRole.EditRole)

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
        if option.rect.width() < NUMBERS_FROM:
            return
        font = QFont(option.font)
        font.setBold(bool(index.data(EditedRole)))
        font.setPixelSize(9 if option.rect.width() < 26 else 11 if option.rect.width() < 34 else 12)
        painter.setFont(font)
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, str(index.data()))


class HeatMap(QTableView):
    """An editable heat map over a :class:`TransitionModel`.

    Double click, Enter, F2 or typing edits a cell. Signals: ``cell_edited(row, column, value)``,
    ``row_reset_requested(class)``, ``all_reset_requested()``, ``described(text)`` for the cell under the pointer or the
    current one, and ``refused(text)``.
    """

    cell_edited = Signal(str, str, float)
    row_reset_requested = Signal(str)
    all_reset_requested = Signal()
    described = Signal(str)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Transition matrix")
        self.setAccessibleDescription("How alike every class is to the class of its row. Enter edits the current cell.")
        self._model = TransitionModel(self)
        self._cells = _Cells(self)
        self.setHorizontalHeader(_NamesHeader(Qt.Orientation.Horizontal, self))
        self.setVerticalHeader(_NamesHeader(Qt.Orientation.Vertical, self))
        self.setModel(self._model)
        self.setItemDelegate(self._cells)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
        corner = self.findChild(QAbstractButton)  # the corner between the headers: nothing to press there
        if corner is not None:
            corner.installEventFilter(self)
        self._model.cell_edited.connect(self.cell_edited)
        self._model.refused.connect(self.refused)
        self._model.modelReset.connect(self._fit)
        self._model.dataChanged.connect(self._tell_current)
        self.entered.connect(self._tell)
        theme.notifier().changed.connect(self._restyle)
        self._restyle()

    @property
    def transition_model(self) -> TransitionModel:
        return self._model

    def current_row(self) -> str | None:
        """The class of the current cell's row, or the only row."""
        index = self.currentIndex()
        if index.isValid():
            return self._model.row_name(index.row())
        return self._model.row_name(0) if self._model.rowCount() == 1 else None

    def cell_side(self) -> int:
        """Pixels of a cell's side: as large as the width allows, within bounds."""
        columns = max(1, self._model.columnCount())
        room = self.width() - self.verticalHeader().sizeHint().width() - 4
        return min(max(room // columns, SMALLEST_CELL), LARGEST_CELL)

    def full_height(self) -> int:
        """High enough for all rows."""
        bar, side = self.horizontalScrollBar().sizeHint().height(), self.cell_side()
        wide = self.verticalHeader().sizeHint().width() + side * self._model.columnCount() > self.width()
        return self.horizontalHeader().sizeHint().height() + side * self._model.rowCount() + (bar if wide else 0) + 4

    def sizeHint(self) -> QSize:
        return QSize(360, min(self.full_height(), TALLEST_HINT))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, min(self.sizeHint().height(), 160))

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(_plain(current), _plain(previous))
        self.horizontalHeader().viewport().update()
        self.described.emit(self._model.describe(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing and self.currentIndex().isValid():
            if self.currentIndex().flags() & Qt.ItemFlag.ItemIsEditable:
                self.edit(self.currentIndex())
            event.accept()
            return
        super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._tell_current()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.indexAt(event.position().toPoint()).isValid():
            self._tell_current()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Paint the corner between the headers like the headers."""
        if event.type() == QEvent.Type.Paint and isinstance(watched, QAbstractButton):
            painter = QPainter(watched)
            painter.fillRect(watched.rect(), QColor(theme.colours().window))
            painter.end()
            return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The page shows beside the cells, so that a class of no likeness still reads as a cell."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.colours().window))
        painter.end()
        super().paintEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if not index.isValid():
            return
        self.setCurrentIndex(index)
        menu = QMenu(self)
        change = menu.addAction("Set value…")
        change.setEnabled(not index.data(DiagonalRole))
        change.triggered.connect(self._edit_current)
        menu.addAction(f"Reset row '{self._model.row_name(index.row())}'").triggered.connect(self._reset_current_row)
        menu.addAction("Reset all").triggered.connect(self._reset_all)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    @Slot()
    def _fit(self) -> None:
        side = self.cell_side()
        self.horizontalHeader().setDefaultSectionSize(side)
        self.verticalHeader().setDefaultSectionSize(side)
        self.setMaximumHeight(max(self.full_height(), 60))  # one row must not take a page
        self.updateGeometry()

    @Slot(QModelIndex)
    def _tell(self, index: Any) -> None:
        self.described.emit(self._model.describe(index))

    @Slot()
    def _tell_current(self) -> None:
        self.described.emit(self._model.describe(self.currentIndex()))

    @Slot()
    def _edit_current(self) -> None:
        self.edit(self.currentIndex())

    @Slot()
    def _reset_current_row(self) -> None:
        row = self.current_row()
        if row is not None:
            self.row_reset_requested.emit(row)

    @Slot()
    def _reset_all(self) -> None:
        self.all_reset_requested.emit()

    @Slot()
    def _restyle(self) -> None:
        for part in (self, self.horizontalHeader(), self.verticalHeader()):
            part.viewport().update()
        self.verticalHeader().viewport().update()


def _plain(index: Index) -> QModelIndex:
    return index.model().index(index.row(), index.column()) if isinstance(index, QPersistentModelIndex) else index
