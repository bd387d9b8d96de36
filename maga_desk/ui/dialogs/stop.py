"""Asked before the window closes while long jobs are going on or wait."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMessageBox, QWidget

from maga_desk.ui.job_view import JobKind
from maga_desk.ui.widgets.basic.labels import as_plain


class StopDialog(QMessageBox):
    """Says what is going on, and what is kept and lost. Keeping it is the default; :meth:`agreed` is true after
    ``Stop and close``.

    :param jobs: what would be stopped, at least one.
    """

    def __init__(self, jobs: Sequence[JobKind], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        what = " and ".join(job.title for job in jobs)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("Stop and close?")
        self.setText(f"Stop {what} and close?")
        self.setInformativeText("\n".join(dict.fromkeys(job.left for job in jobs)))
        self.stop_button = self.addButton("Stop and close", QMessageBox.ButtonRole.DestructiveRole)
        self.keep_button = self.addButton("Keep running", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.keep_button)
        as_plain(self)
        self.setEscapeButton(self.keep_button)

    def agreed(self) -> bool:
        return self.clickedButton() is self.stop_button
