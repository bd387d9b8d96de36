"""Where the record of a run goes, and which key signs it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.record_folder import MANIFEST, PAPER_SIZES, RecordWish
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.file_dialogs import ask_folder, ask_target
from maga_desk.ui.widgets.basic.labels import TextLabel, muted

WHAT = (
    "The record says what was forgotten, how, and what the audit found: as a page, a PDF and data, signed. It names no "
    "picture. Make it before the case is purged."
)
_PAPER_TITLES = {"a4": "A4", "letter": "Letter"}
_KEYRING = "The key in this system's keyring (made the first time)"


class RecordDialog(QDialog):
    """Asks for a folder, a key and the paper. Signal: ``chosen(wish)`` with a ``RecordWish``.

    :param folder: what is suggested.
    """

    chosen = Signal(object)

    def __init__(self, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Make the record")
        what = TextLabel(WHAT, self)
        what.setWordWrap(True)
        self.folder, self.key_file, self.why = QLineEdit(folder, self), QLineEdit(self), QLineEdit(self)
        self.folder_button, self.key_button = QPushButton("Folder…", self), QPushButton("File…", self)
        self.key_file.setPlaceholderText(_KEYRING)
        self.why.setPlaceholderText("not given")
        self.paper = ChoiceBox(self)
        for name in PAPER_SIZES:
            self.paper.addItem(_PAPER_TITLES[name], name)
        self.note = muted("", self)
        form = QFormLayout()
        form.addRow("Folder", _beside(self.folder, self.folder_button))
        form.addRow("Key file", _beside(self.key_file, self.key_button))
        form.addRow("Paper of the PDF", self.paper)
        form.addRow("Why not retrained", self.why)
        self.folder.setAccessibleName("Folder")
        self.key_file.setAccessibleName("Key file")
        self.paper.setAccessibleName("Paper of the PDF")
        self.why.setAccessibleName("Why not retrained")
        self.folder_button.setAccessibleName("Choose: Folder")
        self.key_button.setAccessibleName("Choose: Key file")
        self.key_file.setToolTip("A PEM file with an Ed25519 key; one that is not there yet is made")
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.make_button = self.buttons.button(buttons.Ok)
        self.make_button.setText("Make and sign")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.folder_button.clicked.connect(self._choose_folder)
        self.key_button.clicked.connect(self._choose_key)
        self.folder.textChanged.connect(self._check)
        self.key_file.textChanged.connect(self._check)
        self.accepted.connect(self._chosen)
        layout = QVBoxLayout(self)
        layout.addWidget(what)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(560)
        entered = (self.folder, self.folder_button, self.key_file, self.key_button, self.paper, self.why)
        for one, following in pairwise((*entered, self.make_button)):
            self.setTabOrder(one, following)
        self.folder.setFocus()
        self._check()

    def wish(self) -> RecordWish:
        """What is entered."""
        folder = Path(self.folder.text().strip()).expanduser()
        key = self.key_file.text().strip()
        return RecordWish(
            folder=str(folder),
            key_file=str(Path(key).expanduser()) if key else "",
            paper=self.paper.currentData(),
            not_retrained=self.why.text().strip(),
            replace=(folder / MANIFEST).exists(),
        )

    @Slot()
    def _check(self) -> None:
        """Whole paths, and what is there already."""
        wish, text = self.wish(), self.folder.text().strip()
        usable = bool(text) and Path(wish.folder).is_absolute()
        usable = usable and (not wish.key_file or Path(wish.key_file).is_absolute())
        if not usable:
            note = "Give whole paths, starting at a drive or at /."
        else:
            note = "There is a record in that folder: it is replaced." if wish.replace else ""
        self.note.setText(note)
        self.make_button.setEnabled(usable)

    @Slot()
    def _choose_folder(self) -> None:
        path = ask_folder(self, "export", "Folder of the record", self.folder.text())
        if path:
            self.folder.setText(path)

    @Slot()
    def _choose_key(self) -> None:
        path, _ = ask_target(self, "export", "Key that signs", self.key_file.text() or "record-key.pem", "Keys (*.pem)")
        if path:
            self.key_file.setText(path)

    @Slot()
    def _chosen(self) -> None:
        self.chosen.emit(self.wish())


def _beside(field: QLineEdit, button: QPushButton) -> QWidget:
    """A field with its button, as one field of a form."""
    button.setObjectName("compact")
    both = QWidget()
    line = QHBoxLayout(both)
    line.setContentsMargins(0, 0, 0, 0)
    line.addWidget(field, 1)
    line.addWidget(button)
    both.setFocusProxy(field)
    return both
