"""Asked before what is kept of a closed case is removed."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from maga_desk.ui.widgets.basic.labels import as_plain

_WHAT = (
    "Decoded pictures, thumbnails, hashes of files, near copies, outputs, features and maps of models, perturbing "
    "labels, answers of models, shadow models that were trained on the pictures, recent files and the log go. Make the "
    "record of the case before: it needs the labels. The run's folder, the original model, saved queries and the "
    "pictures themselves stay; the case then lists them."
)


class PurgeDialog(QMessageBox):
    """Cancel is the default. :meth:`agreed` is true after ``Purge``."""

    def __init__(self, called: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle("Purge?")
        self.setText(f"Remove what this program still holds of what {called} had forgotten?")
        self.setInformativeText(_WHAT)
        self.purge_button = self.addButton("Purge", QMessageBox.ButtonRole.DestructiveRole)
        self.cancel_button = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        as_plain(self)
        self.setEscapeButton(self.cancel_button)

    def agreed(self) -> bool:
        return self.clickedButton() is self.purge_button
