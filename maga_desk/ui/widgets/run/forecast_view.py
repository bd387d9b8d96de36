"""What a run is forecast to take, and what it took: by the method, by retraining, by the audit."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.durations import exact
from maga_desk.domain.results import Report
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel, muted
from maga_desk.ui.widgets.basic.scroll import frameless_scroll

EMPTY = (
    "Forecast tries some steps of the method and of a retraining, for about thirty seconds, and says what they will "
    "take on this machine. Nothing of it is kept but the figures."
)
REASONS = (
    "",
    "Too long or too dear",
    "Not all training pictures are at hand",
    "How the original was trained is not known",
    "The method is being tried out",
)
"""Why retraining is not chosen; a person may write another."""

_COLUMNS = ("", "Forecast", "Memory in all", "It took")


class RetrainAdvice(QWidget):
    """That retraining is recommended; nothing is seen of it where it is not. Signal: ``taken()``."""

    taken = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = TextLabel(self)
        self.text.setWordWrap(True)
        theme.set_tone(self.text, "warning")
        self.button = QPushButton("Retrain instead", self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.text, 1)
        line.addWidget(self.button)
        self.button.clicked.connect(self.taken)
        self.setVisible(False)

    def say(self, text: str) -> None:
        """Show it; empty hides it."""
        self.text.setText(text)
        self.setVisible(bool(text))


class ForecastView(QWidget):
    """The figures as a small table, what they rest on, and why retraining was not chosen.

    Signal: ``why_changed(str)``, when a person gave a reason.
    """

    why_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Forecast")
        inside = QWidget(self)
        self.rows = QGridLayout()
        self.rows.setHorizontalSpacing(18)
        self.rows.setVerticalSpacing(3)
        self.rows.setColumnStretch(len(_COLUMNS), 1)
        self.notes = muted("", inside)
        self.why = ChoiceBox(inside)
        self.why.setEditable(True)
        self.why.addItems(list(REASONS))
        self.why.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        self.why.setAccessibleName("Why it is not retrained")
        field = self.why.lineEdit()
        assert field is not None  # it is editable
        field.setPlaceholderText("a reason, for the record")
        field.setMaxLength(300)
        self.why_row = QWidget(inside)
        line = QHBoxLayout(self.why_row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(TextLabel("Why not retrained", self.why_row))
        line.addWidget(self.why, 1)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(self.rows)
        column.addWidget(self.why_row)
        column.addWidget(self.notes)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(frameless_scroll(inside, self))
        self._inside, self._cells = inside, list[QLabel]()
        field.editingFinished.connect(self._tell)
        self.why.activated.connect(self._tell)
        self._said, self._locked, self._judged = "", False, False
        self.show_forecast(None)

    def show_forecast(self, forecast: RunForecast | None, report: Report | None = None) -> None:
        """:param report: of the run that was forecast, once it is judged."""
        for cell in self._cells:
            self.rows.removeWidget(cell)
            cell.deleteLater()
        self._cells.clear()
        self.why_row.setVisible(forecast is not None and not forecast.exact)
        self._judged = report is not None
        self.set_locked(locked=self._locked)
        if forecast is None:
            self.notes.setText(EMPTY)
            return
        self._said = forecast.not_retrained
        self.why.setCurrentText(self._said)
        taken = _took(report)
        columns = _COLUMNS if report is not None else _COLUMNS[:-1]
        for place, name in enumerate(columns):
            self._put(name, 0, place, quiet=True)
        for row, ((title, part), really) in enumerate(zip(forecast.rows(), _of(forecast, taken), strict=True), 1):
            values = (title, part.text(), part.memory_text(), really)
            for place, text in enumerate(values[: len(columns)]):
                self._put(text, row, place)
        told = [f"{title}: {part.note}" for title, part in forecast.rows() if part.note]
        here = ["A model that was retrained without exactly these pictures is kept here already."]
        self.notes.setText("\n".join([*told, *forecast.notes, *(here if forecast.here else [])]))

    def set_locked(self, *, locked: bool) -> None:
        """While a run goes on, and after it, its reason is what was given before."""
        self._locked = locked
        self.why.setEnabled(not locked and not self._judged)

    def _put(self, text: str, row: int, column: int, *, quiet: bool = False) -> None:
        label = TextLabel(text, self._inside)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if quiet:
            theme.set_tone(label, "muted")
        self.rows.addWidget(label, row, column)
        self._cells.append(label)

    @Slot()
    def _tell(self) -> None:
        text = " ".join(self.why.currentText().split())
        if text != self._said:
            self._said = text
            self.why_changed.emit(text)


def _took(report: Report | None) -> dict[str, float | None]:
    if report is None:
        return {}
    same = report.machine is not None and report.machine == report.retrain_machine
    retrained = report.retrain_seconds if same else None
    return {"method": report.seconds, "retraining": retrained, "audit": report.audit_seconds}


def _of(forecast: RunForecast, taken: dict[str, float | None]) -> list[str]:
    """In the order of the forecast's rows."""
    parts = (("method", forecast.method), ("retraining", forecast.retraining), ("audit", forecast.audit))
    found = [taken.get(key) for key, part in parts if part is not None]
    return ["not done" if each is None else exact(each) for each in found]
