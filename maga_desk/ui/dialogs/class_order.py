"""A model whose outputs stand in another order than the pictures' classes: what was noticed, and to take the order."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.class_order import ClassOrder
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.widgets.basic.labels import TextLabel, muted

_SIDE = 44
COLUMNS = ("Picture of", "Model's output", "Called so far", "Right so far", "Right in the other order")


class ClassOrderDialog(QDialog):
    """One row for each class that another output answers to. Accepted: the order is taken."""

    def __init__(self, order: ClassOrder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("The order of the classes")
        text = TextLabel(
            f"In the order of the folders the model reads {order.accuracy:.0f} % of the pictures, in another order "
            f"{order.matched:.0f} %. With the wrong order, the wrong class would be forgotten.",
            self,
        )
        text.setWordWrap(True)
        self.table = QTableWidget(len(order.moved), len(COLUMNS), self)
        self.table.setAccessibleName("Classes in another order")
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_SIDE + 8)
        self.table.setIconSize(QSize(_SIDE, _SIDE))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setTabKeyNavigation(False)
        for row, each in enumerate(order.moved):
            cells = (each.name, str(each.output + 1), each.taken_for, f"{each.right:.0f} %", f"{each.answered:.0f} %")
            for column, cell in enumerate(cells):
                item = QTableWidgetItem(cell)
                if column in (1, 3, 4):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if column == 0 and each.example is not None:
                    item.setIcon(QIcon(to_pixmap(each.example, _SIDE, self.devicePixelRatioF())))
                self.table.setItem(row, column, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        note = muted(
            "Taking the order says it in the session's spec: [model] classes. Nothing is changed on the disk.", self
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.take_button = self.buttons.addButton("Take this order", QDialogButtonBox.ButtonRole.AcceptRole)
        self.take_button.setObjectName("primary")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (text, self.table, note, self.buttons):
            layout.addWidget(widget)
        self.resize(680, 460)
        self.take_button.setFocus()
