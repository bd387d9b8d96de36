"""Score histograms with the choice of model and group, and what the threshold tells."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from maga_desk.domain.closer.answers import NETS, CloseLook
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.domain.closer.scores import Members, Scores, scores
from maga_desk.ui.item_models.close_pictures import NET_TITLES
from maga_desk.ui.plots.score_histogram import ScoreHistogram
from maga_desk.ui.widgets.basic.explained import Explained, said_line
from maga_desk.ui.widgets.basic.fields import RealBox
from maga_desk.ui.widgets.basic.flow import FlowLayout, named
from maga_desk.ui.widgets.basic.legend import LegendKey
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import take_button

GROUPS: tuple[tuple[str, Members], ...] = (("The forgotten", "forget"), ("What stays", "retain"))
MISSING = "There are no unseen pictures to compare with: a threshold has nothing to tell apart."


class ScorePanel(QWidget):
    """Shows one model and one group at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: CloseLook | None = None
        self._scores: Scores | None = None
        self.nets = Segments([NET_TITLES[name] for name in NETS], "Model", self)
        self.nets.set_current(1)
        self.groups = Segments([title for title, _ in GROUPS], "Pictures", self)
        self.plot = ScoreHistogram(self)
        self.threshold = RealBox(self)
        self.threshold.setRange(-100.0, 100.0)
        self.threshold.setAccessibleName("Threshold")
        self.explained = Explained(CLOSER_DEFINITIONS["scores"].text(), self)
        self.explained.add(self.nets, self.groups, take_button(self, lambda: self.plot.takeaway, "the scores"))
        self.said = said_line(self)
        self.members = LegendKey("", "forget", "bar", self)
        self.others = LegendKey("", "text", "dashed", self)
        below = FlowLayout(spacing=16)
        for widget in (self.members, self.others, named("Threshold", self.threshold)):
            below.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.explained)
        column.addWidget(self.plot, 1)
        column.addLayout(below)
        column.addWidget(self.said)
        self.nets.chosen.connect(self._keep)
        self.groups.chosen.connect(self._begin)
        self.plot.moved.connect(self.threshold.setValue)
        self.threshold.valueChanged.connect(self._move)

    def set_look(self, look: CloseLook | None) -> None:
        """Other nets."""
        self._look = look
        retrained = look is not None and look.retrained is not None
        self.nets.buttons[2].setVisible(retrained)
        if not retrained and self.nets.current == 2:
            self.nets.set_current(1)
        self._begin()

    @Slot()
    def _keep(self) -> None:
        """Another model by the same threshold."""
        self._fill()
        self._move(self.threshold.value())

    @Slot()
    def _begin(self) -> None:
        """At the threshold that tells most apart."""
        self._fill()
        best = self._scores.best().threshold if self._scores is not None else 0.0
        self.threshold.setValue(round(best, 3))
        self._move(self.threshold.value())

    @property
    def _below(self) -> bool:
        """Whether members are those below the threshold: as the best one of this model has it."""
        return self._scores is not None and self._scores.best().below

    def _fill(self) -> None:
        look = self._look
        self._scores = None if look is None else scores(look, NETS[self.nets.current], GROUPS[self.groups.current][1])
        self.plot.set_scores(self._scores)
        if self._scores is not None:
            for key, name, group in zip(
                (self.members, self.others), self._scores.said, (self._scores.members, self._scores.others), strict=True
            ):
                key.set_name(f"{name[:1].upper()}{name[1:]} (n {len(group):,})")
        self.threshold.setEnabled(self._scores is not None and self._scores.known)

    @Slot(float)
    def _move(self, value: float) -> None:
        """Say what the threshold tells."""
        self.plot.set_threshold(value)
        found = self._scores
        if found is None:
            return
        if not found.known:
            self.said.setText(MISSING)
            return
        below, (members, others) = self._below, found.said
        rates = found.at(value, below=below)
        mark = f"{value:.2f}".replace("-", "−")
        self.said.setText(
            f"{'Below' if below else 'At or above'} {mark}: "
            f"{100 * rates.tpr:.1f}\u00a0% of {len(found.members):,} {members} (TPR), "
            f"{100 * rates.fpr:.1f}\u00a0% of {len(found.others):,} {others} (FPR). "
            f"Balanced accuracy {100 * rates.accuracy:.1f}\u00a0%; guessing is 50\u00a0%."
            f"{self._apart(found)}"
        )

    def _apart(self, found: Scores) -> str:
        """What remains of it on pictures on which the threshold was not set."""
        apart = found.held_out()
        if apart is None:
            return " There are too few pictures to try a threshold on others than those on which it is set."
        over = " Over-forgotten: lower than unseen." if self.groups.current == 0 and found.lower else ""
        return f" The best threshold of one half has {100 * apart:.1f}\u00a0% on the other half.{over}"
