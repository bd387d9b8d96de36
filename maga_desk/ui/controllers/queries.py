"""Forget page: queries that a person saved, and those of this window.

Saved ones stand in the settings, for every session. Those that were only asked are forgotten with the window, and as
soon as a session is erased or a case purged: they may say whose pictures were looked for.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.errors import OutputError
from maga_desk.domain.settings import Settings, SettingsFile
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.pages.forget import ForgetPage

_RECENT = 8


class QueryController(QObject):
    """Connects the button beside the query line, the line and the settings."""

    def __init__(self, page: ForgetPage, settings: SettingsFile) -> None:
        super().__init__(page)
        self._page, self._settings = page, settings
        self._recent: list[str] = []
        self._renamed = ""
        page.search.settled.connect(self._note)
        page.search.textChanged.connect(self._show)
        button = page.queries
        button.chosen.connect(page.search.ask)
        button.save_asked.connect(self._ask_save)
        button.rename_asked.connect(self._ask_rename)
        button.removed.connect(self._remove)
        settings.on_change(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        saved = self._settings.values.finding.saved
        recent = [query for query in self._recent if query not in {each.query for each in saved}]
        self._page.queries.show_queries(saved, recent, self._page.search.text().strip())

    @Slot(str)
    def _note(self, query: str) -> None:
        """A query that was asked and can be read."""
        self._recent = [query, *(each for each in self._recent if each != query)][:_RECENT]
        self._show()

    @Slot()
    def forget_asked(self) -> None:
        """What was asked is no longer offered: it may say whom was looked for in what is erased now."""
        self._recent = []
        self._show()

    @Slot()
    def _ask_save(self) -> None:
        query = self._page.search.text().strip()
        if query:
            dialog = NameDialog(
                0, "", query, self._page, what="query", act="Save", note=f"{_REPLACED} {_KEPT}", empty=False
            )
            dialog.setWindowTitle("Save a query")
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.named.connect(self.save)
            dialog.open()

    @Slot(int, str)
    def save(self, _number: int, name: str) -> None:
        """Keep what the line holds under a name."""
        query = self._page.search.text().strip()
        if name and query:
            self._change(lambda settings: settings.saving_query(name, query))

    @Slot(str)
    def _ask_rename(self, name: str) -> None:
        self._renamed = name
        dialog = NameDialog(0, name, name, self._page, what="query", note=_REPLACED, empty=False)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.named.connect(self._rename)
        dialog.open()

    @Slot(int, str)
    def _rename(self, _number: int, name: str) -> None:
        if name:
            before = self._renamed
            self._change(lambda settings: settings.renaming_query(before, name))

    @Slot(str)
    def _remove(self, name: str) -> None:
        self._change(lambda settings: settings.removing_query(name))

    def _change(self, edit: Callable[[Settings], Settings]) -> None:
        try:
            self._settings.change(edit)
        except OutputError as error:
            self._page.show_error(str(error))


_REPLACED = "An earlier query of that name is replaced."
_KEPT = "Saved queries stay in the settings, whatever they name, until you delete them."
