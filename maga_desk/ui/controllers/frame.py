"""The window's own dialogs: documentation, about, settings; and the ticks of the themes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QDialog

from maga_desk.domain.errors import UserError
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.settings import THEMES, SettingsFile
from maga_desk.ui.actions import Actions
from maga_desk.ui.dialogs.about import AboutDialog
from maga_desk.ui.dialogs.help import HelpDialog
from maga_desk.ui.dialogs.settings import SettingsDialog
from maga_desk.ui.main_window import MainWindow


class FrameController(QObject):
    """Opens the window's dialogs, changes settings, and ticks the theme in force."""

    def __init__(
        self, window: MainWindow, actions: Actions, settings: SettingsFile, say: Callable[[str, str], None]
    ) -> None:
        super().__init__(window)
        self._window, self._actions, self._settings, self._say = window, actions, settings, say
        settings.on_change(self._tick)
        self._tick()

    @Slot()
    def show_help(self) -> None:
        self._open(HelpDialog(resources_dir() / "docs", self._window))

    @Slot()
    def show_about(self) -> None:
        self._open(AboutDialog(self._window))

    @Slot()
    def show_settings(self) -> None:
        dialog = SettingsDialog(self._settings.values, self._window)
        dialog.changed.connect(self._change)
        self._open(dialog)

    def choose_theme(self, name: str) -> None:
        """Put a theme in force and remember it."""
        self._change("appearance", "theme", name)

    @Slot(str, str, object)
    def _change(self, section: str, name: str, value: object) -> None:
        try:
            self._settings.change(lambda now: now.having(section, **{name: value}))
        except UserError as error:
            self._say(f"The setting holds until the program ends: {error}", "warning")

    def _tick(self) -> None:
        for name in THEMES:
            self._actions[f"theme-{name}"].setChecked(name == self._settings.values.appearance.theme)

    @staticmethod
    def _open(dialog: QDialog) -> None:
        dialog.exec()
        dialog.deleteLater()
