"""The trade-off plot with the choice of its figures, its legend, and what stands in the plot in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from maga_desk.domain.comparison_table import RunGroup
from maga_desk.domain.errors import name_some
from maga_desk.domain.measures import MEASURES
from maga_desk.ui.plots.trade_off import TradeOff
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.flow import named
from maga_desk.ui.widgets.basic.labels import muted
from maga_desk.ui.widgets.basic.takeaway import take_button

STAYS = ("retain_test", "retain_train")
LEGEND = (
    "Square: the original. Diamond: the retrained model, which a result should come near. Circles: runs. "
    "The larger, the longer it took; lines are 95 % intervals."
)


class TradePanel(QWidget):
    """Shows one group of runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group: RunGroup | None = None
        self.stays, self.forgotten = ChoiceBox(self), ChoiceBox(self)
        self.stays.setAccessibleName("Figure of what stays")
        self.forgotten.setAccessibleName("Figure of what was forgotten")
        self.plot = TradeOff(self)
        self.legend = muted(LEGEND, self)
        self.defined = muted("", self)
        head = QHBoxLayout()
        head.addWidget(named("What stays", self.stays))
        head.addWidget(named("The forgotten", self.forgotten))
        head.addStretch(1)
        head.addWidget(take_button(self, lambda: self.plot.takeaway, "the trade-off"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.defined)
        self.stays.activated.connect(self._draw)
        self.forgotten.activated.connect(self._draw)

    def set_group(self, group: RunGroup | None) -> None:
        """Show other runs; what was chosen stays where they have it."""
        self._group = group
        known = [
            key for key in MEASURES if group is not None and any(r.cells[key].figure is not None for r in group.rows)
        ]
        single = group is not None and bool(group.runs) and group.runs[0].report.task == "random"
        first = "forget_train" if single or "forget_test" not in known else "forget_test"
        _fill(self.stays, [key for key in STAYS if key in known], STAYS[0])
        _fill(self.forgotten, [key for key in known if key not in STAYS], first)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        stays, forgotten = self.stays.currentData(), self.forgotten.currentData()
        there = self._group is not None and stays is not None and forgotten is not None
        self.plot.set_group(self._group if there else None, stays or STAYS[0], forgotten or "forget_test")
        measures = [MEASURES[key] for key in (forgotten, stays) if key is not None]
        lines = [measure.defined() for measure in measures]
        if self.plot.left_out:
            lines.append(f"Not in the plot, for one of the two was not run: {name_some(self.plot.left_out)}.")
        self.defined.setText("\n".join(lines))


def _fill(box: ChoiceBox, keys: Sequence[str], first: str) -> None:
    before = box.currentData() or first
    box.clear()
    for key in keys:
        box.addItem(MEASURES[key].title, key)
    box.setCurrentIndex(max(0, box.findData(before)) if keys else -1)
