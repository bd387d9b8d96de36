"""The settings, shown and changed: a form made from the fields of :class:`~maga_desk.domain.settings.Settings`."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.settings import Settings
from maga_desk.ui.widgets.basic.labels import heading, muted
from maga_desk.ui.widgets.basic.param_fields import Input, kind_of
from maga_desk.ui.widgets.basic.scroll import frameless_scroll

HIGHEST = 500
"""Points: a small screen still holds it; what is below scrolls."""

HIDDEN = ("schema_version", "places", "window", "finding")
"""What the program remembers by itself."""


class AddressList(QWidget):
    """Texts that can be taken out. Signal: ``changed()``."""

    changed = Signal()

    def __init__(self, texts: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list, self.remove_button = QListWidget(self), QPushButton("Remove", self)
        self.list.addItems(texts)
        self.list.setFixedHeight(52)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)
        self.list.itemSelectionChanged.connect(self._enable)
        self.remove_button.clicked.connect(self._remove)
        self.setFocusProxy(self.list)
        self._enable()

    def value(self) -> tuple[str, ...]:
        return tuple(self.list.item(row).text() for row in range(self.list.count()))

    @Slot()
    def _enable(self) -> None:
        self.remove_button.setEnabled(bool(self.list.selectedItems()))

    @Slot()
    def _remove(self) -> None:
        for item in self.list.selectedItems():
            self.list.takeItem(self.list.row(item))
        self.changed.emit()


class SettingsDialog(QDialog):
    """Signals: ``changed(str section, str name, object value)``, at once for each change; ``clear_requested()``.

    :param kept: bytes of decoded pictures on the disk.
    """

    changed = Signal(str, str, object)
    clear_requested = Signal()

    def __init__(self, settings: Settings, kept: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setMinimumWidth(460)
        self.inputs: dict[str, Input | AddressList] = {}
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(20, 18, 20, 0)
        layout.setSpacing(10)
        for section, about in Settings.model_fields.items():
            if section in HIDDEN:
                continue
            values: BaseModel = getattr(settings, section)
            layout.addWidget(heading(about.title or section, self))
            form = QFormLayout()
            form.setVerticalSpacing(4)
            for name, field in type(values).model_fields.items():
                self._add(form, section, name, field, getattr(values, name))
            layout.addLayout(form)
        self.clear_button = QPushButton(self)
        self.clear_button.clicked.connect(self.clear_requested)
        form.addRow("", self.clear_button)  # below the last section, Storage
        self.show_kept(kept)
        layout.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 14)
        outer.setSpacing(10)
        outer.addWidget(frameless_scroll(inside, self), 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(20, 0, 20, 0)
        foot.addWidget(close)
        outer.addLayout(foot)
        wanted = inside.sizeHint()
        self.resize(max(480, wanted.width() + 20), min(HIGHEST, wanted.height() + 70))

    def show_kept(self, kept: int) -> None:
        """How many bytes of decoded pictures are on the disk now."""
        self.clear_button.setText(f"Clear ({kept / 10**6:,.0f} MB)" if kept else "Nothing is kept")
        self.clear_button.setEnabled(kept > 0)

    def _add(self, form: QFormLayout, section: str, name: str, field: FieldInfo, value: Any) -> None:
        title, text = field.title or name, field.description or ""
        entry: Input | AddressList
        if isinstance(value, tuple):
            entry = AddressList(value, self)
            entry.list.setAccessibleName(title)
        else:
            entry = Input(kind_of(field), self)
            entry.set_value(value)
            entry.name_for_readers(title, text)
        entry.changed.connect(partial(self._tell, section, name))
        self.inputs[f"{section}.{name}"] = entry
        note = muted(text, self)
        form.addRow(title, entry)
        form.addRow("", note)

    def _tell(self, section: str, name: str) -> None:
        self.changed.emit(section, name, self.inputs[f"{section}.{name}"].value())
