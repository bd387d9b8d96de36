"""What the Edit menu copies and selects: that of the widget in use."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QTextEdit, QWidget


@runtime_checkable
class Selectable(Protocol):
    """A view of our own in which something can be selected and copied."""

    def selectAll(self) -> None: ...
    def copied(self) -> str:
        """What is selected, as text."""
        ...


def copied_from(widget: QWidget | None) -> str:
    """What is selected in a widget, as text; rows of a table become lines with tabs between the cells."""
    if isinstance(widget, QComboBox):
        widget = widget.lineEdit()
    if isinstance(widget, (QLineEdit, QLabel)):
        return widget.selectedText()
    if isinstance(widget, (QTextEdit, QPlainTextEdit)):
        return widget.textCursor().selection().toPlainText()
    if isinstance(widget, QAbstractItemView):
        return _rows(widget)
    return widget.copied() if isinstance(widget, Selectable) else ""


def select_all_in(widget: QWidget | None) -> None:
    """Select all in a widget that has something to select."""
    if isinstance(widget, QComboBox):
        widget = widget.lineEdit()
    if isinstance(widget, (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractItemView, Selectable)):
        widget.selectAll()


def _rows(view: QAbstractItemView) -> str:
    """The selected cells in reading order; of a tree, parents come before what stands below them."""
    chosen = view.selectionModel().selectedIndexes() if view.selectionModel() is not None else []
    rows: dict[tuple[int, ...], dict[int, str]] = {}
    for index in chosen:
        text = index.data()
        rows.setdefault(_place(index), {})[index.column()] = "" if text is None else str(text)
    return "\n".join("\t".join(cells[column] for column in sorted(cells)) for _, cells in sorted(rows.items()))


def _place(index: QModelIndex) -> tuple[int, ...]:
    place: list[int] = []
    while index.isValid():
        place.insert(0, index.row())
        index = index.parent()
    return tuple(place)
