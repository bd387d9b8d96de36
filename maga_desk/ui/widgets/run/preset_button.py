"""A person's presets behind a button: apply one, save what is set, remove one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from maga_desk.domain.presets import Preset
from maga_desk.ui import icons


class PresetButton(QPushButton):
    """Signals: ``chosen(str name)``, ``removed(str name)``, ``save_asked()``."""

    chosen = Signal(str)
    removed = Signal(str)
    save_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Presets", parent)
        self.setToolTip("Methods with their settings, under names of your own")
        icons.put(self, "bookmarks")
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self.show_presets([], "")

    def show_presets(self, presets: Sequence[Preset], task: str) -> None:
        """All presets; those for the task at hand come first."""
        self._menu.clear()
        ordered = sorted(presets, key=lambda preset: preset.task != task)  # stable: by name within
        for preset in ordered:
            action = self._menu.addAction(preset.title.replace("&", "&&"))
            action.triggered.connect(partial(self.chosen.emit, preset.name))
        if ordered:
            self._menu.addSeparator()
        self._menu.addAction("Save what is set…").triggered.connect(self.save_asked)
        if ordered:
            remove = self._menu.addMenu("Remove")
            for preset in ordered:
                action = remove.addAction(preset.title.replace("&", "&&"))
                action.triggered.connect(partial(self.removed.emit, preset.name))
