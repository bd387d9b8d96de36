"""The proposed label of every forget picture: look through, filter, and change one or many."""

from __future__ import annotations

from typing import cast

import numpy as np
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.pictures import Split
from maga_desk.domain.proposal import Proposal
from maga_desk.ui import theme
from maga_desk.ui.item_models.labels import FILTERS, LABEL, MARGIN, PICTURE, SOURCE, DoubtfulRole, Filter, LabelModel

Index = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 38
EVERY_CLASS = "all classes"


class _LabelCells(QStyledItemDelegate):
    """Marks doubtful labels with a question mark, and edits a label with a list of the classes."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        if index.data(DoubtfulRole) and index.column() == LABEL:
            painter.save()
            painter.setPen(QColor(theme.colours().warning))
            font = painter.font()
            font.setBold(True)
            painter.setFont(font)
            box = option.rect.adjusted(0, 0, -8, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "?")
            painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        combo = QComboBox(parent)
        combo.setAccessibleName("New label")
        model = index.model()
        assert isinstance(model, LabelModel)
        assert model.proposal is not None
        combo.addItems(list(model.proposal.matrix.classes))
        combo.activated.connect(self._chosen)
        return combo

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(model.index(index.row(), index.column()), editor.currentText(), Qt.ItemDataRole.EditRole)

    @Slot()
    def _chosen(self) -> None:
        editor = self.sender()
        if isinstance(editor, QComboBox):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor)


class _Table(QTableView):
    """Enter and F2 edit the label of the current row, whatever its current column. Signal: ``delete_pressed()``."""

    delete_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2) and current.isValid() and not editing:
            self.edit(current.siblingAtColumn(LABEL))
            event.accept()
        elif event.key() == Qt.Key.Key_Delete and not editing:
            self.delete_pressed.emit()
            event.accept()
        else:
            super().keyPressEvent(event)


class LabelTable(QWidget):
    """The table with its filters and actions.

    Signals: ``labels_edited(positions, class_name)`` and ``labels_reset(positions)``; positions are a ``list[int]``
    into the proposal.
    """

    labels_edited = Signal(object, str)
    labels_reset = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = LabelModel(self)
        self._classes: tuple[str, ...] = ()
        self.filter_box = QComboBox(self)
        self.filter_box.setAccessibleName("Which pictures")
        self.filter_box.addItems(list(FILTERS))
        self.class_box = QComboBox(self)
        self.class_box.setAccessibleName("Of which class")
        self.class_box.addItem(EVERY_CLASS)
        self.count = QLabel(self)
        self.view = self._make_view()
        self.target_box = QComboBox(self)
        self.target_box.setAccessibleName("New label for the selected pictures")
        self.target_box.setMaxVisibleItems(20)
        self.selected = QLabel(self)
        self.apply_button = QPushButton("Set label", self)
        self.reset_button = QPushButton("Reset to proposed", self)
        self._lay_out()
        self._connect()
        self._selection_changed()
        self._restyle()

    @property
    def label_model(self) -> LabelModel:
        return self._model

    def set_proposal(self, proposal: Proposal | None, split: Split | None) -> None:
        """Show a proposal; ``split`` holds its pictures in the same order."""
        self._model.set_proposal(proposal, split, self.devicePixelRatioF())
        classes = proposal.matrix.classes if proposal else ()
        if classes != self._classes:
            self._classes = classes
            self.target_box.clear()
            self.target_box.addItems(list(classes))
        true = [classes[i] for i in np.unique(proposal.true)] if proposal else []
        shown = [self.class_box.itemText(i) for i in range(1, self.class_box.count())]
        if true != shown:
            self.class_box.clear()
            self.class_box.addItems([EVERY_CLASS, *true])
        self.class_box.setVisible(len(true) > 1)
        self._name_filters()
        self._selection_changed()

    def selected_positions(self) -> list[int]:
        """Places in the proposal of the selected rows, in shown order."""
        selection = self.view.selectionModel().selectedRows()
        return [self._model.position(index.row()) for index in sorted(selection, key=QModelIndex.row)]

    def _make_view(self) -> _Table:
        view = _Table(self)
        view.setAccessibleName("Labels of the forget pictures")
        view.setModel(self._model)
        view.setItemDelegate(_LabelCells(view))
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
        view.setMinimumHeight(220)
        rows, columns = view.verticalHeader(), view.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        columns.setSectionResizeMode(PICTURE, QHeaderView.ResizeMode.Stretch)
        columns.setHighlightSections(False)
        columns.setStyleSheet("QHeaderView::section { padding: 4px 3px; }")  # in line with the cells' own margin
        columns.setMinimumSectionSize(56)
        for column, width in ((1, 74), (2, 100), (LABEL, 92), (MARGIN, 56), (SOURCE, 72)):
            columns.resizeSection(column, width)
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        columns.setSortIndicatorClearable(True)
        view.setSortingEnabled(True)
        return view

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        caption = QLabel("Show", self)
        caption.setBuddy(self.filter_box)
        for widget in (caption, self.filter_box, self.class_box):
            above.addWidget(widget)
        above.addStretch(1)
        above.addWidget(self.count)
        below = QHBoxLayout()
        below.addWidget(self.selected, 1)
        below.addWidget(self.target_box)
        below.addWidget(self.apply_button)
        below.addWidget(self.reset_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(above)
        layout.addWidget(self.view, 1)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.filter_box.currentIndexChanged.connect(self._filter_changed)
        self.class_box.currentIndexChanged.connect(self._filter_changed)
        self.view.selectionModel().selectionChanged.connect(self._selection_changed)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.delete_pressed.connect(self._reset)
        self.apply_button.clicked.connect(self._apply)
        self.reset_button.clicked.connect(self._reset)
        self._model.label_chosen.connect(self._picked_in_cell)
        self._model.layoutChanged.connect(self._count)
        self._model.modelReset.connect(self._count)
        theme.notifier().changed.connect(self._restyle)

    def _name_filters(self) -> None:
        for i, which in enumerate(FILTERS):
            self.filter_box.setItemText(i, f"{which} ({self._model.count(which):,})")

    def context_menu(self, positions: list[int]) -> QMenu:
        """The menu for selected pictures: the likely labels of the first one, and the way back."""
        menu = QMenu(self)
        for name in self._model.candidates(positions[0]):
            action = menu.addAction(f"Set label to {name}")
            action.setData(name)
            action.triggered.connect(self._menu_label)
        menu.addSeparator()
        menu.addAction("Reset to proposed").triggered.connect(self._reset)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        positions = self.selected_positions()
        if positions:
            self.context_menu(positions).popup(self.view.viewport().mapToGlobal(point))

    @Slot()
    def _menu_label(self) -> None:
        positions = self.selected_positions()
        if positions:
            self.labels_edited.emit(positions, str(cast(QAction, self.sender()).data()))

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
        self.reset_button.setEnabled(proposal is not None and bool(proposal.edited[positions].any()))
        self.selected.setText(f"{len(positions):,} selected" if any_selected else "Select rows to change their label")
        if any_selected:
            label = self._model.index(self.view.selectionModel().selectedRows()[0].row(), LABEL)
            self.target_box.setCurrentText(str(label.data(Qt.ItemDataRole.EditRole)))

    @Slot()
    def _apply(self) -> None:
        positions = self.selected_positions()
        if positions:
            self.labels_edited.emit(positions, self.target_box.currentText())

    @Slot()
    def _reset(self) -> None:
        proposal = self._model.proposal
        positions = [p for p in self.selected_positions() if proposal is not None and proposal.edited[p]]
        if positions:
            self.labels_reset.emit(positions)

    @Slot()
    def _count(self) -> None:
        shown, every = self._model.rowCount(), self._model.count("all")
        self.count.setText(f"{shown:,} of {every:,} pictures" if shown != every else f"{every:,} pictures")

    @Slot()
    def _restyle(self) -> None:
        for label in (self.count, self.selected):
            label.setStyleSheet(f"color: {theme.colours().text_muted};")
        self.view.viewport().update()
