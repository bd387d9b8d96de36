"""The fields of an erasure request."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from maga_desk.domain.cases import APPROVALS, GROUNDS, LONGEST, ErasureCase, due_after
from maga_desk.domain.errors import CaseError
from maga_desk.ui.widgets.basic.fields import ChoiceBox, WholeBox
from maga_desk.ui.widgets.basic.labels import TextLabel

_DAY = "YYYY-MM-DD"


class RequestForm(QWidget):
    """Shows a case's fields and lets a person change them. Signal: ``changed()``, by a person."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ErasureCase()
        self.reference, self.handler = QLineEdit(self), QLineEdit(self)
        self.ground = ChoiceBox(self)
        self.ground.setEditable(True)
        self.ground.addItems(["", *GROUNDS])
        self.ground.setMinimumContentsLength(24)
        self.ground.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.scope = QPlainTextEdit(self)
        self.scope.setTabChangesFocus(True)
        self.scope.setPlaceholderText("What is to go, as the request words it")
        self.scope.setFixedHeight(3 * self.scope.fontMetrics().lineSpacing() + 14)
        self.received, self.due, self.kept_until = (QLineEdit(self) for _ in range(3))
        self.approvals = WholeBox(self)
        self.approvals.setRange(APPROVALS[0], APPROVALS[-1])
        for line in (self.reference, self.handler):
            line.setMaxLength(200)
        self._lay_out()
        for line in (self.reference, self.handler, self.received, self.due, self.kept_until):
            line.textEdited.connect(self.changed)
        for line in (self.received, self.due, self.kept_until):
            line.setPlaceholderText(_DAY)
        self.received.textEdited.connect(self._offer_due)
        self.ground.editTextChanged.connect(self.changed)
        self.scope.textChanged.connect(self.changed)
        self.approvals.valueChanged.connect(self.changed)

    def show_case(self, case: ErasureCase) -> None:
        """Show what is known; a field that a person has changed since and that is the same there keeps its cursor."""
        self._shown = case
        with QSignalBlocker(self.ground), QSignalBlocker(self.scope), QSignalBlocker(self.approvals):
            for line, text in (
                (self.reference, case.reference),
                (self.handler, case.handler),
                (self.received, _text(case.received)),
                (self.due, _text(case.due)),
                (self.kept_until, _text(case.kept_until)),
            ):
                if line.text() != text:
                    line.setText(text)
            if self.scope.toPlainText() != case.scope:
                self.scope.setPlainText(case.scope)
            self.ground.setEditText(case.ground)
            self.approvals.setValue(case.approvals_needed)
        self._offer_due()

    def case(self) -> ErasureCase:
        """The case that was shown, with the fields as they are now. A month to answer follows from the day it came.

        :raises CaseError: a field cannot be read, or what it says cannot be.
        """
        self.approvals.interpretText()  # a figure that is typed and not left yet counts
        received, due = _day(self.received, "received"), _day(self.due, "due")
        return replace(
            self._shown,
            reference=self.reference.text().strip(),
            ground=self.ground.currentText().strip(),
            scope=self.scope.toPlainText()[: LONGEST + 1].strip(),
            handler=self.handler.text().strip(),
            received=received,
            due=due or (due_after(received) if received else None),
            approvals_needed=self.approvals.value(),
            kept_until=_day(self.kept_until, "delete record on"),
        )

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Reference", self.reference),
            ("Ground", self.ground),
            ("Scope", self.scope),
            ("Handled by", self.handler),
        )
        for title, widget in rows:
            form.addRow(self._label(title, widget), widget)
        for row in (
            (("Received", self.received), ("Due", self.due)),
            (("Approvals needed", self.approvals), ("Delete record on", self.kept_until)),
        ):
            line = QHBoxLayout()
            (first, left), (second, right) = row
            line.addWidget(left, 1)
            line.addSpacing(12)
            line.addWidget(self._label(second, right))
            line.addWidget(right, 1)
            form.addRow(self._label(first, left), line)

    def _label(self, title: str, field: QWidget) -> TextLabel:
        label = TextLabel(title, self)
        label.setBuddy(field)
        field.setAccessibleName(title)
        return label

    @Slot()
    def _offer_due(self) -> None:
        try:
            received = _day(self.received, "received")
        except CaseError:
            received = None
        self.due.setPlaceholderText(f"{due_after(received)}: a month" if received else _DAY)


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _day(line: QLineEdit, name: str) -> date | None:
    text = line.text().strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CaseError(f"{text!r} is no day", where=name, todo=f"write it as {_DAY}") from None
