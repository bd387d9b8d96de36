"""Where an endpoint is, how hard it may be asked, its prices, its key, and whether pictures may go there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.param_fields import Input, kind_of

CAPTIONS = (
    ("concurrency", "Questions at once"),
    ("timeout", "Timeout in seconds"),
    ("retries", "Further tries"),
    ("input_price", "Price of 1M input tokens"),
    ("output_price", "Price of 1M output tokens"),
)


class EndpointForm(QWidget):
    """Signals: ``changed()``, ``key_saved(origin, key)``, ``key_deleted(origin)``, ``connection_tested(EndpointSpec)``
    and ``consent_withdrawn(origin)``. The key is no part of what :meth:`values` gives.
    """

    changed = Signal()
    key_saved = Signal(str, str)
    key_deleted = Signal(str)
    connection_tested = Signal(object)
    consent_withdrawn = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._agreed: frozenset[str] = frozenset()
        self.url = QLineEdit(self)
        self.url.setPlaceholderText("http://localhost:8000/v1")
        self.url.setAccessibleName("Address")
        self.inputs: dict[str, Input] = {}
        self.key = QLineEdit(self)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setAccessibleName("Key")
        self.key.setPlaceholderText("kept in the system's keyring, in no file")
        self.save_key, self.delete_key = QPushButton("Keep", self), QPushButton("Delete", self)
        self.save_key.setToolTip("Put the key into the system's keyring")
        self.delete_key.setToolTip("Take this address's key out of the system's keyring")
        self.test_button = QPushButton("Test connection", self)
        self.withdraw_button = QPushButton("Take back", self)
        for button in (self.save_key, self.delete_key, self.test_button, self.withdraw_button):
            button.setObjectName("compact")
        self.result, self.consent = TextLabel(self), TextLabel(self)
        for label in (self.result, self.consent):
            label.setWordWrap(True)
            theme.set_tone(label, "muted")
        self._lay_out()
        self.url.textChanged.connect(self._changed)
        self.key.textChanged.connect(self._enable)
        self.save_key.clicked.connect(self._save_key)
        self.delete_key.clicked.connect(self._delete_key)
        self.test_button.clicked.connect(self._test)
        self.withdraw_button.clicked.connect(self._withdraw)
        self.setFocusProxy(self.url)
        self._enable()

    def values(self) -> dict[str, Any]:
        """The fields of an ``EndpointSpec``, as entered."""
        return {
            "url": self.url.text().strip() or None,
            **{name: entry.value() for name, entry in self.inputs.items()},
        }

    def show_endpoint(self, spec: EndpointSpec, agreed: Iterable[str]) -> None:
        self._agreed = frozenset(agreed)
        self.url.setText(spec.url or "")
        for name, entry in self.inputs.items():
            entry.set_value(getattr(spec, name))
        self._enable()

    def spec(self) -> EndpointSpec | None:
        """What is entered, when it makes sense and has an address."""
        try:
            spec = EndpointSpec.model_validate(self.values())
        except ValidationError:
            return None
        return spec if spec.url else None

    def say(self, text: str, *, good: bool) -> None:
        """What came of a test or of the keyring."""
        self.result.setText(text)
        theme.set_tone(self.result, "positive" if good else "danger")

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for place, (name, caption) in enumerate(CAPTIONS):
            field = EndpointSpec.model_fields[name]
            entry = Input(kind_of(field), self)
            entry.name_for_readers(caption, field.description or caption)
            entry.changed.connect(self._changed)
            self.inputs[name] = entry
            label = TextLabel(caption, self)
            label.setBuddy(entry)
            row, column = (place, 0) if place < 3 else (place - 3, 2)
            grid.addWidget(label, row, column)
            grid.addWidget(entry, row, column + 1)
        key_row, test_row, consent_row = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for widget in (TextLabel("Key", self), self.key, self.save_key, self.delete_key):
            key_row.addWidget(widget, 1 if widget is self.key else 0)
        test_row.addWidget(self.test_button)
        test_row.addWidget(self.result, 1)
        consent_row.addWidget(self.consent, 1)
        consent_row.addWidget(self.withdraw_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.url)
        layout.addLayout(grid)
        layout.addLayout(key_row)
        layout.addLayout(test_row)
        layout.addLayout(consent_row)

    @Slot()
    def _changed(self) -> None:
        self._enable()
        self.changed.emit()

    @Slot()
    def _enable(self) -> None:
        spec = self.spec()
        self.save_key.setEnabled(spec is not None and bool(self.key.text().strip()))
        self.delete_key.setEnabled(spec is not None)
        self.test_button.setEnabled(spec is not None)
        agreed = spec is not None and spec.origin in self._agreed
        self.withdraw_button.setVisible(agreed)
        self.consent.setText(
            f"You agreed that pictures may be sent to {spec.origin}."
            if agreed and spec is not None
            else "You are asked once before any picture is sent to this address."
        )

    @Slot()
    def _save_key(self) -> None:
        spec, key = self.spec(), self.key.text().strip()
        if spec is not None and key:
            self.key.clear()
            self.key_saved.emit(spec.origin, key)

    @Slot()
    def _delete_key(self) -> None:
        if (spec := self.spec()) is not None:
            self.key.clear()
            self.key_deleted.emit(spec.origin)

    @Slot()
    def _test(self) -> None:
        if (spec := self.spec()) is not None:
            self.result.setText("Asking…")
            theme.set_tone(self.result, "muted")
            self.connection_tested.emit(spec)

    @Slot()
    def _withdraw(self) -> None:
        if (spec := self.spec()) is not None:
            self._agreed -= {spec.origin}
            self._enable()
            self.consent_withdrawn.emit(spec.origin)
