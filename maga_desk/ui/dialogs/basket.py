"""All that is said of what is marked: the facts in words, every class, and what it is entangled with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from maga_desk.domain.basket_facts import BasketFacts, likely_group
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui import icons
from maga_desk.ui.item_models.class_table import ClassTableModel
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, take_button
from maga_desk.ui.widgets.pictures.fact_list import FactList
from maga_desk.ui.widgets.pictures.small_pictures import SmallPictures

NO_GROUP = "Nothing says it"


class BasketDialog(QDialog):
    """Signals: ``measure_requested()`` (how entangled it is), ``group_chosen(column)``, ``picked(position)``."""

    measure_requested = Signal()
    group_chosen = Signal(str)
    picked = Signal(int)

    def __init__(self, images: ImageSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What is marked")
        self._images, self._facts = images, None
        self.pictures = SmallPictures("Some of the marked pictures", 48, 1, self)
        self.facts = FactList("Facts", self)
        self.class_rows = ClassTableModel(self)
        self.class_table = QTableView(self)
        self.takeaway = Takeaway(self.class_table, "marked-by-class")
        self.take_classes = take_button(self, lambda: self.takeaway, "the classes")
        self.take_facts = take_button(self, lambda: self.facts.takeaway, "the facts")
        self.group = ChoiceBox(self)
        self.measure_button = QPushButton("Measure how entangled it is", self)
        self.note = TextLabel(self)
        self.close_button = QPushButton("Close", self)
        self._filling = False
        self._lay_out()
        self.pictures.set_images(images)
        self.pictures.picked.connect(self.picked)
        self.group.currentIndexChanged.connect(self._choose_group)
        self.measure_button.clicked.connect(self.measure_requested)
        self.close_button.clicked.connect(self.accept)

    def show_facts(
        self, facts: BasketFacts | None, columns: Sequence[str], group: str = "", *, can_measure: bool
    ) -> None:
        """:param columns: that may say of whom a picture is; ``group``: the chosen one, empty where none was."""
        self._filling = True
        self.group.clear()
        likely = likely_group(self._images)
        if not likely:  # where a column is called so, it is taken unless another one is chosen
            self.group.addItem(NO_GROUP, "")
        for column in columns:
            self.group.addItem(column, column)
        self.group.setCurrentIndex(max(0, self.group.findData(group or likely)))
        self.group.setEnabled(bool(columns))
        self._filling = False
        self.facts.show_facts(facts.rows() if facts is not None else [("Marked", "Nothing is marked.")])
        self.class_rows.show(facts.classes if facts is not None else (), facts.pictures if facts is not None else 0)
        self.pictures.show_positions(facts.shown if facts is not None else ())
        there = facts is not None and bool(facts.entangled)
        self.measure_button.setVisible(not there)
        self.measure_button.setEnabled(can_measure and facts is not None)

    def show_note(self, text: str) -> None:
        """How measuring goes on, or why it cannot be done."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _lay_out(self) -> None:
        self.class_table.setModel(self.class_rows)
        self.class_table.setAccessibleName("Marked pictures by class")
        self.class_table.verticalHeader().hide()
        self.class_table.setShowGrid(False)
        self.class_table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        header = self.class_table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.group.setAccessibleName("Column that says of whom a picture is")
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        self.note.hide()
        icons.put(self.measure_button, "intersect")
        whose = QHBoxLayout()
        whose.addWidget(TextLabel("Whose picture it is", self))
        whose.addWidget(self.group, 1)
        inside = QWidget(self)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self.facts)
        column.addWidget(self.note)
        column.addWidget(self.measure_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addLayout(_head(heading("Facts", self), self.take_facts))
        left.addWidget(frameless_scroll(inside, self), 1)
        left.addLayout(whose)
        right.addLayout(_head(heading("By class", self), self.take_classes))
        right.addWidget(self.class_table, 1)
        row = QHBoxLayout()
        row.setSpacing(18)
        row.addLayout(left, 1)
        row.addLayout(right, 1)
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(self.close_button)
        whole = QVBoxLayout(self)
        whole.addWidget(self.pictures)
        whole.addLayout(row, 1)
        whole.addLayout(end)
        self.resize(900, 560)

    def rows(self) -> Rows:
        """The facts as they can be copied."""
        return self.facts.rows()

    @Slot(int)
    def _choose_group(self) -> None:
        if not self._filling:
            self.group_chosen.emit(self.group.currentData() or "")


def _head(title: QWidget, button: QWidget) -> QHBoxLayout:
    layout = QHBoxLayout()
    layout.addWidget(title)
    layout.addStretch(1)
    layout.addWidget(button)
    return layout
