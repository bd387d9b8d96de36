"""The parts of a mixture: who, with what weight, and with which model or file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.choices import ProposerInfo, title_of
from maga_desk.domain.specs.guidance import MixturePart
from maga_desk.ui.widgets.basic.fields import ChoiceBox, RealBox

OPTIONS = "options"
"""The property that carries a part's own keys: they are kept, and cannot be changed here."""


class MixtureTable(QWidget):
    """One row for every part. Signal: ``changed()``."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: Mapping[str, ProposerInfo] = {}
        self._names: list[str] = []
        self.table = QTableWidget(0, 3, self)
        self.table.setAccessibleName("Parts of the mixture")
        self.table.setHorizontalHeaderLabels(["Source", "Weight", "Model or file"])
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(32)
        self.table.setShowGrid(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setFixedHeight(170)
        head = self.table.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        head.resizeSection(0, 170)
        head.resizeSection(1, 84)
        head.setStretchLastSection(True)
        self.add_button, self.remove_button = QPushButton("Add", self), QPushButton("Remove", self)
        row = QHBoxLayout()
        for button in (self.add_button, self.remove_button):
            button.setObjectName("compact")
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addLayout(row)
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)
        self._enable()

    def show_sources(self, known: Mapping[str, ProposerInfo]) -> None:
        """Who can be a part."""
        self._known, self._names = known, [name for name, info in known.items() if not info.mixes]
        self._enable()

    def set_parts(self, parts: Sequence[MixturePart]) -> None:
        self.table.setRowCount(0)
        for part in parts:
            self._append(part)
        self._enable()

    def value(self) -> tuple[dict[str, Any], ...]:
        """The fields of every ``MixturePart``."""
        return tuple(self._part(row) for row in range(self.table.rowCount()))

    def sources(self) -> set[str]:
        """Who is a part now."""
        return {str(part["proposer"]) for part in self.value()}

    def _part(self, row: int) -> dict[str, Any]:
        source, weight, text = (self.table.cellWidget(row, column) for column in range(3))
        assert isinstance(source, ChoiceBox) and isinstance(weight, RealBox) and isinstance(text, QLineEdit)
        proposer, given = str(source.currentData()), text.text().strip() or None
        return {
            "proposer": proposer,
            "weight": weight.value(),
            "model": given if self._wants(proposer, "model") else None,
            "file": given if self._wants(proposer, "file") else None,
            "options": source.property(OPTIONS),
        }

    def _wants(self, proposer: str, field: str) -> bool:
        return proposer in self._known and field in self._known[proposer].fields

    def _append(self, part: MixturePart) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        source, weight, text = ChoiceBox(self.table), RealBox(self.table), QLineEdit(self.table)
        for name in [*self._names, *({part.proposer} - set(self._names))]:
            source.addItem(title_of(name, self._known), name)
        source.setCurrentIndex(source.findData(part.proposer))
        source.setProperty(OPTIONS, part.options)
        source.setAccessibleName("Source")
        weight.setRange(1e-6, 1e6)
        weight.setValue(part.weight)
        weight.setAccessibleName("Weight")
        text.setText(part.model or part.file or "")
        text.setAccessibleName("Model or file")
        for column, widget in enumerate((source, weight, text)):
            self.table.setCellWidget(row, column, widget)
        source.currentIndexChanged.connect(self._changed)
        weight.valueChanged.connect(self._changed)
        text.textChanged.connect(self._changed)
        self._name_texts()

    def _name_texts(self) -> None:
        for row in range(self.table.rowCount()):
            part, text = self._part(row), self.table.cellWidget(row, 2)
            model, file = (self._wants(part["proposer"], field) for field in ("model", "file"))
            assert isinstance(text, QLineEdit)
            text.setEnabled(model or file)
            text.setPlaceholderText("a path" if file else "the model below" if model else "needs none")

    @Slot()
    def _add(self) -> None:
        unused = [name for name in self._names if name not in self.sources()]
        if self._names:
            self._append(MixturePart(proposer=(unused or self._names)[0]))
            self.table.selectRow(self.table.rowCount() - 1)
            self._changed()

    @Slot()
    def _remove(self) -> None:
        row = self.table.currentRow()
        self.table.removeRow(row if row >= 0 else self.table.rowCount() - 1)
        self._changed()

    @Slot()
    def _changed(self) -> None:
        self._name_texts()
        self._enable()
        self.changed.emit()

    def _enable(self) -> None:
        self.add_button.setEnabled(bool(self._names))
        self.remove_button.setEnabled(self.table.rowCount() > 0)
