"""What is open: the model, the pictures, and how well they go together."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFormLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain import architecture
from maga_desk.domain.errors import name_some
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.events import AT_CHANCE, WorkspaceCard
from maga_desk.domain.model_facts import ModelFacts
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.tips import tip
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.notice import Notice

_SAMPLES, _SIDE = 10, 56


class CardView(QFrame):
    """Facts in lines, a few pictures, and what to beware of.

    Signals: ``listing_requested(str)``, ``files`` or ``tried``; ``reading_confirmed()`` and ``reading_doubted()`` where
    something of how the model reads pictures is a guess; ``chance_allowed(bool)`` where it does not read them.
    """

    listing_requested = Signal(str)
    reading_confirmed = Signal()
    reading_doubted = Signal()
    chance_allowed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.heading = TextLabel("Now open", self)
        self.heading.setObjectName("heading")
        self.notes = Notice(self)
        self.unread = Notice(self)
        self.allow = QCheckBox("Unlearn and judge all the same, to try the program: no figure can be believed", self)
        self.confirm_button = QPushButton("Use this from now on", self)
        self.confirm_button.setToolTip("Say it in the spec, so that it is tried no more")
        self.doubt_button = QPushButton("Change…", self)
        self.guessed = QWidget(self)
        self.files_button, self.tried_button = _small("Show…", "files", self), _small("Show…", "trial", self)
        for button in (self.confirm_button, self.doubt_button):
            button.setObjectName("compact")
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(20)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._samples = QHBoxLayout()
        self._samples.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.heading)
        for widget in (self.unread, self.allow, self.guessed):  # what is to be decided is in sight first
            layout.addWidget(widget)
        layout.addLayout(self._facts)
        layout.addLayout(self._samples)
        layout.addWidget(self.notes)
        guess = QHBoxLayout(self.guessed)
        guess.setContentsMargins(0, 0, 0, 0)
        self.guess_text = TextLabel(self.guessed)
        guess.addWidget(self.guess_text)
        for button in (self.confirm_button, self.doubt_button):
            guess.addWidget(button)
        guess.addStretch(1)
        self.files_button.clicked.connect(self._ask_files)
        self.tried_button.clicked.connect(self._ask_tried)
        self.confirm_button.clicked.connect(self.reading_confirmed)
        self.doubt_button.clicked.connect(self.reading_doubted)
        self.allow.toggled.connect(self.chance_allowed)
        self.hide()

    def show_card(self, card: WorkspaceCard | None, images: ImageSet | None) -> None:
        """Fill in, or hide with ``None``."""
        self.setVisible(card is not None)
        for button in (self.files_button, self.tried_button):  # kept when the rows go
            button.setParent(self)
            button.hide()
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
            caption, text = TextLabel(name, self), TextLabel(value, self)
            caption.setObjectName("muted")
            text.setWordWrap(True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setAccessibleName(name)
            shows = {"Files": self.files_button, "Tried": self.tried_button}.get(name)
            self._facts.addRow(caption, text if shows is None else _beside(text, shows, self))
        self._show_guesses(card)
        at_chance = [note for note in card.notes if note.startswith(AT_CHANCE)]
        self.unread.say("\n".join(at_chance), "error")
        self.allow.setVisible(not card.reads)
        warnings = [*(note for note in card.notes if note not in at_chance), *card.found.guesses]
        warnings += [f"Not used, {each.line()}" for each in card.found.skipped if each.names != card.skipped]
        if card.skipped:
            warnings.append(
                f"{len(card.skipped)} files could not be read and are left out: {name_some(card.skipped, 3)}"
            )
        self.notes.say("\n".join(warnings), "warning")
        if images is not None:
            self._show_samples(images)

    @Slot()
    def _ask_files(self) -> None:
        self.listing_requested.emit("files")

    @Slot()
    def _ask_tried(self) -> None:
        self.listing_requested.emit("tried")

    def show_allowed(self, on: bool) -> None:
        """Whether a person has said to go on with a model at chance."""
        self.allow.blockSignals(True)
        self.allow.setChecked(on)
        self.allow.blockSignals(False)

    def _show_guesses(self, card: WorkspaceCard) -> None:
        tried = [] if card.model is None else [key for key, why in card.model.reads.why.items() if why == "tried"]
        words = {"normalisation": "the pixels", "order": "the channels", "framing": "how pictures are brought to size"}
        self.guess_text.setText(f"A guess by trial: {', '.join(words.get(key, key) for key in tried)}.")
        self.guessed.setVisible(bool(tried))

    def _show_samples(self, images: ImageSet) -> None:
        for position in evenly_placed(len(images.train), _SAMPLES):
            label = TextLabel(self)
            label.setPixmap(to_pixmap(images.train.picture(position), _SIDE, self.devicePixelRatioF()))
            label.setToolTip(tip(images.train.names[position]))
            self._samples.addWidget(label)
        self._samples.addStretch(1)


def facts(card: WorkspaceCard) -> list[tuple[str, str]]:
    """The card as (name, value) lines."""
    reads = [] if card.model is None else _reads(card.model)
    test = "no test pictures" if card.accuracy_test is None else f"{card.accuracy_test:.1f} % on test pictures"
    families = f" (of {len(card.kinds)} kinds)" if card.families else ""
    return [
        ("Model", _model(card)),
        ("Checkpoint", card.checkpoint),
        ("Classes", f"{len(card.classes)}{families}: {name_some(card.classes, 10)}"),
        (
            "Pictures",
            f"{card.train_pictures:,} for training, {card.test_pictures:,} for testing, "
            f"{card.size[1]} × {card.size[0]} pixels",
        ),
        *([("Files", card.found.short())] if card.found.used else []),
        *reads,
        ("Accuracy", f"{card.accuracy_train:.1f} % on training pictures, {test}"),
        ("Runs on", f"{card.device}, {card.precision}"),
    ]


def _model(card: WorkspaceCard) -> str:
    """``resnet18, 11,173,962 parameters (the file says it, and it fits)``."""
    why = f" ({card.model.arch_why})" if card.model is not None and not card.trained_by else ""
    return f"{architecture.title(card.arch)}, {card.parameters:,} parameters{why}"


def _reads(model: ModelFacts) -> list[tuple[str, str]]:
    """How the model reads pictures, in a line, with where that comes from; and what was tried."""
    told = [f"{value} ({why})" if why else value for title, value, why in model.reads.rows() if title != "Size"]
    rows = [("Reads pixels as", "; ".join(told))]
    if model.reads.tried:
        best = max(each.accuracy for each in model.reads.tried)
        ways = "1 way" if len(model.reads.tried) == 1 else f"{len(model.reads.tried)} ways"
        rows.append(("Tried", f"{ways} of reading some pictures; the best reads {best:.0f} %"))
    return rows


def _small(text: str, what: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setObjectName("compact")
    button.setAccessibleName(f"Show the {what}")
    return button


def _beside(text: QLabel, button: QPushButton, parent: QWidget) -> QWidget:
    row = QWidget(parent)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    text.setWordWrap(False)
    layout.addWidget(text)
    layout.addWidget(button)
    layout.addStretch(1)
    button.show()
    return row
