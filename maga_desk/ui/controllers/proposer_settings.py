"""The settings of the chosen proposer, in a dialog."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.ui.controllers.endpoints import EndpointController
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.proposer import ProposerDialog
from maga_desk.ui.pages.guide import GuidePage


class ProposerSettingsController(QObject):
    """Opens the dialog on the Guide page's draft; OK writes the draft."""

    def __init__(self, page: GuidePage, desk: Desk, endpoints: EndpointController) -> None:
        super().__init__(page)
        self._page, self._desk, self._endpoints = page, desk, endpoints
        self.dialog: ProposerDialog | None = None
        page.bar.settings_button.clicked.connect(self.open)

    @Slot()
    def open(self) -> None:
        """Show all that the chosen proposer can be told."""
        if self.dialog is not None:
            self.dialog.close()
        desk = self._desk
        classes = desk.images.classes if desk.images else ()
        agreed = self._endpoints.settings.values.endpoints.agreed
        dialog = ProposerDialog(self._page.draft.spec, desk.installation.proposers, classes, agreed, self._page)
        dialog.settings_chosen.connect(self._take)
        dialog.finished.connect(self._closed)
        self._endpoints.serve(dialog.form)
        self.dialog = dialog
        dialog.open()

    @Slot(object)
    def _take(self, spec: GuidanceSpec) -> None:
        self._page.draft.take(spec)

    @Slot()
    def _closed(self) -> None:
        self._endpoints.leave()
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
