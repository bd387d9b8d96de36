"""What is open: the model, the pictures, and how well they go together."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from maga_desk.domain.errors import name_some
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.widgets.basic.notice import Notice

_SAMPLES, _SIDE = 10, 56


class CardView(QFrame):
    """Facts in lines, a few pictures, and what to beware of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.heading = QLabel("Now open", self)
        self.heading.setObjectName("heading")
        self.notes = Notice(self)
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(20)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._samples = QHBoxLayout()
        self._samples.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.heading)
        layout.addLayout(self._facts)
        layout.addLayout(self._samples)
        layout.addWidget(self.notes)
        self.hide()

    def show_card(self, card: WorkspaceCard | None, images: ImageSet | None) -> None:
        """Fill in, or hide with ``None``."""
        self.setVisible(card is not None)
        while self._facts.rowCount():
            self._facts.removeRow(0)
        while self._samples.count():
            item = self._samples.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        if card is None:
            return
        for name, value in facts(card):
            caption, text = QLabel(name, self), QLabel(value, self)
            caption.setObjectName("muted")
            text.setWordWrap(True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setAccessibleName(name)
            if name == "Files":
                text.setToolTip("\n".join(card.found.lines()))
            self._facts.addRow(caption, text)
        warnings = [*card.notes, *card.found.guesses]
        warnings += [f"Not used, {each.line()}" for each in card.found.skipped if each.names != card.skipped]
        if card.skipped:
            warnings.append(
                f"{len(card.skipped)} files could not be read and are left out: {name_some(card.skipped, 3)}"
            )
        self.notes.say("\n".join(warnings), "warning")
        if images is not None:
            self._show_samples(images)

    def _show_samples(self, images: ImageSet) -> None:
        for position in evenly_placed(len(images.train), _SAMPLES):
            label = QLabel(self)
            label.setPixmap(to_pixmap(images.train.picture(position), _SIDE, self.devicePixelRatioF()))
            label.setToolTip(images.train.names[position])
            self._samples.addWidget(label)
        self._samples.addStretch(1)


def facts(card: WorkspaceCard) -> list[tuple[str, str]]:
    """The card as (name, value) lines."""
    test = "no test pictures" if card.accuracy_test is None else f"{card.accuracy_test:.1f} % on test pictures"
    families = f" (of {len(card.kinds)} kinds)" if card.families else ""
    return [
        ("Model", f"{card.arch}, {card.parameters:,} parameters"),
        ("Checkpoint", card.checkpoint),
        ("Classes", f"{len(card.classes)}{families}: {name_some(card.classes, 10)}"),
        (
            "Pictures",
            f"{card.train_pictures:,} for training, {card.test_pictures:,} for testing, "
            f"{card.size[1]} × {card.size[0]} pixels",
        ),
        *([("Files", card.found.short())] if card.found.used else []),
        ("Accuracy", f"{card.accuracy_train:.1f} % on training pictures, {test}"),
        ("Runs on", f"{card.device}, {card.precision}"),
    ]
