"""Everything that can be set about one way of asking; only what it needs is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import ValidationError
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from maga_desk.domain.errors import UserError
from maga_desk.domain.specs.guidance import GuidanceSpec, Precision
from maga_desk.domain.specs.prompt import CAPTION, QUESTION, spoken
from maga_desk.ui import theme
from maga_desk.ui.item_models.sources import HELP
from maga_desk.ui.widgets.basic.param_fields import ChoiceBox, RealBox, WholeBox
from maga_desk.ui.widgets.basic.path_field import PathField
from maga_desk.ui.widgets.guide.endpoint_form import EndpointForm
from maga_desk.ui.widgets.guide.mixture_table import MixtureTable
from maga_desk.ui.widgets.guide.prompt_editor import PromptEditor

NEEDS: Mapping[str, tuple[str, ...]] = {
    "mllm": ("model", "revision", "prompt", "exemplars", "precision", "batch"),
    "endpoint": ("endpoint", "model", "prompt", "exemplars"),
    "clip": ("model", "revision", "prompt", "exemplars", "precision", "batch"),
    "classifier": ("temperature",),
    "file": ("file",),
    "mixture": ("mixture",),
}
CAPTIONS: Mapping[str, str] = {
    "mixture": "Parts",
    "endpoint": "Address",
    "model": "Model",
    "revision": "Revision",
    "prompt": "Question",
    "exemplars": "Exemplars per class",
    "precision": "Number format",
    "batch": "Questions per pass",
    "temperature": "Temperature",
    "file": "Matrix file",
}
HINTS: Mapping[str, str] = {
    "revision": "Which commit of a hub model; empty: the one in the cache",
    "exemplars": "Pictures of each class that are asked about; more say more and take longer",
    "precision": "Of a local model; auto takes what this machine does well",
    "batch": "More are faster until the memory is full",
    "temperature": "Of the classifier's softmax: higher spreads its view over more classes",
    "file": "CSV or JSON, rows and columns named by class",
}
MODEL_HINTS: Mapping[str, str] = {
    "mllm": "“demo” is the project's toy and knows only the demo's kinds; else a folder, or a hub name from the cache",
    "clip": "A folder, or a hub name from the cache",
    "endpoint": "The model's name at the endpoint",
    "mixture": "For the parts that name none themselves",
}


class ProposerForm(QWidget):
    """Signal: ``changed()``. Keys, tests and agreement are the signals of its ``endpoint``."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = GuidanceSpec()
        self._lines: dict[str, QLabel] = {}
        self._rows: dict[str, QWidget] = {}
        self.intro = QLabel(self)
        self.intro.setObjectName("muted")
        self.intro.setWordWrap(True)
        self.mixture = MixtureTable(self)
        self.endpoint = EndpointForm(self)
        self.model = PathField("Model", "folder", self)
        self.revision = QLineEdit(self)
        self.prompt = PromptEditor(self)
        self.exemplars, self.batch = WholeBox(self), WholeBox(self)
        self.precision = ChoiceBox(self)
        self.precision.addItems(list(get_args(Precision)))
        self.temperature = RealBox(self)
        self.file = PathField("Matrix file", "file", self, files="Matrices (*.csv *.json);;All files (*)")
        for box in (self.exemplars, self.batch):
            box.setRange(1, 4096)
        self.temperature.setRange(0.01, 100)
        self._lay_out()
        for signal in (
            self.mixture.changed,
            self.endpoint.changed,
            self.model.changed,
            self.revision.textChanged,
            self.prompt.changed,
            self.exemplars.valueChanged,
            self.batch.valueChanged,
            self.precision.currentIndexChanged,
            self.temperature.valueChanged,
            self.file.changed,
        ):
            signal.connect(self._changed)

    def show_spec(
        self, spec: GuidanceSpec, sources: Iterable[str] = (), classes: Iterable[str] = (), agreed: Iterable[str] = ()
    ) -> None:
        """Fill in a spec's settings.

        :param sources: the proposers of this installation; :param classes: of the desk; :param agreed: origins.
        """
        self._spec = spec
        self.intro.setText(HELP.get(spec.proposer, ""))
        self.mixture.show_sources(list(sources))
        self.mixture.set_parts(spec.mixture)
        self.endpoint.show_endpoint(spec.endpoint, agreed)
        self.model.offer(["demo"] if spec.proposer in ("mllm", "clip") else [], "")
        self.model.button.setVisible(spec.proposer != "endpoint")
        self.model.set_value(spec.model)
        self.revision.setText(spec.revision or "")
        self.prompt.show_classes({name: spoken(name, spec.names) for name in classes})
        self.prompt.show_prompt(spec.prompt, CAPTION if spec.proposer == "clip" else QUESTION)
        self.exemplars.setValue(spec.exemplars)
        self.batch.setValue(spec.batch)
        self.precision.setCurrentText(spec.precision)
        self.temperature.setValue(spec.temperature)
        self.file.set_value(spec.file)
        self._changed()

    def values(self) -> dict[str, Any]:
        """The fields that this way of asking needs, as entered."""
        every: dict[str, Any] = {
            "mixture": self.mixture.value(),
            "endpoint": self.endpoint.values(),
            "model": self.model.value(),
            "revision": self.revision.text().strip() or None,
            "prompt": self.prompt.value(),
            "exemplars": self.exemplars.value(),
            "precision": self.precision.currentText(),
            "batch": self.batch.value(),
            "temperature": self.temperature.value(),
            "file": self.file.value(),
        }
        return {name: every[name] for name in self.needed()}

    def spec(self) -> GuidanceSpec | None:
        """The spec with what is entered, ``None`` while that makes no sense."""
        return None if self.problem() is not None else GuidanceSpec.model_validate(self._raw())

    def needed(self) -> list[str]:
        """The fields that are shown."""
        parts = self.mixture.sources() if self._spec.proposer == "mixture" else set()
        wanted = set(NEEDS.get(self._spec.proposer, ())).union(*(NEEDS.get(part, ()) for part in parts))
        if parts:
            wanted -= {"file"}  # said part by part
        return [name for name in CAPTIONS if name in wanted]

    def problem(self) -> tuple[str, str] | None:
        """What is wrong: the field and one line."""
        try:
            spec = GuidanceSpec.model_validate(self._raw())
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            place = [str(part) for part in fault["loc"]]
            text = str(fault["msg"]).removeprefix("Value error, ")
            return place[0], f"{' '.join(place[1:])}: {text}" if len(place) > 1 and place[0] != "endpoint" else text
        needed = self.needed()
        if "prompt" in needed:
            try:
                spec.question()
            except UserError as error:
                return "prompt", str(error).replace("[guidance] prompt: ", "")
        for name, missing, text in (
            ("endpoint", spec.endpoint.url is None, "type the endpoint's address"),
            ("model", spec.model is None and spec.proposer in ("mllm", "endpoint", "clip"), "name a model"),
            ("file", spec.file is None, "choose a file"),
            ("mixture", not spec.mixture, "add at least one part"),
        ):
            if name in needed and missing:
                return name, text
        return None

    def _raw(self) -> dict[str, Any]:
        return {**self._spec.model_dump(), **self.values()}

    def _lay_out(self) -> None:
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setHorizontalSpacing(12)
        for name, caption in CAPTIONS.items():
            entry: QWidget = getattr(self, name)
            if not isinstance(entry, EndpointForm | PromptEditor | MixtureTable):
                entry.setAccessibleName(caption)
            line = QLabel(self)
            line.setWordWrap(True)
            line.setObjectName("muted")
            row = QWidget(self)
            column = QVBoxLayout(row)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addWidget(entry)
            column.addWidget(line)
            self._lines[name], self._rows[name] = line, row
            self._form.addRow(caption, row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.intro)
        layout.addLayout(self._form)
        layout.addStretch(1)

    def line(self, name: str) -> str:
        """What is said below a field."""
        return self._lines[name].text()

    @Slot()
    def _changed(self) -> None:
        needed, problem, colours = self.needed(), self.problem(), theme.colours()
        for name, row in self._rows.items():
            self._form.setRowVisible(row, name in needed)
            wrong = problem is not None and problem[0] == name
            hint = MODEL_HINTS.get(self._spec.proposer, "") if name == "model" else HINTS.get(name, "")
            text = problem[1] if wrong and problem is not None else hint
            self._lines[name].setText(text[:1].upper() + text[1:])
            self._lines[name].setStyleSheet(f"color: {colours.danger if wrong else colours.text_muted};")
            self._lines[name].setVisible(bool(text))
        self.changed.emit()
