"""What stands below the curves: the run's messages, the queue, or the forecast."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.run.forecast_view import ForecastView
from maga_desk.ui.widgets.run.message_log import MessageLog
from maga_desk.ui.widgets.run.queue_list import QueueList

MESSAGES, QUEUE, FORECAST = 0, 1, 2


class BelowCurves(QWidget):
    """Messages, queue and forecast share one place, of which the one that is chosen has all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log, self.queue, self.forecast = MessageLog(self), QueueList(self), ForecastView(self)
        self.log.setMinimumHeight(52)
        self.choice = Segments(("Messages", "Queue", "Forecast"), "Shown below the curves", self)
        self._stack = QStackedWidget(self)
        for page in (self.log, self.queue, self.forecast):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._stack, 1)
        self.choice.chosen.connect(self._show)

    def show_queue(self) -> None:
        """Bring the queue to the front."""
        self.choice.set_current(QUEUE)
        self._show(QUEUE)

    def show_forecast(self) -> None:
        """Bring the forecast to the front."""
        self.choice.set_current(FORECAST)
        self._show(FORECAST)

    def count(self, to_come: int) -> None:
        """How many runs are to come, told where the queue can be chosen."""
        self.choice.buttons[QUEUE].setText(f"Queue ({to_come})" if to_come else "Queue")

    @Slot(int)
    def _show(self, number: int) -> None:
        self._stack.setCurrentIndex(number)
