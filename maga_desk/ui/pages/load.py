"""Load page: the demo, a folder with a checkpoint, or a session of the past."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.events import Progress, WorkspaceCard
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.sessions import SessionInfo
from maga_desk.domain.specs.run import Precision, RunSpec
from maga_desk.ui.widgets.basic.notice import Notice
from maga_desk.ui.widgets.basic.page import Page
from maga_desk.ui.widgets.basic.param_fields import WholeBox
from maga_desk.ui.widgets.basic.progress import ProgressLine
from maga_desk.ui.widgets.load.session_list import SessionList
from maga_desk.ui.widgets.load.workspace_card import CardView

DEVICES = ("auto", "cpu", "cuda", "mps")
FROM_CHECKPOINT = "as the checkpoint says"


class LoadPage(Page):
    """Signals: ``demo_requested()``, ``open_requested(dict)`` with the keys ``data``, ``model``, ``device`` and
    ``precision`` as in a spec (only what was filled in), ``session_chosen(int)``, ``session_deleted(int)``.
    """

    demo_requested = Signal()
    open_requested = Signal(object)
    session_chosen = Signal(int)
    session_deleted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Load", parent)
        self.error = Notice(self, closable=True)
        self.progress = ProgressLine(self)
        self.card = CardView(self)
        self.demo_button = QPushButton("Try the demo", self)
        self.demo_button.setObjectName("primary")
        self.folder, self.checkpoint, self.families = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.arch, self.device, self.precision = QComboBox(self), QComboBox(self), QComboBox(self)
        self.limit = WholeBox(self)
        self.open_button = QPushButton("Open", self)
        self.sessions = SessionList(self)
        self._lay_out()
        self.demo_button.clicked.connect(self.demo_requested)
        self.open_button.clicked.connect(self._open)
        for field in (self.folder, self.checkpoint, self.families):
            field.returnPressed.connect(self._open)
            field.textChanged.connect(self._enable)
        self.sessions.chosen.connect(self.session_chosen)
        self.sessions.deleted.connect(self.session_deleted)
        self.show_architectures([])
        self._busy = False
        self._enable()

    def show_recent(self, recent: Sequence[SessionInfo]) -> None:
        """The recent sessions."""
        self.sessions.show_sessions(recent)

    def show_card(self, card: WorkspaceCard | None, images: ImageSet | None) -> None:
        """What is open."""
        self.card.show_card(card, images)

    def show_spec(self, spec: RunSpec) -> None:
        """Fill the form from a spec; the demo leaves what was typed."""
        if spec.data.source != "folder" or spec.data.path is None:
            return
        self.folder.setText(spec.data.path)
        self.checkpoint.setText(spec.model.checkpoint or "")
        self.families.setText(spec.data.families or "")
        self.limit.setValue(spec.data.train_limit or 0)
        self._choose(self.arch, spec.model.arch or FROM_CHECKPOINT)
        self._choose(self.device, spec.device)
        self._choose(self.precision, spec.precision)

    def show_busy(self, progress: Progress | None) -> None:
        """Progress of opening; ``None`` when nothing is being opened."""
        self._busy = progress is not None
        self.progress.show_progress(progress)
        self._enable()

    def show_error(self, text: str | None) -> None:
        """Why it could not be opened, in one line."""
        self.error.say(text, "error")

    def show_architectures(self, names: list[str]) -> None:
        """The architectures to choose from."""
        chosen = self.arch.currentText() or FROM_CHECKPOINT
        self.arch.clear()
        self.arch.addItems([FROM_CHECKPOINT, *names])
        self._choose(self.arch, chosen)

    def given(self) -> dict[str, Any]:
        """The form as parts of a spec; only what was filled in."""
        data: dict[str, Any] = {"source": "folder", "path": _absolute(self.folder)}
        if self.families.text().strip():
            data["families"] = _absolute(self.families)
        if self.limit.value():
            data["train_limit"] = self.limit.value()
        model: dict[str, Any] = {"checkpoint": _absolute(self.checkpoint)}
        if self.arch.currentText().strip() not in ("", FROM_CHECKPOINT):
            model["arch"] = self.arch.currentText().strip()
        return {
            "data": data,
            "model": model,
            "device": self.device.currentText(),
            "precision": self.precision.currentText(),
        }

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(14)
        grid.addWidget(self._demo_card(), 0, 0)
        grid.addWidget(self._own_card(), 1, 0)
        grid.addWidget(self._recent_card(), 0, 1, 2, 1)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        for widget in (self.error, self.progress, self.card):
            self.body.addWidget(widget)
        self.body.addLayout(grid)
        self.body.addStretch(1)

    def _demo_card(self) -> QWidget:
        card, layout = _card("New here?", self)
        text = QLabel("Drawn pictures of 20 kinds of things, and a small model that was trained on them.", card)
        text.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(text, 1)
        row.addWidget(self.demo_button)
        layout.addLayout(row)
        return card

    def _own_card(self) -> QWidget:
        card, layout = _card("Your own model and pictures", self)
        self.folder.setPlaceholderText("a folder with train/<class> and test/<class>")
        self.checkpoint.setPlaceholderText(".safetensors, or a PyTorch state dict (.pt, .pth)")
        self.families.setPlaceholderText("only for models that know families: a file of kind = family")
        self.limit.setRange(0, 100_000_000)
        self.limit.setSpecialValueText("all")
        self.limit.setToolTip("The size of the subset that the model was trained on; all if it saw every picture")
        self.arch.setEditable(True)
        self.device.addItems(list(DEVICES))
        self.device.setToolTip("auto takes a GPU when there is one")
        self.precision.addItems(list(get_args(Precision)))
        self.precision.setToolTip("auto measures once which is faster here; name one to get the same on other machines")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Pictures", _with_browse(self.folder, self._browse_folder)),
            ("Checkpoint", _with_browse(self.checkpoint, self._browse_checkpoint)),
            ("Architecture", self.arch),
            ("Training pictures", self.limit),
            ("Families", _with_browse(self.families, self._browse_families)),
            ("Device", self._running_on()),
        )
        for name, widget in rows:
            form.addRow(name, widget)
        named = (self.folder, self.checkpoint, self.arch, self.limit, self.families, self.device)
        for (name, _), widget in zip(rows, named, strict=True):
            widget.setAccessibleName(name)
        self.precision.setAccessibleName("Number format")
        layout.addLayout(form)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.open_button)
        layout.addLayout(row)
        return card

    def _running_on(self) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.device, 1)
        layout.addWidget(QLabel("computes in", row))
        layout.addWidget(self.precision, 1)
        return row

    def _recent_card(self) -> QWidget:
        card, layout = _card("Recent sessions", self)
        layout.addWidget(self.sessions, 1)
        return card

    @staticmethod
    def _choose(box: QComboBox, text: str) -> None:
        if box.findText(text) < 0:
            box.addItem(text)
        box.setCurrentText(text)

    @Slot()
    def _enable(self) -> None:
        filled = bool(self.folder.text().strip() and self.checkpoint.text().strip())
        self.open_button.setEnabled(filled and not self._busy)
        self.open_button.setToolTip("" if filled else "Name the pictures' folder and the checkpoint first")
        self.demo_button.setEnabled(not self._busy)

    @Slot()
    def _open(self) -> None:
        if self.open_button.isEnabled():
            self.open_requested.emit(self.given())

    @Slot()
    def _browse_folder(self) -> None:
        _take(self.folder, QFileDialog.getExistingDirectory(self, "The pictures' folder", self.folder.text()))

    @Slot()
    def _browse_checkpoint(self) -> None:
        kinds = "Checkpoints (*.safetensors *.pt *.pth);;All files (*)"
        _take(self.checkpoint, QFileDialog.getOpenFileName(self, "The trained model", self.checkpoint.text(), kinds)[0])

    @Slot()
    def _browse_families(self) -> None:
        kinds = "Families (*.toml *.json *.csv);;All files (*)"
        _take(self.families, QFileDialog.getOpenFileName(self, "The families", self.families.text(), kinds)[0])


def _card(title: str, parent: QWidget) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame(parent)
    card.setObjectName("card")
    heading = QLabel(title, card)
    heading.setObjectName("heading")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(16, 14, 16, 14)
    layout.setSpacing(10)
    layout.addWidget(heading)
    return card, layout


def _with_browse(field: QLineEdit, browse: Any) -> QWidget:
    row = QWidget(field.parentWidget())
    button = QPushButton("Browse…", row)
    button.clicked.connect(browse)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(field, 1)
    layout.addWidget(button)
    return row


def _take(field: QLineEdit, path: str) -> None:
    if path:
        field.setText(path)


def _absolute(field: QLineEdit) -> str:
    text = field.text().strip()
    return text if text == "demo" else str(Path(text).expanduser().absolute())
