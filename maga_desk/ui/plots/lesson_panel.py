"""Relearning live: what copies are shown, the curves while they are trained, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.closer.answers import CloseLook
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.domain.closer.lesson import FORGOTTEN_TOLD, MOST_STEPS, Lesson
from maga_desk.domain.events import Scalars
from maga_desk.ui import icons
from maga_desk.ui.plots.lesson_curves import LessonCurves
from maga_desk.ui.widgets.basic.explained import Explained, said_line
from maga_desk.ui.widgets.basic.fields import WholeBox
from maga_desk.ui.widgets.basic.flow import FlowLayout, named
from maga_desk.ui.widgets.basic.job_line import JobLine
from maga_desk.ui.widgets.basic.legend import LegendKey
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import take_button

SHOWN = ("Forgotten pictures", "Selected ones", "Only what stays")
DRAWN, PICKED, ALONE = range(3)
FIRST = "Copies of the unlearned and of the retrained model are trained alike. Nothing is saved."
PICK = "Select forgotten pictures in the list Residue of the view Pictures first."


class LessonPanel(QWidget):
    """Signal: ``wanted(Lesson)``."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: CloseLook | None = None
        self._picked: tuple[int, ...] = ()
        self._busy = False
        self.shown = Segments(SHOWN, "What the copies are shown", self)
        self.count, self.steps = WholeBox(self), WholeBox(self)
        self.count.setRange(1, 100_000)
        self.count.setValue(10)
        self.count.setAccessibleName("How many forgotten pictures are shown")
        self.steps.setRange(2, MOST_STEPS)
        self.steps.setValue(60)
        self.steps.setAccessibleName("Training steps")
        self._count = named("How many", self.count)
        self.start_button = QPushButton("Train copies", self)
        self.start_button.setObjectName("primary")
        icons.put(self.start_button, "play")
        self.curves = LessonCurves(self)
        self.explained = Explained(CLOSER_DEFINITIONS["relearning"].text(), self)
        self.explained.add(
            self.shown,
            self._count,
            named("Steps", self.steps),
            self.start_button,
            take_button(self, lambda: self.curves.takeaway, "the curves of relearning"),
        )
        self.progress = JobLine(self)
        self.told, self.result = said_line(self), said_line(self)
        self.back = LegendKey("Unlearned: the forgotten", "forget", "line", self)
        self.never = LegendKey("Retrained: the forgotten", "text", "dashed", self)
        self.kept = LegendKey("Unlearned: what stays", "retain", "dotted", self)
        legend = FlowLayout(spacing=16)
        for key in (self.back, self.never, self.kept):
            legend.addWidget(key)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.explained)
        column.addWidget(self.progress)
        column.addWidget(self.told)
        column.addWidget(self.curves, 1)
        column.addLayout(legend)
        column.addWidget(self.result)
        self.shown.chosen.connect(self._arrange)
        self.start_button.clicked.connect(self._start)
        self._arrange()

    def set_look(self, look: CloseLook | None) -> None:
        """Other nets; what was drawn goes."""
        self._look = look
        self._picked = ()
        self.curves.begin(self.steps.value())
        self.told.setText(FIRST)
        self.result.clear()
        self.never.setVisible(look is not None and look.retrained is not None)
        if look is not None:
            self.count.setMaximum(max(1, int(look.forget.sum())))
        self._arrange()

    def set_picked(self, positions: tuple[int, ...]) -> None:
        """Forgotten training pictures that are selected elsewhere."""
        self._picked = positions
        self._arrange()

    def set_busy(self, busy: bool) -> None:
        """Whether copies are being trained."""
        self._busy = busy
        self._arrange()

    def tell(self, text: str) -> None:
        """What is shown and asked."""
        self.told.setText(text)

    def add(self, points: Sequence[Scalars]) -> None:
        """More measurements."""
        self.curves.add(points)
        self.result.setText(self._said())

    def lesson(self) -> Lesson:
        """As it is set now."""
        steps = self.steps.value()
        if self.shown.current == ALONE:
            return Lesson("retained", steps=steps)
        return Lesson("forgotten", self.count.value(), self._picked if self.shown.current == PICKED else (), steps)

    def _said(self) -> str:
        """``After 60 steps the unlearned model names 41 % of the forgotten rightly (at the start 0 %), ...``"""
        parts = []
        for series, title in (("run", "unlearned"), ("reference", "retrained")):
            told = [(p.step, p.values[FORGOTTEN_TOLD]) for p in self.curves.points if p.series == series]
            if told:
                most = max(value for _, value in told)
                parts.append(
                    f"{title}: {told[0][1]:.0f} % at the start, {told[-1][1]:.0f} % after {told[-1][0]} steps, at most "
                    f"{most:.0f} %"
                )
        text = "; ".join(parts)
        return f"Of the forgotten, named rightly by the {text}." if text else ""

    @Slot()
    def _arrange(self) -> None:
        chosen = self.shown.current
        self._count.setVisible(chosen == DRAWN)
        self.shown.buttons[PICKED].setText(f"{SHOWN[PICKED]} ({len(self._picked):,})")
        self.shown.buttons[PICKED].setToolTip("" if self._picked else PICK)
        lacks = PICK if chosen == PICKED and not self._picked else ""
        self.start_button.setEnabled(self._look is not None and not self._busy and not lacks)
        self.start_button.setToolTip(lacks)

    @Slot()
    def _start(self) -> None:
        self.curves.begin(self.steps.value())
        self.result.clear()
        self.wanted.emit(self.lesson())
