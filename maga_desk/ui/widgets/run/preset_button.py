"""A person's presets behind a button: apply one, save what is set, remove one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
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
        self._presets: list[Preset] = []
        self._menu, self._remove = QMenu(self), QMenu("Remove", self)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)

    def show_presets(self, presets: Sequence[Preset], task: str) -> None:
        """All presets; those for the task at hand come first."""
        self._presets = sorted(presets, key=lambda preset: preset.task != task)  # stable: by name within

    @Slot()
    def _fill(self) -> None:
        """Only as the menu opens: presets come anew with each change of what is marked."""
        self._menu.clear()
        self._remove.clear()
        ordered = self._presets
        for preset in ordered:
            action = self._menu.addAction(preset.title.replace("&", "&&"))
            action.triggered.connect(partial(self.chosen.emit, preset.name))
        if ordered:
            self._menu.addSeparator()
        self._menu.addAction("Save what is set…").triggered.connect(self.save_asked)
        if ordered:
            self._menu.addMenu(self._remove)
            for preset in ordered:
                action = self._remove.addAction(preset.title.replace("&", "&&"))
                action.triggered.connect(partial(self.removed.emit, preset.name))
