"""How the table of labels draws and edits its cells, and which keys it knows."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from maga_desk.ui import theme
from maga_desk.ui.item_models.labels import LABEL, MARGIN, DoubtfulRole, LabelModel
from maga_desk.ui.widgets.basic.empty_state import paint_empty
from maga_desk.ui.widgets.basic.fields import ChoiceBox

Index = QModelIndex | QPersistentModelIndex


class LabelCells(QStyledItemDelegate):
    """Marks doubtful labels with a question mark, and edits a label with a list of the classes."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        if index.data(DoubtfulRole) and index.column() == MARGIN:
            painter.save()
            painter.setPen(QColor(theme.colours().warning))
            font = painter.font()
            font.setBold(True)
            painter.setFont(font)
            box = option.rect.adjusted(6, 0, 0, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "?")
            painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        combo = ChoiceBox(parent)
        combo.setAccessibleName("New label")
        model = index.model()
        assert isinstance(model, LabelModel)
        combo.addItems(model.choices)
        combo.setMaxVisibleItems(20)
        combo.activated.connect(partial(self._chosen, combo))
        return combo

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(model.index(index.row(), index.column()), editor.currentText(), Qt.ItemDataRole.EditRole)

    def _chosen(self, editor: QComboBox, _place: int) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)


class LabelView(QTableView):
    """Enter and F2 edit the label of the current row, whatever its current column.

    Signals: ``delete_pressed()``, ``accept_pressed()`` (A) and ``next_pressed()`` (N).
    """

    delete_pressed = Signal()
    accept_pressed = Signal()
    next_pressed = Signal()
    empty_text = ""
    """What stands there while the filter lets no picture through."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_empty(self, self.empty_text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2) and current.isValid() and not editing:
            self.edit(current.siblingAtColumn(LABEL))
            event.accept()
        elif event.key() in self._signals() and not editing and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._signals()[event.key()].emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _signals(self) -> dict[int, SignalInstance]:
        keys = Qt.Key
        return {
            keys.Key_Delete: self.delete_pressed,
            keys.Key_Backspace: self.delete_pressed,
            keys.Key_A: self.accept_pressed,
            keys.Key_N: self.next_pressed,
        }
