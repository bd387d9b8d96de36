"""What is marked to be forgotten, what that means, and other ways to mark."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.basket_facts import TASK_TITLES, BasketFacts
from maga_desk.domain.forget import TOGETHER
from maga_desk.ui import theme
from maga_desk.ui.item_models.class_table import share_text
from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.file_dialogs import ask_file
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.pictures.small_pictures import SmallPictures

_SIDE, _PICTURES, _CLASSES = 43, 8, 4  # points of a small picture; how many of them, and of the classes, are shown
ONE_BY_ONE = "Each keeps its own goal and settings; the second starts from the first one's result."


class BasketCard(QFrame):
    """Signals: ``together_chosen(bool)``, ``fraction_requested(share 0..1)``, ``names_file_requested(path)``,
    ``paste_requested()``, ``more_requested()`` (all facts). Undo, redo and clear are actions of the window.
    """

    together_chosen = Signal(bool)
    fraction_requested = Signal(float)
    names_file_requested = Signal(str)
    paste_requested = Signal()
    more_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setMinimumWidth(222)
        self.task, self.counts = TextLabel(self), TextLabel(self)
        self.requests = QWidget(self)
        self.requests_text, self.way_note = TextLabel(self.requests), TextLabel(self.requests)
        self.one_by_one = QRadioButton("One after the other", self.requests)
        self.together = QRadioButton("Together, as single pictures", self.requests)
        self._ways = QButtonGroup(self)
        self.undo_button, self.redo_button = ActionButton("Undo", self), ActionButton("Redo", self)
        self.clear_button = ActionButton("Clear", self)
        self.pictures = SmallPictures("Some of the marked pictures", _SIDE, 2, self)
        self.classes, self.facts, self.warning = TextLabel(self), TextLabel(self), TextLabel(self)
        self.more_button = QPushButton("More…", self)
        self.share_button = QPushButton("Share…", self)
        self.file_button = QPushButton("File…", self)
        self.paste_button = QPushButton("Paste…", self)
        self._lay_out()
        for button in (self.one_by_one, self.together):
            self._ways.addButton(button)
        self._ways.buttonClicked.connect(self._way_clicked)
        self.share_button.clicked.connect(self._ask_share)
        self.file_button.clicked.connect(self._ask_file)
        self.paste_button.clicked.connect(self.paste_requested)
        self.more_button.clicked.connect(self.more_requested)
        self.show_requests("", together=False)
        self.show_facts(None)

    def show_facts(self, facts: BasketFacts | None) -> None:
        """What is said of the marks beside their number; ``None``: nothing is marked, or it cannot be used."""
        for widget in (self.pictures, self.classes, self.facts, self.warning, self.more_button):
            widget.setVisible(facts is not None)
        if facts is None:
            return
        self.task.setText(f"{TASK_TITLES[facts.task]}: {facts.meaning[:1].lower()}{facts.meaning[1:]}")
        self.pictures.show_positions(facts.shown[:_PICTURES])
        self.pictures.setFixedHeight((2 if len(facts.shown) > _PICTURES // 2 else 1) * (_SIDE + 4) + 2)
        lines = [
            f"{each.name}: {each.chosen:,} of {each.pictures:,}, {share_text(each.share)}"
            for each in facts.classes[:_CLASSES]
        ]
        if len(facts.classes) > _CLASSES:
            lines.append(f"and {len(facts.classes) - _CLASSES:,} more classes")
        self.classes.setText("\n".join([*lines, f"{share_text(facts.share)} of the data"]))
        self.warning.setText("\n\n".join(facts.warnings))
        self.warning.setVisible(bool(facts.warnings))
        said = []
        if facts.group is not None:
            said.append(facts.group.sentence())
        if facts.hardness is not None:
            said.append(
                f"Harder for the model than {facts.hardness.harder:.0f} % of what stays {facts.hardness.beside}."
            )
        if facts.entangled:
            said.append(facts.entangled[0].sentence())
        self.facts.setText("\n".join(said))
        self.facts.setVisible(bool(said))

    def show_meaning(self, task: str, counts: str) -> None:
        """What the marks mean, and the numbers."""
        self.task.setText(task)
        self.counts.setText(counts)

    def show_requests(self, text: str, *, together: bool) -> None:
        """That the marks are several requests, and which way was chosen; hidden where the text is empty."""
        self.requests.setVisible(bool(text))
        self.task.setVisible(not text)
        self.requests_text.setText(text)
        (self.together if together else self.one_by_one).setChecked(True)
        self.way_note.setText(TOGETHER if together else ONE_BY_ONE)

    def _lay_out(self) -> None:
        title = heading("To be forgotten", self)
        for label in (
            self.task,
            self.counts,
            self.requests_text,
            self.way_note,
            self.classes,
            self.facts,
            self.warning,
        ):
            label.setWordWrap(True)
        for label in (self.counts, self.way_note, self.facts):
            label.setObjectName("muted")
        theme.set_tone(self.warning, "warning")
        self.more_button.setToolTip("All facts of what is marked: every class, whose pictures stay, how hard and how "
                                    "entangled they are")  # fmt: skip
        self.more_button.setStyleSheet("padding-left: 6px; padding-right: 6px;")
        self.more_button.setAccessibleName("All facts of what is marked")
        requests = QVBoxLayout(self.requests)
        requests.setContentsMargins(0, 0, 0, 0)
        asked: tuple[QWidget, ...] = (self.requests_text, self.one_by_one, self.together, self.way_note)
        for widget in asked:
            requests.addWidget(widget)
        for button, tip in (
            (self.paste_button, "Paste a list: names, paths, hashes, ids or positions"),
            (self.file_button, "Open a list: text, a table, JSON or an array"),
            (self.share_button, "A random share of all training pictures"),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        parts: tuple[QWidget, ...] = (
            self.task, self.requests, self.pictures, self.classes, self.warning, self.counts, self.facts,
        )  # fmt: skip
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.more_button)
        layout.addLayout(head)
        layout.addLayout(_row(self.undo_button, self.redo_button, self.clear_button))
        layout.addLayout(_row(self.paste_button, self.file_button, self.share_button))
        for widget in parts:
            layout.addWidget(widget)
        layout.addStretch(1)

    @Slot()
    def _way_clicked(self) -> None:
        self.together_chosen.emit(self.together.isChecked())

    @Slot()
    def _ask_share(self) -> None:
        percent, agreed = QInputDialog.getDouble(
            self, "Random share", "Share of the training pictures to forget, in percent:", 5.0, 0.01, 99.0, 2
        )
        if agreed:
            self.fraction_requested.emit(percent / 100)

    @Slot()
    def _ask_file(self) -> None:
        kinds = "Lists (*.txt *.csv *.tsv *.json *.npy *.npz *.pt *.pth);;All files (*)"
        path = ask_file(self, "names", "A list of pictures", kinds)
        if path:
            self.names_file_requested.emit(path)


def _row(*buttons: QPushButton) -> QHBoxLayout:
    """Narrow ones side by side."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for button in buttons:
        button.setStyleSheet("padding-left: 4px; padding-right: 4px;")
        row.addWidget(button, 1)
    return row
