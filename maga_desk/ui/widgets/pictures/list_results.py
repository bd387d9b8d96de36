"""What became of a list's entries: the found pictures, and the entries that stand for no one picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.lists.preview import ListPreview
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui import icons
from maga_desk.ui.item_models.class_table import ClassTableModel
from maga_desk.ui.widgets.basic.file_dialogs import ask_target
from maga_desk.ui.widgets.basic.labels import muted
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import Takeaway
from maga_desk.ui.widgets.pictures.small_pictures import SmallPictures

FOUND, MISSING, SEVERAL, TWICE = range(4)
"""What is in sight."""
_TITLES = ("Found", "Not found", "Fit several", "Twice")
_FILES = {MISSING: "not-found.txt", SEVERAL: "fit-several.txt", TWICE: "twice.txt"}
_SHOWN = 20_000  # entries that are listed; saved are all
_SIDE = 48


class ListResults(QWidget):
    """Signal: ``save_requested(path, entries)``."""

    save_requested = Signal(str, object)

    def __init__(self, images: ImageSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._total = len(images.train)
        self._preview: ListPreview | None = None
        self.parts = Segments(_TITLES, "What became of the entries", self)
        self.notes = muted("", self)
        self.pictures = SmallPictures("First pictures of the list", _SIDE, 2, self)
        self.class_rows = ClassTableModel(self)
        self.class_table = QTableView(self)
        self.entries = QPlainTextEdit(self)
        self.save_button = QPushButton("Save this list…", self)
        self._below = QStackedWidget(self)
        self._lay_out()
        self.pictures.set_images(images)
        self.parts.chosen.connect(self._show_part)
        self.save_button.clicked.connect(self._ask_target)

    def show_preview(self, preview: ListPreview | None) -> None:
        """What was found; ``None``: nothing was read."""
        self._preview = preview
        found = preview.reading.found if preview is not None else None
        several = len(found.ambiguous) if found else 0
        counts = (
            preview.count if preview else 0, len(found.missing) if found else 0, several,
            len(found.repeated) if found else 0,
        )  # fmt: skip
        for part, (button, title, count) in enumerate(zip(self.parts.buttons, _TITLES, counts, strict=True)):
            button.setText(f"{title} {count:,}")
            button.setEnabled(part == FOUND or count > 0)
        if not counts[self.parts.current]:
            self.parts.set_current(FOUND)
        self.pictures.show_positions(found.first if found else ())
        self.class_rows.show(preview.classes if preview else (), self._total)
        for widget in (self.pictures, self.class_table):
            widget.setVisible(bool(preview and preview.count))
        self._show_notes()
        self._show_part()

    @property
    def listed(self) -> Sequence[str]:
        """The entries that are in sight, to be saved: those without one picture, or pictures that come twice."""
        found = self._preview.reading.found if self._preview is not None else None
        if found is None:
            return ()
        known = {MISSING: found.missing, SEVERAL: tuple(found.ambiguous), TWICE: found.repeated}
        return known.get(self.parts.current, ())

    @Slot()
    def _show_part(self) -> None:
        part = self.parts.current
        found = self._preview.reading.found if self._preview is not None else None
        self._below.setCurrentIndex(0 if part == FOUND else 1)
        if found is not None and part != FOUND:
            lines = found.lines()[len(found.missing) :] if part == SEVERAL else list(self.listed)
            more = [f"… and {len(lines) - _SHOWN:,} more: save the list to see all"] if len(lines) > _SHOWN else []
            self.entries.setPlainText("\n".join([*lines[:_SHOWN], *more]))

    def _show_notes(self) -> None:
        preview, notes = self._preview, list[str]()
        if preview is not None and preview.already:
            notes.append(f"{preview.already:,} of these are marked already.")
        if preview is not None and preview.earlier:
            notes.append(f"{preview.earlier:,} were forgotten by an earlier request.")
        if preview is not None and preview.reading.found is not None:
            found = preview.reading.found
            notes += [note for note in found.notes() if not found.column or found.column not in note]
        self.notes.setText(" ".join(notes))
        self.notes.setVisible(bool(notes))

    def _lay_out(self) -> None:
        self.class_table.setModel(self.class_rows)
        self.class_table.setAccessibleName("Pictures by class")
        self.class_table.verticalHeader().hide()
        self.class_table.setShowGrid(False)
        self.class_table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.class_table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = self.class_table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.takeaway = Takeaway(self.class_table, "list-by-class")
        self.entries.setReadOnly(True)
        self.entries.setAccessibleName("Entries")
        self.entries.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        icons.put(self.save_button, "floppy-disk")
        sides: tuple[tuple[QWidget, QWidget], ...] = (
            (self.pictures, self.class_table), (self.entries, self.save_button),
        )  # fmt: skip
        for widgets in sides:
            part = QWidget(self)
            inside = QVBoxLayout(part)
            inside.setContentsMargins(0, 0, 0, 0)
            for widget in widgets:
                inside.addWidget(widget)
            self._below.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.parts)
        column.addWidget(self.notes)
        column.addWidget(self._below, 1)

    @Slot()
    def _ask_target(self) -> None:
        path, _ = ask_target(self, "report", "Save the list", _FILES[self.parts.current], "Text files (*.txt)")
        if path:
            self.save_requested.emit(path, self.listed)
