"""Everything that can be set about one proposer, as its record says; only what it needs is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from maga_desk.domain.choices import Options, ProposerInfo
from maga_desk.domain.errors import UserError
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.prompt import spoken
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.param_fields import Input, differing, kind_of, own_inputs
from maga_desk.ui.widgets.basic.path_field import PathField
from maga_desk.ui.widgets.guide.endpoint_form import EndpointForm
from maga_desk.ui.widgets.guide.mixture_table import MixtureTable
from maga_desk.ui.widgets.guide.prompt_editor import PromptEditor

ROWS = (
    "mixture", "endpoint", "model", "revision", "prompt", "exemplars", "precision", "batch", "temperature", "file",
)  # fmt: skip
"""The fields of a ``GuidanceSpec`` that have a row, from the top down; a proposer's own keys follow."""
PLAIN = ("exemplars", "precision", "batch", "temperature")
"""Those among them with a plain input."""
BY_PART = frozenset({"model", "file"})
"""What each part of a mixture says itself."""
MISSING: Mapping[str, str] = {
    "endpoint": "type the endpoint's address",
    "model": "name a model",
    "file": "choose a file",
    "mixture": "add at least one part",
}
_FIELDS = GuidanceSpec.model_fields


class ProposerForm(QWidget):
    """Signal: ``changed()``. Keys, tests and agreement are the signals of its ``endpoint``."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = GuidanceSpec()
        self._known: Mapping[str, ProposerInfo] = {}
        self._lines: dict[str, QLabel] = {}
        self._rows: dict[str, QWidget] = {}
        self._hints: dict[str, str] = {}
        self.intro = TextLabel(self)
        self.intro.setObjectName("muted")
        self.intro.setWordWrap(True)
        self.mixture = MixtureTable(self)
        self.endpoint = EndpointForm(self)
        self.model = PathField("Model", "folder", self)
        self.revision = QLineEdit(self)
        self.prompt = PromptEditor(self)
        self.file = PathField("Matrix file", "file", self, files="Matrices (*.csv *.json);;All files (*)")
        self.inputs = {name: Input(kind_of(_FIELDS[name]), self) for name in PLAIN}
        self.options: dict[str, Input] = {}
        self._lay_out()
        for signal in (
            self.mixture.changed,
            self.endpoint.changed,
            self.model.changed,
            self.revision.textChanged,
            self.prompt.changed,
            self.file.changed,
            *(entry.changed for entry in self.inputs.values()),
        ):
            signal.connect(self._changed)

    def show_spec(
        self,
        spec: GuidanceSpec,
        known: Mapping[str, ProposerInfo],
        classes: Iterable[str] = (),
        agreed: Iterable[str] = (),
    ) -> None:
        """Fill in a spec's settings; called once.

        :param known: the proposers of this installation; :param classes: of the desk; :param agreed: origins.
        """
        self._spec, self._known = spec, known
        info = self._info
        self.intro.setText(info.summary)
        self.mixture.show_sources(known)
        self.mixture.set_parts(spec.mixture)
        self.endpoint.show_endpoint(spec.endpoint, agreed)
        self.model.offer(list(info.models), "")
        self.model.button.setVisible(not info.sends)
        self.model.set_value(spec.model)
        self._hints["model"] = info.model_help
        self.revision.setText(spec.revision or "")
        self.prompt.show_classes({name: spoken(name, spec.names) for name in classes})
        self.prompt.show_prompt(spec.prompt, info.prompt)
        for name, entry in self.inputs.items():
            entry.set_value(getattr(spec, name))
        self.file.set_value(spec.file)
        self._add_options(info.options, spec.options)
        self._changed()

    def values(self) -> dict[str, Any]:
        """The fields that this proposer needs, as entered."""
        every: dict[str, Any] = {
            "mixture": self.mixture.value(),
            "endpoint": self.endpoint.values(),
            "model": self.model.value(),
            "revision": self.revision.text().strip() or None,
            "prompt": self.prompt.value(),
            "file": self.file.value(),
            **{name: entry.value() for name, entry in self.inputs.items()},
        }
        return {**{name: every[name] for name in self.needed()}, "options": self._own()}

    def spec(self) -> GuidanceSpec | None:
        """The spec with what is entered, ``None`` while that makes no sense."""
        return None if self.problem() is not None else GuidanceSpec.model_validate(self._raw())

    def needed(self) -> list[str]:
        """The fields that are shown."""
        wanted = {name for info in self._involved() for name in info.fields}
        if self._info.mixes:
            wanted.discard("file")  # said part by part
        return [name for name in ROWS if name in wanted]

    def problem(self) -> tuple[str, str] | None:
        """What is wrong: the field and one line."""
        try:
            spec = GuidanceSpec.model_validate(self._raw())
        except ValidationError as error:
            place, text = _fault(error)
            return place[0], f"{' '.join(place[1:])}: {text}" if len(place) > 1 and place[0] != "endpoint" else text
        try:
            self._info.options.model_validate(spec.options)
        except ValidationError as error:
            place, text = _fault(error)
            return _own_row(place[0]), text
        if "prompt" in self.needed():
            try:
                spec.question()
            except UserError as error:
                return "prompt", str(error).replace("[guidance] prompt: ", "")
        wanted = {name for info in self._involved() for name in info.needs}
        if self._info.mixes:
            wanted -= BY_PART
        given = {"endpoint": spec.endpoint.url, "model": spec.model, "file": spec.file, "mixture": spec.mixture}
        for name, text in MISSING.items():
            if name in wanted and not given[name]:
                return name, text
        return None

    @property
    def _info(self) -> ProposerInfo:
        name = self._spec.proposer
        return self._known.get(name) or ProposerInfo(name, name, "")

    def _involved(self) -> list[ProposerInfo]:
        names = self.mixture.sources() if self._info.mixes else set()
        return [self._info, *(self._known[name] for name in names if name in self._known)]

    def _raw(self) -> dict[str, Any]:
        return {**self._spec.model_dump(), **self.values()}

    def _own(self) -> dict[str, Any]:
        return differing(self._info.options, self._spec.options, self.options)

    def _add_options(self, kind: type[Options], given: Mapping[str, Any]) -> None:
        """A row for each of the proposer's own keys."""
        self.options = own_inputs(kind, given, self)
        for name, entry in self.options.items():
            entry.changed.connect(self._changed)
            self._add_row(_own_row(name), entry, kind.model_fields[name])

    def _lay_out(self) -> None:
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setHorizontalSpacing(12)
        editors = {
            "mixture": self.mixture,
            "endpoint": self.endpoint,
            "model": self.model,
            "revision": self.revision,
            "prompt": self.prompt,
            "file": self.file,
            **self.inputs,
        }
        for name in ROWS:
            self._add_row(name, editors[name], _FIELDS[name])
        for name in ("endpoint", "prompt", "mixture"):  # they say themselves what they are
            self._hints[name] = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.intro)
        layout.addLayout(self._form)
        layout.addStretch(1)

    def _add_row(self, name: str, entry: QWidget, field: FieldInfo) -> None:
        caption = field.title or name.rpartition(".")[2].replace("_", " ").capitalize()
        self._hints[name] = field.description or ""
        if isinstance(entry, Input):
            entry.name_for_readers(caption, self._hints[name] or caption)
        elif isinstance(entry, PathField | QLineEdit):
            entry.setAccessibleName(caption)
        line = TextLabel(self)
        line.setWordWrap(True)
        row = QWidget(self)
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(entry)
        column.addWidget(line)
        self._lines[name], self._rows[name] = line, row
        self._form.addRow(caption, row)

    def line(self, name: str) -> str:
        """What is said below a field."""
        return self._lines[name].text()

    @Slot()
    def _changed(self) -> None:
        needed, problem = self.needed(), self.problem()
        for name, row in self._rows.items():
            self._form.setRowVisible(row, name in needed or name not in ROWS)
            wrong = problem is not None and problem[0] == name
            text = problem[1] if wrong and problem is not None else self._hints[name]
            self._lines[name].setText(text[:1].upper() + text[1:])
            theme.set_tone(self._lines[name], "danger" if wrong else "muted")
            self._lines[name].setVisible(bool(text))
        self.changed.emit()


def _own_row(name: str) -> str:
    """What the row of one of the proposer's own keys goes by: such a key may be called like one of ours."""
    return f"options.{name}"


def _fault(error: ValidationError) -> tuple[list[str], str]:
    """Where the first mistake is, and what it is."""
    fault = error.errors(include_url=False, include_context=False)[0]
    return [str(part) for part in fault["loc"]] or [""], str(fault["msg"]).removeprefix("Value error, ")
