"""A list of pictures, pasted or from a file: how it is read and what it would do, before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.lists.numbers import Base
from maga_desk.domain.lists.preview import ListPreview
from maga_desk.domain.lists.reading import ListChoice
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui import icons, theme
from maga_desk.ui.item_models.class_table import ClassTableModel
from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.file_dialogs import ask_file, ask_target
from maga_desk.ui.widgets.basic.labels import TextLabel, heading, muted
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import Takeaway
from maga_desk.ui.widgets.pictures.picture_strip import PictureStrip

HOW = (
    "Names or paths, SHA-256 of files, values of a column, or positions: one a line, side by side, or in a table that "
    "you copied."
)
KINDS = "Lists (*.txt *.lst *.csv *.tsv *.json *.jsonl *.npy *.npz *.pt *.pth);;All files (*)"
ACTIONS = {
    "add": ("Add to what is marked", "Add {}"),
    "remove": ("Remove from what is marked", "Remove {}"),
    "keep": ("Keep only those of what is marked", "Keep only {}"),
}
FOUND, MISSING, SEVERAL, TWICE = range(4)
_PAUSE = 180  # milliseconds without a key, after which what was typed is read
_SHOWN = 20_000  # entries that are listed; saved are all


class ListDialog(QDialog):
    """Reads along while one types; OK is there once everything is said that has to be.

    Signals: ``reading_wanted()`` (ask for :attr:`text` or :attr:`path`, and :attr:`choice`), ``file_chosen(path)``,
    ``save_requested(path, entries)``, and ``taken(action)`` when it counts.
    """

    reading_wanted = Signal()
    file_chosen = Signal(str)
    save_requested = Signal(str, object)
    taken = Signal(str)

    def __init__(self, images: ImageSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("List of pictures")
        self._images, self._total = images, len(images.train)
        self.path = ""  # of the file that is read; empty where the text was pasted
        self._preview: ListPreview | None = None
        self._filling = False
        self._said: dict[str, str] = {}
        self._bases: tuple[str, str] | None = None
        self._folder = ""
        self.source = TextLabel(HOW, self)
        self.names = QPlainTextEdit(self)
        self.file_button, self.paste_button = QPushButton("Open a file…", self), QPushButton("Paste instead", self)
        self.words, self.unsaid = TextLabel(self), TextLabel(self)
        self.column, self.taken_as = ChoiceBox(self), ChoiceBox(self)
        self.zero, self.one = QRadioButton(self), QRadioButton(self)
        self.folder = QCheckBox(self)
        self.parts = Segments(("Found", "Not found", "Fit several", "Twice"), "What became of the entries", self)
        self.already = muted("", self)
        self.strip = PictureStrip("First pictures of the list", 48, 2, self)
        self.class_rows = ClassTableModel(self)
        self.class_table = QTableView(self)
        self.entries = QPlainTextEdit(self)
        self.save_button = QPushButton("Save this list…", self)
        self._below = QStackedWidget(self)
        self.action = ChoiceBox(self)
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.mark_button = self.buttons.button(buttons.Ok)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_PAUSE)
        self._lay_out()
        self._connect()
        self.strip.set_images(images)
        self.show_preview(None)

    @property
    def text(self) -> str:
        """What was pasted."""
        return self.names.toPlainText()

    @property
    def choice(self) -> ListChoice:
        """What the person said of the list; of what was not said nothing."""
        said = self._said
        base: Base | None = 0 if self.zero.isChecked() else 1 if self.one.isChecked() else None
        below = self._folder if self.folder.isChecked() else ""
        return ListChoice(said.get("column", ""), said.get("taken_as", ""), base, below)

    def show_file(self, path: str, name: str) -> None:
        """A file in the place of what was pasted."""
        self.path = path
        self.source.setText(f"From {name}")
        self.show_beginning("")
        self.names.setReadOnly(True)
        self.paste_button.show()
        self._forget_choices()
        self.reading_wanted.emit()

    def show_beginning(self, text: str) -> None:
        """What a file begins with."""
        self._filling = True
        self.names.setPlainText(text)
        self._filling = False

    def show_wait(self, text: str) -> None:
        """That it is still being read."""
        self.unsaid.setText(text)
        theme.set_tone(self.unsaid, "muted")
        self.unsaid.setVisible(bool(text))
        self.mark_button.setEnabled(False)

    def show_fault(self, text: str) -> None:
        """Why it cannot be read, in a line; what was said of it can be changed."""
        self._show_results(None)
        self.unsaid.setText(text)
        theme.set_tone(self.unsaid, "danger")
        self.unsaid.setVisible(bool(text))

    def show_preview(self, preview: ListPreview | None) -> None:
        """What was read; ``None``: nothing yet."""
        self._show_results(preview)
        read = preview.reading if preview is not None else None
        self.words.setText(read.words() if read is not None else "")
        self._filling = True
        self._offer(self.column, dict(read.columns) if read else {}, read.column if read else "")
        meanings = dict(read.meanings) if read else {}
        self._offer(self.taken_as, meanings if len(meanings) > 1 else {}, read.taken_as if read else "")
        self._offer_bases()
        self._filling = False
        self._show_open()

    def _show_results(self, preview: ListPreview | None) -> None:
        self._preview = preview
        found = preview.reading.found if preview is not None else None
        self._count(FOUND, "Found", preview.count if preview else 0)
        self._count(MISSING, "Not found", len(found.missing) if found else 0)
        self._count(SEVERAL, "Fit several", len(found.ambiguous) if found else 0)
        self._count(TWICE, "Twice", len(found.repeated) if found else 0)
        self.strip.show_positions(found.first if found else ())
        self.class_rows.show(preview.classes if preview else (), self._total)
        for widget in (self.strip, self.class_table):
            widget.setVisible(bool(preview and preview.count))
        self._show_part()
        self._show_action()

    def _show_open(self) -> None:
        read = self._preview.reading if self._preview is not None else None
        said = {
            "base": "Do the numbers count from 0 or from 1? Both are possible.",
            "meaning": "What are the entries? Say it below.",
            "column": "Which column has the positions? Say it below.",
        }.get(read.unsaid if read is not None else "", "")
        self.unsaid.setText(said)
        theme.set_tone(self.unsaid, "warning")
        self.unsaid.setVisible(bool(said))

    def _offer(self, box: ChoiceBox, choices: dict[str, str], current: str) -> None:
        """Fill a box, and hide it where there is nothing to choose."""
        box.clear()
        if current not in choices and choices:
            box.addItem("Choose…", "")
        for key, words in choices.items():
            box.addItem(words, key)
        box.setCurrentIndex(max(0, box.findData(current)))
        self._form.setRowVisible(box, bool(choices))

    def _offer_bases(self) -> None:
        read = self._preview.reading if self._preview is not None else None
        if read is not None and read.bases is not None:
            self._bases = read.bases
        elif read is None or read.base is None:
            self._bases = None
        asked = self._bases is not None
        self._form.setRowVisible(self._base_row, asked)
        if self._bases is not None:
            for button, base, name in ((self.zero, 0, self._bases[0]), (self.one, 1, self._bases[1])):
                button.setText(unmarked(f"{base}: the first is {name}"))
        else:
            self._uncheck_bases()
        if read is not None and read.folder:
            self._folder = read.folder
        self.folder.setVisible(bool(self._folder) and read is not None)
        self.folder.setText(unmarked(f"The paths lie below {self._folder}: take that for the picture folder"))

    def _count(self, part: int, title: str, count: int) -> None:
        self.parts.buttons[part].setText(f"{title} {count:,}")
        self.parts.buttons[part].setEnabled(part == FOUND or count > 0)
        if not self.parts.buttons[part].isEnabled() and self.parts.current == part:
            self.parts.set_current(FOUND)

    @property
    def listed(self) -> Sequence[str]:
        """The entries that are in sight, to be saved: those without one picture, or pictures that come twice."""
        found = self._preview.reading.found if self._preview is not None else None
        if found is None:
            return ()
        return {MISSING: found.missing, SEVERAL: tuple(found.ambiguous), TWICE: found.repeated}.get(
            self.parts.current, ()
        )

    @Slot()
    def _show_part(self) -> None:
        preview, part = self._preview, self.parts.current
        found = preview.reading.found if preview is not None else None
        self._below.setCurrentIndex(0 if part == FOUND else 1)
        if found is not None and part != FOUND:
            lines = found.lines()[len(found.missing) :] if part == SEVERAL else list(self.listed)
            more = [f"… and {len(lines) - _SHOWN:,} more: save the list to see all"] if len(lines) > _SHOWN else []
            self.entries.setPlainText("\n".join([*lines[:_SHOWN], *more]))
        notes = []
        if preview is not None and preview.already:
            notes.append(f"{preview.already:,} of these are marked already.")
        if preview is not None and preview.earlier:
            notes.append(f"{preview.earlier:,} were forgotten by an earlier request.")
        if found is not None:
            notes += [note for note in found.notes() if not note.startswith("Names were taken")]
        self.already.setText(" ".join(notes))
        self.already.setVisible(bool(notes))

    @Slot()
    def _show_action(self) -> None:
        count = self._preview.count if self._preview is not None else 0
        pictures = "1 picture" if count == 1 else f"{count:,} pictures"
        self.mark_button.setText(ACTIONS[self.action.currentData()][1].format(pictures) if count else "Add")
        self.mark_button.setEnabled(count > 0)

    def _forget_choices(self) -> None:
        self._said, self._bases, self._folder = {}, None, ""
        self.folder.setChecked(False)
        self._uncheck_bases()

    def _uncheck_bases(self) -> None:
        for button in (self.zero, self.one):
            button.setAutoExclusive(False)
            button.setChecked(False)
            button.setAutoExclusive(True)

    def _connect(self) -> None:
        self.names.textChanged.connect(self._typed)
        self._typing.timeout.connect(self.reading_wanted)
        self.column.currentIndexChanged.connect(self._choose_column)
        self.taken_as.currentIndexChanged.connect(self._choose_meaning)
        self.zero.clicked.connect(self._choose)
        self.one.clicked.connect(self._choose)
        self.folder.clicked.connect(self._choose)
        self.parts.chosen.connect(self._show_part)
        self.action.currentIndexChanged.connect(self._show_action)
        self.file_button.clicked.connect(self._ask_file)
        self.paste_button.clicked.connect(self._paste)
        self.save_button.clicked.connect(self._ask_target)
        self.buttons.accepted.connect(self._take)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        self._forget_choices()
        for label in (self.source, self.words, self.unsaid):
            label.setWordWrap(True)
        self.source.setObjectName("muted")
        self.names.setAccessibleName("List")
        self.names.setPlaceholderText("train/cat/0001.jpg")
        self.names.setTabChangesFocus(True)
        self.names.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.paste_button.hide()
        icons.put(self.file_button, "file-text")
        icons.put(self.paste_button, "clipboard-text")
        self.column.setAccessibleName("Column")
        self.taken_as.setAccessibleName("Entries are")
        self.action.setAccessibleName("What is done with them")
        for key, (title, _) in ACTIONS.items():
            self.action.addItem(title, key)
        self.mark_button.setObjectName("primary")
        left = QVBoxLayout()
        beside = QHBoxLayout()
        beside.addWidget(self.file_button)
        beside.addWidget(self.paste_button)
        beside.addStretch(1)
        left.addWidget(self.source)
        left.addWidget(self.names, 1)
        left.addLayout(beside)
        self._base_row = QWidget(self)
        bases = QVBoxLayout(self._base_row)
        bases.setContentsMargins(0, 0, 0, 0)
        bases.addWidget(self.zero)
        bases.addWidget(self.one)
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.addRow("Column", self.column)
        self._form.addRow("Entries are", self.taken_as)
        self._form.addRow("Counting from", self._base_row)
        self._lay_out_results()
        right = QVBoxLayout()
        for widget in (heading("How it is read", self), self.words, self.unsaid):
            right.addWidget(widget)
        right.addLayout(self._form)
        right.addWidget(self.folder)
        right.addWidget(heading("What that gives", self))
        right.addWidget(self.parts)
        right.addWidget(self.already)
        right.addWidget(self._below, 1)
        row = QHBoxLayout()
        row.setSpacing(18)
        row.addLayout(left, 2)
        row.addLayout(right, 3)
        end = QHBoxLayout()
        end.addWidget(self.action)
        end.addStretch(1)
        end.addWidget(self.buttons)
        whole = QVBoxLayout(self)
        whole.addLayout(row, 1)
        whole.addLayout(end)
        self.resize(900, 560)

    def _lay_out_results(self) -> None:
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
        for layout_of in (self._found_part(), self._other_part()):
            self._below.addWidget(layout_of)

    def _found_part(self) -> QWidget:
        part = QWidget(self)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.strip)
        column.addWidget(self.class_table, 1)
        column.addStretch(0)
        return part

    def _other_part(self) -> QWidget:
        part = QWidget(self)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.entries, 1)
        column.addWidget(self.save_button, 0, Qt.AlignmentFlag.AlignLeft)
        return part

    @Slot()
    def _typed(self) -> None:
        if not self._filling:
            self._forget_choices()
            self.mark_button.setEnabled(False)
            self._typing.start()

    @Slot(int)
    def _choose_column(self) -> None:
        if not self._filling and self.column.currentData():
            self._said = {"column": self.column.currentData()}
            self._uncheck_bases()
            self._choose()

    @Slot(int)
    def _choose_meaning(self) -> None:
        if not self._filling and self.taken_as.currentData():
            self._said["taken_as"] = self.taken_as.currentData()
            self._choose()

    @Slot()
    def _choose(self) -> None:
        if not self._filling:
            self.reading_wanted.emit()

    @Slot()
    def _paste(self) -> None:
        self.path = ""
        self.source.setText(HOW)
        self.paste_button.hide()
        self.names.setReadOnly(False)
        self.names.clear()
        self.names.setFocus()

    @Slot()
    def _ask_file(self) -> None:
        path = ask_file(self, "names", "A list of pictures", KINDS)
        if path:
            self.file_chosen.emit(path)

    @Slot()
    def _ask_target(self) -> None:
        name = {MISSING: "not-found.txt", SEVERAL: "fit-several.txt", TWICE: "twice.txt"}[self.parts.current]
        path, _ = ask_target(self, "report", "Save the list", name, "Text files (*.txt)")
        if path:
            self.save_requested.emit(path, self.listed)

    @Slot()
    def _take(self) -> None:
        if self.mark_button.isEnabled():
            self.taken.emit(self.action.currentData())
            self.accept()
