"""A few or many thumbnails; a click shows one large."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from maga_desk.domain.closer.answers import CloseLook, Split
from maga_desk.ui import theme
from maga_desk.ui.item_models.close_pictures import SMALL, CloseThumbsModel
from maga_desk.ui.widgets.basic.empty_state import paint_empty


class _Cells(QStyledItemDelegate):
    """Draws a thumbnail, the current one on a ground with a frame."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        cell: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell, QColor(theme.colours().selection))
            painter.setPen(QPen(QColor(theme.colours().accent), 2))
            painter.drawRect(cell.adjusted(1, 1, -1, -1))
        pixmap = index.data(Qt.ItemDataRole.DecorationRole)
        place = QRect(QPoint(), pixmap.deviceIndependentSize().toSize())
        place.moveCenter(cell.center())
        painter.drawPixmap(place, pixmap)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(SMALL + 8, SMALL + 8)


class PictureStrip(QListView):
    """Signal: ``picked(split, position)``, when a picture becomes the current one."""

    picked = Signal(str, int)

    def __init__(self, name: str, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = empty
        self.setAccessibleName(name)
        self._pictures = CloseThumbsModel(self)
        self.setModel(self._pictures)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(1000)
        self.setItemDelegate(_Cells(self))
        self.setIconSize(QSize(SMALL, SMALL))
        self.setGridSize(QSize(SMALL + 10, SMALL + 10))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(SMALL + 18)
        self.selectionModel().currentChanged.connect(self._pick)

    def set_look(self, look: CloseLook | None) -> None:
        self._pictures.set_look(look, self.devicePixelRatioF())

    def show_pictures(self, rows: list[tuple[Split, int]]) -> None:
        """Other pictures, from the top."""
        self._pictures.set_rows(rows)
        self.scrollToTop()

    @property
    def count(self) -> int:
        return self._pictures.rowCount()

    def sizeHint(self) -> QSize:
        return QSize(300, 2 * (SMALL + 10) + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_empty(self, self._empty)

    @Slot(QModelIndex, QModelIndex)
    def _pick(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            split, position = self._pictures.at(current.row())
            self.picked.emit(split, position)
