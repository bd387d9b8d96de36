"""A list of pictures, pasted or from a file: how it is read and what it would do, before it counts."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.lists.numbers import Base
from maga_desk.domain.lists.preview import ListPreview
from maga_desk.domain.lists.reading import ListChoice
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui import icons, theme
from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.file_dialogs import ask_file
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.pictures.list_results import ListResults

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
_PAUSE = 180  # milliseconds without a key, after which what was typed is read


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
        self.results = ListResults(images, self)
        self.action = ChoiceBox(self)
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.mark_button = self.buttons.button(buttons.Ok)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_PAUSE)
        self._lay_out()
        self._connect()
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
        self.results.show_preview(preview)
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
        self.action.currentIndexChanged.connect(self._show_action)
        self.file_button.clicked.connect(self._ask_file)
        self.paste_button.clicked.connect(self._paste)
        self.results.save_requested.connect(self.save_requested)
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
        right = QVBoxLayout()
        for widget in (heading("How it is read", self), self.words, self.unsaid):
            right.addWidget(widget)
        right.addLayout(self._form)
        right.addWidget(self.folder)
        right.addWidget(heading("What that gives", self))
        right.addWidget(self.results, 1)
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
    def _take(self) -> None:
        if self.mark_button.isEnabled():
            self.taken.emit(self.action.currentData())
            self.accept()
