"""The command palette: everything that can be done, found by words and done with the keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from maga_desk.ui import theme
from maga_desk.ui.item_models.commands import ENTRY, CommandsModel, Entry
from maga_desk.ui.widgets.basic.labels import TextLabel

_MOVING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_INSET = 10


class _Rows(QStyledItemDelegate):
    """Title and keys; below them what it does, or why it cannot be done."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, 2 * option.fontMetrics.height() + 14)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry, colours = index.data(ENTRY), theme.colours()
        area: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(colours.selection))
        inside = area.adjusted(_INSET, 6, -_INSET, -6)
        upper, lower = QRect(inside), QRect(inside)
        upper.setBottom(inside.center().y())
        lower.setTop(inside.center().y() + 1)
        middle, end = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(colours.text_muted))
        right = entry.keys or entry.group
        painter.drawText(upper, int(middle | end), right)
        width = painter.fontMetrics().horizontalAdvance(right) + 16
        painter.setPen(QColor(colours.text_muted if entry.lacks else colours.text))
        self._draw(painter, upper.adjusted(0, 0, -width, 0), entry.title)
        painter.setPen(QColor(colours.warning if entry.lacks else colours.text_muted))
        self._draw(painter, lower, entry.line)
        painter.restore()

    @staticmethod
    def _draw(painter: QPainter, area: QRect, text: str) -> None:
        line = painter.fontMetrics().elidedText(text.replace("\n", " "), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), line)


class PaletteDialog(QDialog):
    """Signal: ``chosen(Entry)``, once it has closed; what cannot be done is not chosen."""

    chosen = Signal(object)

    def __init__(self, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.resize(620, 460)
        self.line, self.list = QLineEdit(self), QListView(self)
        self.empty = TextLabel("Nothing is called so.", self)
        self.empty.setObjectName("muted")
        self.model = CommandsModel(entries, self)
        self.line.setPlaceholderText("Type words of what you want to do")
        self.line.setAccessibleName("Search commands")
        self.line.setClearButtonEnabled(True)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setAccessibleName("Commands")
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for widget in (self.line, self.empty, self.list):
            layout.addWidget(widget)
        layout.setStretchFactor(self.list, 1)
        self.line.textChanged.connect(self._search)
        self.line.returnPressed.connect(self._choose)
        self.list.clicked.connect(self._choose)
        self.line.installEventFilter(self)
        self.line.setFocus()
        self._search()

    def current(self) -> Entry | None:
        """The entry that Enter would do."""
        entry = self.list.currentIndex().data(ENTRY)
        return entry if isinstance(entry, Entry) else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys go through the list while the focus stays where words are typed."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _MOVING:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def _search(self) -> None:
        self.model.search(self.line.text())
        self.list.setCurrentIndex(self.model.index(0, 0))
        self.empty.setVisible(not self.model.rowCount())

    @Slot()
    def _choose(self) -> None:
        entry = self.current()
        if entry is not None and not entry.lacks:
            self.accept()
            self.chosen.emit(entry)
