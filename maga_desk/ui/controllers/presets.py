"""Presets of the Run page: kept in the sessions database."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.presets import Preset
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Asking, Say
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.pages.run import RunPage


class PresetController(QObject):
    """Connects the Run page's button, the desk and the store."""

    def __init__(self, page: RunPage, desk: Desk, store: SessionStore | None, say: Say) -> None:
        super().__init__(page)
        self._page, self._desk, self._store, self._say = page, desk, store, say
        self._ask = Asking(store, say)
        page.presets.chosen.connect(self.apply)
        page.presets.removed.connect(self.remove)
        page.presets.save_asked.connect(self.ask_save)
        page.presets.setEnabled(store is not None)
        desk.forget_changed.connect(self._show)
        self._show()

    @Slot()
    def ask_save(self) -> None:
        """Ask under which name the method is to be kept as it is set."""
        method = self._page.method_spec()
        if method is None or self._store is None:
            return
        dialog = NameDialog(
            0, "", f"{method.name} as set now", self._page, what="preset", act="Save", note=_REPLACED, empty=False
        )
        dialog.setWindowTitle("Save a preset")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.named.connect(self.save)
        dialog.open()

    @Slot(int, str)
    def save(self, _number: int, name: str) -> None:
        """Keep the method as it is set, under a name."""
        method = self._page.method_spec()
        if name and method is not None:
            preset = Preset(name, self._task(), method, self._desk.spec.intent)
            self._ask(lambda store: store.presets.save(preset))
            self._show()

    @Slot(str)
    def apply(self, name: str) -> None:
        """Put a preset on the page."""
        for preset in self._ask(lambda store: store.presets.all()) or []:
            if preset.name == name:
                self._desk.choose_method(preset.method)
                self._desk.set_spec(self._desk.spec.model_copy(update={"intent": preset.intent}))

    @Slot(str)
    def remove(self, name: str) -> None:
        """Keep a preset no longer."""
        self._ask(lambda store: store.presets.remove(name))
        self._show()

    @Slot()
    def _show(self) -> None:
        self._page.presets.show_presets(self._ask(lambda store: store.presets.all()) or [], self._task())

    def _task(self) -> str:
        parts = self._desk.consecutive
        return parts[0].task if parts else ""


_REPLACED = "An earlier preset of that name is replaced."
