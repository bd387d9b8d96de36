"""What to open: a source's pictures and a trained model, and where it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget

from maga_desk.domain.choices import DEMO, SourceInfo
from maga_desk.domain.specs.run import DEVICES, DataSpec, Precision, RunSpec
from maga_desk.domain.specs.section import field_title
from maga_desk.ui.widgets.basic.fields import ChoiceBox, WholeBox
from maga_desk.ui.widgets.basic.file_dialogs import ask_file, ask_folder, places_of
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.param_fields import Input, differing, own_inputs
from maga_desk.ui.widgets.basic.recent_paths import RecentPaths
from maga_desk.ui.widgets.load.reading_fields import ReadingFields

FROM_CHECKPOINT = "as found in the checkpoint"
FIRST_OWN_ROW = 2  # a source's own keys follow the source and the path


_LEAST = 16  # letters


class OpenForm(QWidget):
    """The rows follow the chosen source's record. With one source to choose there is no choice to be seen.

    Signals: ``changed()``; ``confirmed()`` when Enter is pressed in a line.
    """

    changed = Signal()
    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: Mapping[str, SourceInfo] = {}
        self._awaited: RunSpec | None = None  # of a source that is not known yet
        self._given: Mapping[str, Any] = {}  # own keys of the shown spec
        self.own: dict[str, Input] = {}
        self.source = ChoiceBox(self)
        self.path, self.checkpoint, self.families = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.arch, self.device, self.precision = ChoiceBox(self), ChoiceBox(self), ChoiceBox(self)
        self.recent = {
            "pictures": RecentPaths(self.path, "pictures"),
            "checkpoint": RecentPaths(self.checkpoint, "checkpoint"),
        }
        self.limit, self.held_out = WholeBox(self), WholeBox(self)
        self.reading = ReadingFields(self)
        self._lay_out()
        for field in (self.path, self.checkpoint, self.families):
            field.returnPressed.connect(self.confirmed)
            field.textChanged.connect(self.changed)
        self.reading.confirmed.connect(self.confirmed)
        self.reading.changed.connect(self.changed)
        self.source.currentIndexChanged.connect(self._choose_source)
        self.show_architectures([])

    def show_sources(self, known: Mapping[str, SourceInfo]) -> None:
        """The sources to choose from; the demo has a button of its own."""
        chosen = self.source.currentData() or DataSpec().source
        self._known = {name: info for name, info in known.items() if name != DEMO}
        self.source.blockSignals(True)
        self.source.clear()
        for name, info in self._known.items():
            self.source.addItem(info.title, name)
        self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        self.source.blockSignals(False)
        self._form.setRowVisible(self.source, len(self._known) > 1)
        self._show_source()
        if self._awaited is not None:
            self.show_spec(self._awaited)

    def show_architectures(self, names: list[str]) -> None:
        """The architectures to choose from."""
        chosen = self.arch.currentText() or FROM_CHECKPOINT
        self.arch.clear()
        self.arch.addItems([FROM_CHECKPOINT, *names])
        _choose(self.arch, chosen)

    def show_spec(self, spec: RunSpec) -> None:
        """Fill in a spec; one of the demo, or that names no pictures, leaves what was typed."""
        data, info = spec.data, self._known.get(spec.data.source)
        self._awaited = spec if info is None and data.source != DEMO else None
        if info is None or (info.path is not None and data.path is None):
            return
        self.source.blockSignals(True)
        self.source.setCurrentIndex(self.source.findData(data.source))
        self.source.blockSignals(False)
        self._given = data.options
        self._show_source()
        self.path.setText(data.path or "")
        self.checkpoint.setText(spec.model.checkpoint or "")
        self.families.setText(data.families or "")
        self.limit.setValue(data.train_limit or 0)
        self.held_out.setValue(round(100 * data.held_out))
        self.reading.show_spec(spec)
        _choose(self.arch, spec.model.arch or FROM_CHECKPOINT)
        _choose(self.device, spec.device)
        _choose(self.precision, spec.precision)

    def fill_in(self, what: str, path: str, source: str) -> None:
        """Put a path into the line of ``pictures``, which the source reads, ``checkpoint`` or ``families``."""
        if what == "pictures":
            self.source.setCurrentIndex(max(0, self.source.findData(source)))
        {"pictures": self.path, "checkpoint": self.checkpoint, "families": self.families}[what].setText(path)

    def remember(self, spec: RunSpec) -> None:
        """What a spec names was opened: offer it again."""
        places = places_of(self)
        if spec.data.path is not None:
            places.opened("pictures", spec.data.path)
        if spec.model.checkpoint is not None:
            places.opened("checkpoint", spec.model.checkpoint)

    def missing(self) -> list[str]:
        """What must be named before anything can be opened."""
        info, wanted = self._info, []
        if info.path is not None and not self.path.text().strip():
            wanted.append(f"the pictures' {info.path}")
        if info.checkpoint is None and not self.checkpoint.text().strip():
            wanted.append("the checkpoint")
        return wanted

    def given(self) -> dict[str, Any]:
        """``data``, ``model``, ``device`` and ``precision`` as in a spec; only what was filled in."""
        info = self._info
        data: dict[str, Any] = {"source": info.name}
        if info.path is not None:
            data["path"] = _absolute(self.path)
        if self.families.text().strip():
            data["families"] = _absolute(self.families)
        if self.limit.value():
            data["train_limit"] = self.limit.value()
        if self.held_out.value():
            data["held_out"] = self.held_out.value() / 100
        if own := differing(info.options, self._given, self.own):
            data["options"] = own
        model: dict[str, Any] = {"checkpoint": _absolute(self.checkpoint)} if self.checkpoint.text().strip() else {}
        if self.arch.currentText().strip() not in ("", FROM_CHECKPOINT):
            model["arch"] = self.arch.currentText().strip()
        read = self.reading.given()
        return {
            "data": data | read["data"],
            "model": model | read["model"],
            "device": self.device.currentText(),
            "precision": self.precision.currentText(),
        }

    @property
    def _info(self) -> SourceInfo:
        name = self.source.currentData() or DataSpec().source
        return self._known.get(name) or SourceInfo(name, name, "")

    @Slot()
    def _choose_source(self) -> None:
        self._given = {}
        self._show_source()

    def _show_source(self) -> None:
        """The rows of the chosen source, with its own keys."""
        info = self._info
        self.source.setToolTip(info.summary)
        self.path.setPlaceholderText(info.path_help)
        self._form.setRowVisible(self._path_row, info.path is not None)
        or_else = "" if info.checkpoint is None else ", or none for the source's own"
        self.checkpoint.setPlaceholderText(f"a file or a hub's folder: PyTorch, timm, Hugging Face{or_else}")
        for entry in self.own.values():
            self._form.removeRow(entry)
        self.own = own_inputs(info.options, self._given, self)
        for row, (name, entry) in enumerate(self.own.items(), FIRST_OWN_ROW):
            field = info.options.model_fields[name]
            caption = field_title(name, field)
            entry.name_for_readers(caption, field.description or caption)
            entry.changed.connect(self.changed)
            self._form.insertRow(row, caption, entry)
        self.changed.emit()

    def _lay_out(self) -> None:
        self.families.setPlaceholderText("only for models that know families: a file of kind = family")
        self.limit.setRange(0, 100_000_000)
        self.limit.setSpecialValueText("all")
        self.limit.setToolTip("The size of the subset that the model was trained on; all if it saw every picture")
        self.held_out.setRange(0, 90)
        self.held_out.setSuffix(" %")
        self.held_out.setSpecialValueText("none")
        self.held_out.setToolTip("Share of the test pictures that audits leave alone: for tuning")
        self.held_out.setAccessibleName("Held out of the test pictures")
        self.arch.setEditable(True)
        for box in (self.source, self.arch):
            box.setMinimumContentsLength(_LEAST)  # narrower than their longest texts, for small windows
        self.arch.setToolTip(
            "Found by the tensors' names and shapes; name one only where you know better, or a function of your own "
            "Python file that gives the net: model.py:build"
        )
        self.device.addItems(list(DEVICES))
        self.device.setToolTip("auto takes a GPU when there is one")
        self.precision.addItems(list(get_args(Precision)))
        self.precision.setToolTip("auto measures once which is faster here; name one to get the same on other machines")
        self.precision.setAccessibleName("Number format")
        self.browse_menu = QMenu(self)
        self.browse_menu.addAction("Folder…").triggered.connect(self._browse_folder)
        self.browse_menu.addAction("File or archive…").triggered.connect(self._browse_file)
        self.model_menu = QMenu(self)
        self.model_menu.addAction("File…").triggered.connect(self._browse_model_file)
        self.model_menu.addAction("Folder of a hub…").triggered.connect(self._browse_model_folder)
        self.model_button, model_row = _with_browse(self.checkpoint, self._browse_checkpoint)
        self.browse_button, self._path_row = _with_browse(self.path, self._browse_pictures)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows: tuple[tuple[str, QWidget, QWidget], ...] = (
            ("Pictures from", self.source, self.source),
            ("Pictures", self._path_row, self.path),
            ("Checkpoint", model_row, self.checkpoint),
            ("Architecture", self.arch, self.arch),
            ("Training pictures", self._two(self.limit, "test held out", self.held_out), self.limit),
            ("Families", _with_browse(self.families, self._browse_families)[1], self.families),
            ("Device", self._two(self.device, "computes in", self.precision), self.device),
        )
        for name, row, field in rows:
            self._form.addRow(name, row)
            field.setAccessibleName(name)
        self._form.addRow(self.reading)

    def _two(self, first: QWidget, caption: str, second: QWidget) -> QWidget:
        """A row of two fields."""
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(first, 1)
        layout.addWidget(TextLabel(caption, row))
        layout.addWidget(second, 1)
        return row

    @Slot()
    def _browse_pictures(self) -> None:
        if self._info.path == "folder or file":
            self.browse_menu.popup(self.browse_button.mapToGlobal(self.browse_button.rect().bottomLeft()))
        elif self._info.path == "folder":
            self._browse_folder()
        else:
            self._browse_file()

    @Slot()
    def _browse_folder(self) -> None:
        _take(self.path, ask_folder(self, "pictures", "The pictures' folder", self.path.text()))

    @Slot()
    def _browse_file(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in self._info.suffixes)
        kinds = f"{self._info.title} ({kinds});;All files (*)" if kinds else ""
        _take(self.path, ask_file(self, "pictures", "The pictures' file", kinds, self.path.text()))

    @Slot()
    def _browse_checkpoint(self) -> None:
        self.model_menu.popup(self.model_button.mapToGlobal(self.model_button.rect().bottomLeft()))

    @Slot()
    def _browse_model_file(self) -> None:
        kinds = "Checkpoints (*.safetensors *.pt *.pth *.ckpt *.bin *.tar *.json);;All files (*)"
        _take(self.checkpoint, ask_file(self, "checkpoint", "The trained model", kinds, self.checkpoint.text()))

    @Slot()
    def _browse_model_folder(self) -> None:
        _take(self.checkpoint, ask_folder(self, "checkpoint", "The trained model's folder", self.checkpoint.text()))

    @Slot()
    def _browse_families(self) -> None:
        kinds = "Families (*.toml *.json *.csv);;All files (*)"
        _take(self.families, ask_file(self, "families", "The families", kinds, self.families.text()))


def _choose(box: QComboBox, text: str) -> None:
    if box.findText(text) < 0:
        box.addItem(text)
    box.setCurrentText(text)


def _with_browse(field: QLineEdit, browse: Callable[[], None]) -> tuple[QPushButton, QWidget]:
    """The button, and the row of field and button."""
    row = QWidget(field.parentWidget())
    button = QPushButton("Browse…", row)
    button.clicked.connect(browse)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(field, 1)
    layout.addWidget(button)
    return button, row


def _take(field: QLineEdit, path: str) -> None:
    if path:
        field.setText(path)


def _absolute(field: QLineEdit) -> str:
    text = field.text().strip()
    return text if text == DEMO else str(Path(text).expanduser().absolute())
