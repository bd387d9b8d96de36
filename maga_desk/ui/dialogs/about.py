"""What this program is, and where it keeps things."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from maga_desk import __version__
from maga_desk.domain import paths
from maga_desk.ui.widgets.basic.labels import TextLabel

_TEXT = """\
MaGA Desk {version}
Machine unlearning of image classifiers, by machine-guided amnesiac unlearning (MaGA / MeGU, arXiv 2602.17088).
Its figures are evidence of forgetting, not proof of it.

Licence: MIT. Qt is used under the LGPL.
Python {python}, Qt {qt}

Sessions, settings and references: {data}
Log file: {log}"""


class AboutDialog(QDialog):
    """Version, licence, and the places of data and log file; the text can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About MaGA Desk")
        self.text = TextLabel(
            _TEXT.format(
                version=__version__,
                python=platform.python_version(),
                qt=qVersion(),
                data=paths.data_dir(),
                log=paths.log_file(),
            ),
            self,
        )
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setMinimumWidth(460)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(14)
        layout.addWidget(self.text)
        layout.addWidget(close)
