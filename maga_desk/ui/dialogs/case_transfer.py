"""Where a whole case is written to, and where one is read from: one file, and pictures only on a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.case_files import SUFFIX
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.file_dialogs import ask_file, ask_folder, ask_target
from maga_desk.ui.widgets.basic.labels import TextLabel, muted

_KINDS = f"Cases (*{SUFFIX})"
_LEAVES = (
    "The request, its runs with their results and reports, the models and lists that they name, and guidance go into "
    "one file. Keys stay here. Names of pictures and full paths of your files are in it. Another machine opens it with "
    "File, Import a case…"
)
_ARRIVES = (
    "The file is checked as a whole before anything is kept, and nothing in it is ever run. It is not signed: "
    "approvals, hand-over and figures are what the file says, until you verify its record."
)
_WHOLE = "Give a whole path, starting at a drive or at /."


class CaseExportDialog(QDialog):
    """Asks for a file. Signal: ``chosen(path, pictures, replace)``.

    :param path: what is suggested.
    """

    chosen = Signal(str, bool, bool)

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export the case")
        self.path, self.pictures = QLineEdit(path, self), QCheckBox("Put the pictures in as well", self)
        self.pictures.setToolTip("They are private. Without them, who imports the case says where they lie there.")
        self.note = muted("", self)
        self.browse_button, self.ok_button, _ = _frame(
            self, _LEAVES, [("File", self.path)], [self.pictures, self.note], "Export"
        )
        self.browse_button.clicked.connect(self._browse)
        self.path.textChanged.connect(self._check)
        self.accepted.connect(self._chosen)
        self._check()

    @Slot()
    def _check(self) -> None:
        path = Path(self.path.text().strip()).expanduser()
        usable = path.is_absolute() and path.suffix == SUFFIX and not path.is_dir()
        note = "" if path.is_absolute() else _WHOLE
        if not note and not usable:
            note = f"The file's name ends in {SUFFIX}."
        self.note.setText(note or ("There is a file of that name: it is replaced." if path.exists() else ""))
        self.ok_button.setEnabled(usable)

    @Slot()
    def _browse(self) -> None:
        path, _ = ask_target(self, "export", "Export the case", self.path.text(), _KINDS)
        if path:
            self.path.setText(path if path.endswith(SUFFIX) else path + SUFFIX)

    @Slot()
    def _chosen(self) -> None:
        path = Path(self.path.text().strip()).expanduser()
        self.chosen.emit(str(path), self.pictures.isChecked(), path.exists())


class CaseImportDialog(QDialog):
    """Asks for a file, and where its pictures lie here.

    Signals: ``looked_for(path)``, a file to look at: :meth:`show_places` or :meth:`show_fault` is the answer;
    ``chosen(path, data)``, where ``data`` may be empty.
    """

    looked_for = Signal(str)
    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import a case")
        self.path, self.data = QLineEdit(self), QLineEdit(self)
        self.data.setPlaceholderText("Can be said later")
        self.fault, self.places = TextLabel(self), muted("", self)
        self.fault.setWordWrap(True)
        theme.set_tone(self.fault, "danger")
        self.browse_button, self.ok_button, self.data_button = _frame(
            self, _ARRIVES, [("File", self.path), ("Pictures", self.data)], [self.places, self.fault], "Import"
        )
        self._usable = False
        self.browse_button.clicked.connect(self._browse)
        self.data_button.clicked.connect(self._browse_data)
        self.path.editingFinished.connect(self._look)
        self.data.textChanged.connect(self._check)
        self.accepted.connect(self._chosen)
        self._check()

    def show_places(self, places: Sequence[str]) -> None:
        """The file is a whole case; where its pictures lay, as far as they are not in it."""
        self._usable = True
        self.fault.clear()
        self.data.setEnabled(len(places) == 1)
        self.data_button.setEnabled(len(places) == 1)
        if not places:
            said = "No pictures have to be found."
        elif len(places) == 1:
            said = f"Its pictures lay in {places[0]}. Where are they here?"
        else:
            said = f"Its pictures lay in {len(places)} places: say where each is with `maga-desk case import --data`."
        self.places.setText(said)
        self._check()

    def show_fault(self, text: str) -> None:
        """Why the file cannot be imported."""
        self._usable = False
        self.fault.setText(text)
        self.places.clear()
        self._check()

    @Slot()
    def _look(self) -> None:
        text = self.path.text().strip()
        if text:
            self.looked_for.emit(str(Path(text).expanduser()))

    @Slot()
    def _check(self) -> None:
        data = self.data.text().strip()
        there = not data or Path(data).expanduser().exists()
        self.data.setToolTip("" if there else "There is nothing.")
        self.ok_button.setEnabled(self._usable and there)

    @Slot()
    def _browse(self) -> None:
        path = ask_file(self, "export", "Import a case", _KINDS, self.path.text())
        if path:
            self.path.setText(path)
            self._look()

    @Slot()
    def _browse_data(self) -> None:
        path = ask_folder(self, "pictures", "The pictures of the case", self.data.text())
        if path:
            self.data.setText(path)

    @Slot()
    def _chosen(self) -> None:
        data = self.data.text().strip() if self.data.isEnabled() else ""
        self.chosen.emit(str(Path(self.path.text().strip()).expanduser()), str(Path(data).expanduser()) if data else "")


def _frame(
    dialog: QDialog, what: str, fields: Sequence[tuple[str, QLineEdit]], below: Sequence[QWidget], ok: str
) -> tuple[QPushButton, QPushButton, QPushButton]:
    """Lay a dialog out; its first field's button, its OK, and the last field's button."""
    text = TextLabel(what, dialog)
    text.setWordWrap(True)
    layout, form, browse = QVBoxLayout(dialog), QFormLayout(), []
    for name, field in fields:
        button = QPushButton("Browse…", dialog)
        button.setObjectName("compact")
        button.setAutoDefault(False)
        button.setAccessibleName(f"Choose: {name}")
        field.setAccessibleName(name)
        both = QWidget(dialog)
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(field, 1)
        line.addWidget(button)
        both.setFocusProxy(field)
        form.addRow(name, both)
        browse.append(button)
    layout.addWidget(text)
    layout.addLayout(form)
    for widget in below:
        layout.addWidget(widget)
    layout.addStretch(1)
    kinds = QDialogButtonBox.StandardButton
    buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, dialog)
    buttons.button(kinds.Ok).setText(ok)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    layout.addWidget(buttons)
    dialog.setMinimumWidth(560)
    return browse[0], buttons.button(kinds.Ok), browse[-1]
