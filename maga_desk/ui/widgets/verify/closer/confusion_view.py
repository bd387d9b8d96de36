"""Confusion before, after and retrained, and what has changed; a cell leads to its pictures."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.closer.answers import CloseLook, Split
from maga_desk.domain.closer.confusion import Confusion, confusion, named_so
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.ui import theme
from maga_desk.ui.item_models.confusion import ConfusionModel, Index, Layer, StrengthRole
from maga_desk.ui.widgets.basic.empty_state import paint_empty
from maga_desk.ui.widgets.basic.explained import Explained, said_line
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button
from maga_desk.ui.widgets.guide.matrix_cells import plain
from maga_desk.ui.widgets.guide.names_header import NamesHeader, quiet_corner
from maga_desk.ui.widgets.guide.shades import readable_on, shade
from maga_desk.ui.widgets.verify.closer.picture_strip import PictureStrip

LAYERS: tuple[tuple[str, Layer], ...] = (
    ("Original", "original"),
    ("Unlearned", "unlearned"),
    ("Retrained", "retrained"),
    ("Change", "change"),
    ("Beyond retraining", "beyond"),
)
SPLITS: tuple[tuple[str, Split], ...] = (("Test", "test"), ("Training", "train"))
SMALLEST, LARGEST, ROW = 34, 64, 22
NOTHING_CHANGED = "No picture is named otherwise than before."
HINT = "Rows: the true class. Columns: what is named, in percent of the row. Click a cell to see its pictures."


class _Cells(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        ground, cell = shade(float(index.data(StrengthRole) or 0.0)), option.rect
        painter.fillRect(cell, ground)
        painter.setPen(readable_on(ground))
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(index.data() or ""))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(theme.colours().text), 2))
            painter.drawRect(cell.adjusted(1, 1, -1, -1))


class ConfusionTable(QTableView):
    """Squares of colour with their percentages; names written upwards above the columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Which class is taken for which")
        self.cells = ConfusionModel(self)
        self._across = NamesHeader(Qt.Orientation.Horizontal, self, smallest=SMALLEST, upwards=True)
        self._down = NamesHeader(Qt.Orientation.Vertical, self, smallest=ROW, upwards=False)
        self.setHorizontalHeader(self._across)
        self.setVerticalHeader(self._down)
        self.setModel(self.cells)
        self.setItemDelegate(_Cells(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._down.setDefaultSectionSize(ROW)
        quiet_corner(self)
        self.takeaway = Takeaway(self, "confusion")
        self.cells.modelReset.connect(self._fit)

    def sizeHint(self) -> QSize:
        rows = min(self.cells.rowCount(), 30)
        return QSize(480, self._across.sizeHint().height() + rows * ROW + 18)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, self._across.sizeHint().height() + 4 * ROW)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(plain(current), plain(previous))
        self._across.viewport().update()
        self._down.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The page shows beside the cells, so that an empty one still reads as a cell."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.colours().window))
        painter.end()
        super().paintEvent(event)
        paint_empty(self, NOTHING_CHANGED)

    @Slot()
    def _fit(self) -> None:
        """Columns as wide as there is room, within bounds."""
        self._across.forget_depth()
        self._down.forget_depth()
        room = self.width() - self._down.sizeHint().width() - self.verticalScrollBar().sizeHint().width() - 4
        side = room // max(1, self.cells.columnCount())
        self._across.setDefaultSectionSize(min(max(side, SMALLEST), LARGEST))
        self.updateGeometry()


class ConfusionView(QWidget):
    """Signal: ``picked(split, position)``."""

    picked = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: CloseLook | None = None
        self._found: dict[Split, Confusion] = {}
        self.splits = Segments([title for title, _ in SPLITS], "Pictures", self)
        self.layers = Segments([title for title, _ in LAYERS], "Model", self)
        self.table = ConfusionTable(self)
        self.explained = Explained(CLOSER_DEFINITIONS["confusion"].text(), self)
        self.explained.add(self.layers, self.splits, take_button(self, lambda: self.table.takeaway, "the confusion"))
        self.said = said_line(self)
        self.strip = PictureStrip("Pictures of the cell", "", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.explained)
        column.addWidget(self.table, 3)
        column.addWidget(self.said)
        column.addWidget(self.strip, 1)
        self.splits.chosen.connect(self._fill)
        self.layers.chosen.connect(self._fill)
        self.table.selectionModel().currentChanged.connect(self._show_pictures)
        self.strip.picked.connect(self.picked)

    def set_look(self, look: CloseLook | None) -> None:
        """Other nets."""
        self._look, self._found = look, {}
        self.strip.set_look(look)
        retrained = look is not None and look.retrained is not None
        for place in (2, 4):
            self.layers.buttons[place].setVisible(retrained)
        if not retrained and self.layers.current in (2, 4):
            self.layers.set_current(1)
        tests = look is not None and len(look.images.test) > 0
        self.splits.buttons[0].setEnabled(tests)
        self.splits.set_current(0 if tests else 1)
        self._fill()

    @Slot()
    def _fill(self) -> None:
        look, split = self._look, SPLITS[self.splits.current][1]
        if look is None:
            self.table.cells.show_confusion(None, (), "unlearned")
            return
        if split not in self._found:
            self._found[split] = confusion(look, split)
        cell = self.table.currentIndex()
        kept = self.table.cells.cell(cell) if cell.isValid() else None
        self.table.cells.show_confusion(self._found[split], look.classes, LAYERS[self.layers.current][1])
        shown, count = self.table.cells.rowCount(), len(look.classes)
        more = (
            ""
            if shown == count
            else f" {shown:,} of {count:,} classes are shown: what was forgotten, and where the models differ."
        )
        self.said.setText(f"{HINT}{more}")
        self.strip.show_pictures([])
        if kept is not None:
            self._choose(*kept)

    def _choose(self, true: int, named: int) -> None:
        """Make a cell current again, where it is still there."""
        rows = (self.table.cells.rows == true).nonzero()[0]
        columns = (self.table.cells.columns == named).nonzero()[0]
        if len(rows) and len(columns):
            self.table.setCurrentIndex(self.table.cells.index(int(rows[0]), int(columns[0])))

    @Slot(QModelIndex, QModelIndex)
    def _show_pictures(self, current: QModelIndex, _before: QModelIndex) -> None:
        look, cells = self._look, self.table.cells
        if look is None or not current.isValid():
            return
        split, (true, named) = SPLITS[self.splits.current][1], cells.cell(current)
        positions = named_so(look, split, cells.net, true, named)
        self.strip.show_pictures([(split, int(each)) for each in positions])
        self.said.setText(f"{cells.describe(current)}. Below: those that the {cells.net} model names so.")
