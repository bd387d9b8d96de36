"""Asking what to do about names that were not found: on the Forget page, and when a model or a spec is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QWidget

from maga_desk.domain.errors import UserError
from maga_desk.domain.files import write_text
from maga_desk.domain.lists.names import write_list
from maga_desk.domain.protection import InputFile, check_file
from maga_desk.ui.dialogs.names import NotFoundDialog


class NotFoundAsking(QObject):
    """One question at a time, over a widget.

    :param inputs: what must not be replaced when the list is saved.
    :param fail: is told why the list could not be saved.
    """

    def __init__(self, over: QWidget, inputs: Callable[[], Sequence[InputFile]], fail: Callable[[str], None]) -> None:
        super().__init__(over)
        self._over, self._inputs, self._fail = over, inputs, fail
        self._names: Sequence[str] = ()
        self._then: Callable[[], None] | None = None

    def ask(
        self, text: str, names: Sequence[str], lines: Sequence[str], go_on: str, then: str, yes: Callable[[], None]
    ) -> None:
        """Show the dialog; ``yes`` is called when the person goes on. See :class:`NotFoundDialog`."""
        self._names, self._then = names, yes
        dialog = NotFoundDialog(text, lines, go_on, then, self._over)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_requested.connect(self._save)
        dialog.accepted.connect(self._go_on)
        dialog.open()

    @Slot()
    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    @Slot(str)
    def _save(self, path: str) -> None:
        try:
            check_file(path, self._inputs(), force=True)  # the dialog has asked about an earlier file
            write_text(Path(path), write_list(self._names))
        except UserError as error:
            self._fail(str(error))
