"""Single pictures of the run in sight: five views, and beside them the picture that was picked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from maga_desk.domain.closer.answers import CloseLook, Split
from maga_desk.ui.widgets.basic.deferred import Deferred
from maga_desk.ui.widgets.basic.empty_state import EmptyState
from maga_desk.ui.widgets.basic.explained import said_line
from maga_desk.ui.widgets.verify.closer.answers_panel import AnswersPanel
from maga_desk.ui.widgets.verify.closer.confusion_view import ConfusionView
from maga_desk.ui.widgets.verify.closer.pictures_view import PicturesView

VIEWS = ("Pictures", "Confusion", "Scores", "Features", "Relearning")
PICTURES, CONFUSION, SCORES, FEATURES, RELEARNING = range(5)
WITH_PICTURE = (PICTURES, CONFUSION, FEATURES)
FIRST = (
    "The original, the unlearned and, where there is one, the retrained model are asked about every picture, once. "
    "Nothing is trained for it."
)
ASKING = "The models are being asked about every picture."


class CloserView(QWidget):
    """Signals: ``look_wanted()``, and ``lesson_wanted(Lesson)``."""

    look_wanted = Signal()
    lesson_wanted = Signal(object)
    lesson_built = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look: CloseLook | None = None
        self._fresh: set[int] = set()  # views that have not been given the nets yet
        self.pictures, self.confusion = PicturesView(self), ConfusionView(self)
        self.scores, self.features = Deferred(_make_scores, self), Deferred(_make_map, self)
        self.relearning = Deferred(_make_lesson, self)
        self.panel = AnswersPanel(self)
        self.yardstick = said_line(self)
        self.yardstick.setObjectName("muted")
        self.empty = EmptyState(FIRST, self)
        self.empty.offer("Look closer")
        self._all = (self.pictures, self.confusion, self.scores, self.features, self.relearning)
        self._place = PICTURES
        self._shown = QWidget(self)
        row = QHBoxLayout()
        row.setSpacing(12)
        for number, each in enumerate(self._all):  # no stack: that would be as high as the highest of them
            row.addWidget(each, 1)
            each.setVisible(number == self._place)
        row.addWidget(self.panel)
        inside = QVBoxLayout(self._shown)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(row, 1)
        inside.addWidget(self.yardstick)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._shown, 1)
        column.addWidget(self.empty, 1)
        self.setMinimumHeight(300)
        self.empty.pressed.connect(self.look_wanted)
        self.pictures.picked.connect(self._pick)
        self.confusion.picked.connect(self._pick)
        self.pictures.chosen_changed.connect(self._tell_picked)
        for place, view in ((SCORES, self.scores), (FEATURES, self.features), (RELEARNING, self.relearning)):
            view.built.connect(self._connectors()[place])
        self.show_look(None)

    def show_look(self, look: CloseLook | None) -> None:
        """Other nets, or that none were asked yet."""
        self.look = look
        self._fresh = set(range(len(VIEWS)))
        self.panel.set_look(look)
        self._shown.setVisible(look is not None)
        self.empty.setVisible(look is None)
        if look is not None:
            self.yardstick.setText(" ".join((look.yardstick, *look.notes)))
            self._give()
        elif self.lesson is not None:
            self.lesson.set_look(None)

    def show_view(self, place: int) -> None:
        """One of :data:`VIEWS`."""
        self._place = place
        for number, view in enumerate(self._all):
            view.setVisible(number == place)
        self.panel.setVisible(place in WITH_PICTURE)
        self._give()

    def set_asking(self, asking: bool, lacks: str = "") -> None:
        """Whether nets are being asked, or why they cannot be."""
        self.empty.say(lacks or (ASKING if asking else FIRST))
        self.empty.offer("" if asking or lacks else "Look closer")

    @property
    def lesson(self) -> Any:
        """The panel of relearning, ``None`` before it was needed."""
        return cast(Any, self.relearning.content)

    def _give(self) -> None:
        """Give the view in sight the nets, once."""
        place = self._place
        if self.look is None or place not in self._fresh:
            return
        view = self._all[place]
        target = view.content if isinstance(view, Deferred) else view
        if target is not None:
            self._fresh.discard(place)
            cast(Any, target).set_look(self.look)
            if place == RELEARNING:
                self._tell_picked()

    def _connectors(self) -> Mapping[int, Callable[[], None]]:
        return {SCORES: self._give_built, FEATURES: self._connect_map, RELEARNING: self._connect_lesson}

    @Slot()
    def _give_built(self) -> None:
        self._give()

    @Slot()
    def _connect_map(self) -> None:
        cast(Any, self.features.content).picked.connect(self._pick)
        self._give()

    @Slot()
    def _connect_lesson(self) -> None:
        self.lesson.wanted.connect(self.lesson_wanted)
        self.lesson_built.emit()
        self._give()

    @Slot(str, int)
    def _pick(self, split: Split, position: int) -> None:
        self.panel.show_picture(split, position)

    @Slot()
    def _tell_picked(self) -> None:
        if self.lesson is not None:
            self.lesson.set_picked(self.pictures.chosen_forgotten())


def _make_scores(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.score_panel import ScorePanel  # imports pyqtgraph, so not before it is shown

    return ScorePanel(parent)


def _make_map(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.map_panel import MapPanel

    return MapPanel(parent)


def _make_lesson(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.lesson_panel import LessonPanel

    return LessonPanel(parent)
