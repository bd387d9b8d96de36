"""Asked once before pictures are sent to an endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QMessageBox, QWidget

from maga_desk.domain.errors import name_some
from maga_desk.ui.widgets.basic.labels import as_plain


@dataclass(frozen=True)
class Sending:
    """What would be sent where.

    :param origin: ``https://host:port``.
    :param pictures: how many exemplar pictures.
    :param classes: names of the classes that they are of.
    """

    origin: str
    pictures: int
    classes: tuple[str, ...]

    def text(self) -> str:
        count = f"{self.pictures:,} exemplar {'picture' if self.pictures == 1 else 'pictures'}"
        return f"{count} of {name_some(self.classes)} would be sent to {self.origin}."


class ConsentDialog(QMessageBox):
    """Cancel is the default. :meth:`agreed` is true after ``Send pictures``."""

    def __init__(self, sending: Sending, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sending = sending
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle("Send pictures to an endpoint?")
        self.setText(sending.text())
        self.setInformativeText(
            "They may be someone's private data, and what has been sent cannot be called back. Whoever runs that "
            "address may keep them. You are asked once for each address; the endpoint's settings let you take it back."
        )
        self.send_button = self.addButton("Send pictures", QMessageBox.ButtonRole.AcceptRole)
        self.cancel_button = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        as_plain(self)
        self.setEscapeButton(self.cancel_button)

    def agreed(self) -> bool:
        return self.clickedButton() is self.send_button
