"""The proposed label of every forget picture: look through, filter, and change one or many."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import (
    QPoint,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.proposal import Proposal
from maga_desk.ui.item_models.labels import (
    FILTERS,
    LABEL,
    MARGIN,
    PICTURE,
    PREDICTION,
    SOURCE,
    TRUE,
    Filter,
    LabelModel,
)
from maga_desk.ui.item_models.why import Origin
from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.flow import FlowLayout, named
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button
from maga_desk.ui.widgets.guide.label_cells import LabelCells, LabelView

ROW_HEIGHT = 38
EVERY_CLASS = "all classes"
EMPTY_WORDS: dict[Filter, str] = {
    "all": "There is no picture{place}.",
    "doubtful": "No picture{place} is doubtful.",
    "by hand": "No label{place} was set by hand.",
}
KEYS = "Keys: ↑ ↓ move, Enter changes, A accepts, Delete resets, N goes to the next doubtful one."


class LabelTable(QWidget):
    """The table with its filters and actions.

    Signals: ``labels_edited(positions, class_name)``, ``labels_reset(positions)``, ``labels_accepted(positions)`` and
    ``current_changed()``; positions are a ``list[int]`` into the proposal.
    """

    labels_edited = Signal(object, str)
    labels_reset = Signal(object)
    labels_accepted = Signal(object)
    current_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = LabelModel(self)
        self._choices: list[str] = []
        self.filter_box = ChoiceBox(self)
        self.filter_box.setAccessibleName("Which pictures")
        self.filter_box.addItems(list(FILTERS))
        self.class_box = ChoiceBox(self)
        self.class_box.setAccessibleName("Of which class")
        self.class_box.addItem(EVERY_CLASS)
        self.count = TextLabel(self)
        self.view = self._make_view()
        self.target_box = ChoiceBox(self)
        self.target_box.setAccessibleName("New label for the selected pictures")
        self.target_box.setMaxVisibleItems(20)
        self.selected = TextLabel(self)
        self.apply_button = QPushButton("Set label", self)
        self.accept_button = QPushButton("Accept", self)
        self.accept_button.setToolTip("Agree to the proposed labels of the selected pictures (A)")
        self.reset_button = QPushButton("Reset", self)
        self.reset_button.setToolTip("Back to what was proposed, and to be reviewed again (Delete)")
        self.accept_all_button = QPushButton("Accept all shown", self)
        self.accept_all_button.setToolTip("Agree to every proposed label that the filter shows")
        self.keys = TextLabel(KEYS, self)
        self._lay_out()
        self._connect()
        for label in (self.count, self.selected, self.keys):
            label.setObjectName("muted")
        self._selection_changed()

    @property
    def label_model(self) -> LabelModel:
        return self._model

    def set_proposal(
        self, proposal: Proposal | None, pictures: PictureIndex | None, origin: Origin | None = None
    ) -> None:
        """Show a proposal; ``pictures`` holds its pictures in the same order."""
        row = self.view.currentIndex().row()
        self._model.set_proposal(proposal, pictures, self.devicePixelRatioF(), origin)
        classes = proposal.matrix.classes if proposal else ()
        if self._model.choices != self._choices:
            self._choices = self._model.choices
            self.target_box.clear()
            self.target_box.addItems(self._choices)
        true = [classes[i] for i in np.unique(proposal.true)] if proposal else []
        shown = [self.class_box.itemText(i) for i in range(1, self.class_box.count())]
        if true != shown:
            self.class_box.clear()
            self.class_box.addItems([EVERY_CLASS, *true])
        self.class_box.setVisible(len(true) > 1)
        self._name_filters()
        if row >= 0 and not self.view.currentIndex().isValid() and self._model.rowCount():
            self.view.selectRow(min(row, self._model.rowCount() - 1))  # the current one left the filter
        self._selection_changed()
        self._count()

    @property
    def current_position(self) -> int | None:
        """The place in the proposal of the current row."""
        index = self.view.currentIndex()
        return self._model.position(index.row()) if index.isValid() else None

    def selected_positions(self) -> list[int]:
        """Places in the proposal of the selected rows, in shown order."""
        return [self._model.position(row) for row in self._selected_rows()]

    def _selected_rows(self) -> list[int]:
        """Shown rows that are selected, in order; by ranges, as asking Qt row by row takes seconds for many."""
        ranges = self.view.selectionModel().selection().toList()
        return sorted({row for part in ranges for row in range(part.top(), part.bottom() + 1)})

    def _make_view(self) -> LabelView:
        view = LabelView(self)
        view.setAccessibleName("Labels of the forget pictures")
        view.setModel(self._model)
        view.setItemDelegate(LabelCells(view))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setIconSize(QSize(32, 32))
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.takeaway = Takeaway(view, "labels", menu=False)
        view.setMinimumHeight(130)
        rows, columns = view.verticalHeader(), view.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        columns.setSectionResizeMode(PICTURE, QHeaderView.ResizeMode.Stretch)
        columns.setHighlightSections(False)
        columns.setStyleSheet("QHeaderView::section { padding: 4px 3px; }")  # in line with the cells' own margin
        columns.setMinimumSectionSize(56)
        for column, width in ((TRUE, 74), (PREDICTION, 100), (LABEL, 92), (MARGIN, 60), (SOURCE, 106)):
            columns.resizeSection(column, width)
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        columns.setSortIndicatorClearable(True)
        view.setSortingEnabled(True)
        return view

    def _lay_out(self) -> None:
        above, below = FlowLayout(), FlowLayout()
        above.addWidget(named("Show", self.filter_box, self.class_box))
        for widget in (self.count, self.accept_all_button, take_button(self, lambda: self.takeaway, "the labels")):
            above.addWidget(widget)
        below.addWidget(self.selected)
        below.addWidget(self.target_box)
        for button in (self.apply_button, self.accept_button, self.reset_button, self.accept_all_button):
            button.setObjectName("compact")
        for button in (self.apply_button, self.accept_button, self.reset_button):
            below.addWidget(button)
        self.keys.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(above)
        layout.addWidget(self.view, 1)
        layout.addLayout(below)
        layout.addWidget(self.keys)

    def _connect(self) -> None:
        self.filter_box.currentIndexChanged.connect(self._filter_changed)
        self.class_box.currentIndexChanged.connect(self._filter_changed)
        self.view.selectionModel().selectionChanged.connect(self._selection_changed)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.view.delete_pressed.connect(self._reset)
        self.view.accept_pressed.connect(self._accept)
        self.view.next_pressed.connect(self._next)
        self.accept_button.clicked.connect(self._accept)
        self.accept_all_button.clicked.connect(self._accept_all)
        self.apply_button.clicked.connect(self._apply)
        self.reset_button.clicked.connect(self._reset)
        self._model.label_chosen.connect(self._picked_in_cell)
        self._model.layoutChanged.connect(self._count)
        self._model.modelReset.connect(self._count)

    def _name_filters(self) -> None:
        for i, which in enumerate(FILTERS):
            self.filter_box.setItemText(i, f"{which} ({self._model.count(which):,})")

    def context_menu(self, positions: list[int]) -> QMenu:
        """The menu for selected pictures: the likely labels of the first one, and the way back."""
        menu = QMenu(self)
        for name in self._model.candidates(positions[0]):
            menu.addAction(unmarked(f"Set label to {name}")).triggered.connect(partial(self._set_label, name))
        menu.addSeparator()
        menu.addAction("Accept as proposed").triggered.connect(self._accept)
        menu.addAction("Reset to proposed").triggered.connect(self._reset)
        menu.addSeparator()
        menu.addActions(self.takeaway.actions)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        positions = self.selected_positions()
        if positions:
            self.context_menu(positions).popup(self.view.viewport().mapToGlobal(point))

    def _set_label(self, name: str) -> None:
        positions = self.selected_positions()
        if positions:
            self.labels_edited.emit(positions, name)

    @Slot(int, str)
    def _picked_in_cell(self, position: int, name: str) -> None:
        """A label picked in one of several selected rows is meant for all of them."""
        positions = self.selected_positions()
        self.labels_edited.emit(positions if position in positions else [position], name)

    @Slot()
    def _filter_changed(self) -> None:
        which: Filter = FILTERS[max(0, self.filter_box.currentIndex())]
        self._model.set_filter(which, self.class_box.currentText())

    @Slot()
    def _selection_changed(self) -> None:
        positions = self.selected_positions()
        any_selected = bool(positions)
        for widget in (self.apply_button, self.target_box):
            widget.setEnabled(any_selected)
        proposal = self._model.proposal
        self.reset_button.setEnabled(proposal is not None and bool(proposal.agreed[positions].any()))
        self.accept_button.setEnabled(proposal is not None and not bool(proposal.agreed[positions].all()))
        self.selected.setText(f"{len(positions):,} selected" if any_selected else "Select rows to change their label")
        if any_selected:
            label = self._model.index(self._selected_rows()[0], LABEL)
            self.target_box.setCurrentText(str(label.data(Qt.ItemDataRole.EditRole)))

    @Slot()
    def _apply(self) -> None:
        positions = self.selected_positions()
        if positions:
            self.labels_edited.emit(positions, self.target_box.currentText())

    @Slot()
    def _reset(self) -> None:
        proposal = self._model.proposal
        positions = [p for p in self.selected_positions() if proposal is not None and proposal.agreed[p]]
        if positions:
            self.labels_reset.emit(positions)

    @Slot()
    def _accept(self) -> None:
        self._agree(self.selected_positions())

    @Slot()
    def _accept_all(self) -> None:
        self._agree([self._model.position(row) for row in range(self._model.rowCount())])

    def _agree(self, positions: list[int]) -> None:
        """Emit those that are not agreed to yet."""
        proposal = self._model.proposal
        open_ones = [p for p in positions if proposal is not None and not proposal.agreed[p]]
        if open_ones:
            self.labels_accepted.emit(open_ones)

    @Slot()
    def _next(self) -> None:
        row = self._model.next_doubtful(self.view.currentIndex().row())
        if row is not None:
            self.view.selectRow(row)
            self.view.scrollTo(self._model.index(row, LABEL))

    @Slot()
    def _current_changed(self) -> None:
        self.current_changed.emit()

    @Slot()
    def _count(self) -> None:
        shown, every, left = self._model.rowCount(), self._model.count("all"), self._model.count("doubtful")
        text = f"{shown:,} of {every:,} pictures" if shown != every else f"{every:,} pictures"
        self.count.setText(f"{text} · {left:,} left to review" if every else text)
        self.view.empty_text = self._why_empty() if every else ""
        self.accept_all_button.setEnabled(shown > 0)

    def _why_empty(self) -> str:
        which = FILTERS[max(0, self.filter_box.currentIndex())]
        place = f" of {self.class_box.currentText()}" if self.class_box.currentIndex() > 0 else ""
        return EMPTY_WORDS[which].format(place=place)
