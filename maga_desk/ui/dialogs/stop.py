"""Asked before the window closes while a run is going on."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget


class StopDialog(QMessageBox):
    """Keeping the run is the default. :meth:`agreed` is true after ``Stop and close``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("A run is going on")
        self.setText("Stop the run and close?")
        self.setInformativeText("What it has done so far is kept. It can be continued from the Run page later.")
        self.stop_button = self.addButton("Stop and close", QMessageBox.ButtonRole.DestructiveRole)
        self.keep_button = self.addButton("Keep running", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.keep_button)
        self.setEscapeButton(self.keep_button)

    def agreed(self) -> bool:
        return self.clickedButton() is self.stop_button
