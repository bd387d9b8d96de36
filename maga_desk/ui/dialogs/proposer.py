"""The settings of one proposer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from maga_desk.domain.choices import ProposerInfo, title_of
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.ui.widgets.basic.labels import heading
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.guide.proposer_form import ProposerForm


class ProposerDialog(QDialog):
    """Shows what a proposer needs; OK only while it makes sense.

    Signal: ``settings_chosen(GuidanceSpec)`` on OK.
    """

    settings_chosen = Signal(object)

    def __init__(
        self,
        spec: GuidanceSpec,
        known: Mapping[str, ProposerInfo],
        classes: Iterable[str] = (),
        agreed: Iterable[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        title = title_of(spec.proposer, known)
        self.setWindowTitle(f"Settings: {title}")
        self.form = ProposerForm(self)
        self._scroll = frameless_scroll(self.form, self)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.ok_button = self.buttons.button(buttons.Ok)
        layout = QVBoxLayout(self)
        layout.addWidget(heading(title, self))
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.accepted.connect(self._chosen)
        self.form.changed.connect(self._enable)
        self.form.show_spec(spec, known, classes, agreed)
        self._enable()

    def _fit(self) -> None:
        width = max(620, self.form.minimumSizeHint().width() + 40)
        height = max(self.form.heightForWidth(width - 40), self.form.sizeHint().height()) + 110
        self.resize(width, min(max(height, 200), 640, self.screen().availableGeometry().height() - 40))

    @Slot()
    def _enable(self) -> None:
        self.ok_button.setEnabled(self.form.problem() is None)
        self._fit()

    @Slot()
    def _chosen(self) -> None:
        if (spec := self.form.spec()) is not None:
            self.settings_chosen.emit(spec)
