"""An erasure request: what it asks for, who approves its result, who was told, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain import cases
from maga_desk.domain.cases import CaseState, KeptCase
from maga_desk.domain.errors import CaseError
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel, heading, muted
from maga_desk.ui.widgets.cases.request_form import RequestForm

_NEW = "New case"
_EXPORT = "The whole case as one file, for another machine"
_DONE: tuple[CaseState, ...] = ("closed", "refused")


class CaseDialog(QDialog):
    """Shows one of the cases. It decides nothing: what a person wants is a signal, and :meth:`show_case` shows what
    became of it.

    Signals: ``chosen(number)``, another case for the session's next runs (0: a new one); ``saved(ErasureCase)``;
    ``approved(name)``; ``told(name, how)``; ``handed_over()``, ``closed()``, ``refused(why)``, ``reopened()``,
    ``purge_requested()``, ``export_requested()``, ``import_requested()``.
    """

    chosen = Signal(int)
    saved = Signal(object)
    approved = Signal(str)
    told = Signal(str, str)
    handed_over = Signal()
    closed = Signal()
    refused = Signal(str)
    reopened = Signal()
    purge_requested = Signal()
    export_requested = Signal()
    import_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, today: date | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Erasure request")
        self.setMinimumWidth(640)
        self._today = today
        self._kept: KeptCase | None = None
        self._purging = False
        self.which = ChoiceBox(self)
        self.which.setAccessibleName("Case")
        self.state, self.form, self.fault = TextLabel(self), RequestForm(self), TextLabel(self)
        self.state.setObjectName("heading")
        self.fault.setWordWrap(True)
        theme.set_tone(self.fault, "danger")
        self.save_button = QPushButton("Save", self)
        self.approver, self.recipient, self.how, self.why = (QLineEdit(self) for _ in range(4))
        self.approve_button, self.told_button = QPushButton("Approve", self), QPushButton("Note", self)
        self.refuse_button, self.hand_over_button = QPushButton("Refuse", self), QPushButton("Hand over", self)
        self.close_button, self.reopen_button = QPushButton("Close the case", self), QPushButton("Reopen", self)
        self.purge_button = QPushButton("Purge\u2026", self)
        self.export_button, self.import_button = QPushButton("Export\u2026", self), QPushButton("Import\u2026", self)
        self.import_button.setToolTip("A case from a file that another machine wrote")
        self.approvals, self.recipients, self.purges = muted("", self), muted("", self), muted("", self)
        self.steps, self.purging = muted("", self), muted("", self)
        self._lay_out()
        self._connect()

    def show_case(self, kept: KeptCase, others: Sequence[KeptCase]) -> None:
        """A case as it is now, and all cases that there are."""
        self._kept = kept
        today = self._today or date.today()
        self.which.blockSignals(True)
        self.which.clear()
        for each in others if any(each.id == kept.id for each in others) else (kept, *others):
            self.which.addItem(f"{each.called}: {each.state}", each.id)
        self.which.addItem(_NEW, 0)
        self.which.setCurrentIndex(self.which.findData(kept.id))
        self.which.blockSignals(False)
        due = cases.due_words(kept, today)
        self.state.setText(f"{kept.state[:1].upper()}{kept.state[1:]}" + (f", {due}" if due else ""))
        self.form.show_case(kept.case)
        self.show_fault("")
        self._show_decisions(kept)
        self._allow()
        if self.isHidden():
            self._fit()

    def show_fault(self, text: str) -> None:
        """Why something was not done; empty: nothing is wrong."""
        self.fault.setText(text)
        self.fault.setVisible(bool(text))

    def show_purging(self, words: str) -> None:
        """What the purge does now, or waits for; empty: none goes on."""
        self._purging = bool(words)
        self.purging.setText(words)
        self.purging.setVisible(self._purging)
        self._allow()

    def unsaved(self) -> bool:
        """Whether a field says something else than what is kept."""
        try:
            return self._kept is not None and self.form.case() != self._kept.case
        except CaseError:
            return True

    @Slot()
    def accept(self) -> None:
        """Save what was changed, and close; a field that cannot be read is told instead."""
        if self._saved():
            super().accept()

    def _show_decisions(self, kept: KeptCase) -> None:
        case, result = kept.case, cases.result_of(kept.runs)
        count = cases.approvals_that_count(case, result)
        words = cases.imported_words(case)
        lines = [f"{words[:1].upper()}{words[1:]}."] if words else []
        lines.append(f"{len(count)} of {case.approvals_needed} approvals")
        for each in case.approvals:
            old = "" if each in count else ": of an earlier result, counts no more"
            old = (f", {cases.AS_THE_FILE_SAYS}" if each.brought else "") + old
            lines.append(f"{each.name}, {each.at:%Y-%m-%d %H:%M} UTC, run {each.run}{old}")
        self.approvals.setText("\n".join(lines))
        told = [
            ", ".join(filter(None, (each.name, str(each.on), each.how, cases.AS_THE_FILE_SAYS if each.brought else "")))
            for each in case.recipients
        ]
        self.recipients.setText("\n".join(told) or "Nobody yet")
        ends = []
        if (over := case.handed_over) is not None:
            old = "" if cases.hand_over_that_counts(case, result) else ": of an earlier result, counts no more"
            old = (f", {cases.AS_THE_FILE_SAYS}" if over.brought else "") + old
            ends.append(f"Handed over {over.at:%Y-%m-%d %H:%M} UTC, run {over.run}{old}")
        ends += [f"Closed {case.closed:%Y-%m-%d %H:%M} UTC"] if case.closed else []
        ends += [f"Refused: {case.refused}"] if case.refused else []
        self.steps.setText("\n".join(ends))
        self.steps.setVisible(bool(ends))
        purged = [
            f"Purged {each.at:%Y-%m-%d %H:%M} UTC. Out of reach:\n" + "\n".join(each.left) for each in case.purges
        ]
        self.purges.setText("\n".join(purged[-1:]))
        self.purges.setVisible(bool(purged))

    @Slot()
    def _allow(self) -> None:
        """What can be done now, and why not else."""
        if self._kept is None:
            return
        kept, state = self._kept, self._kept.state
        result = cases.result_of(kept.runs)
        done = state in _DONE
        missing = cases.approvals_lack(kept.case, result)
        handed_over = cases.hand_over_that_counts(kept.case, result) is not None
        busy = "A run of this case is going on." if state == "running" else ""
        over = f"The case is {state}." if done else busy
        unjudged = over or ("" if result else "Nothing was judged yet.")
        lacks = {
            self.save_button: "" if self.unsaved() else "Nothing was changed.",
            self.export_button: busy,
            self.approve_button: unjudged or ("" if self.approver.text().strip() else "Say who approves."),
            self.told_button: "" if self.recipient.text().strip() else "Say who was told.",
            self.hand_over_button: unjudged
            or (f"{missing[:1].upper()}{missing[1:]}." if missing else "")
            or ("It was handed over." if handed_over else ""),
            self.close_button: over or ("" if handed_over else "Hand it over first."),
            self.refuse_button: over or ("" if self.why.text().strip() else "Say why."),
            self.purge_button: "It is being purged." if self._purging else "",
            self.reopen_button: "It is being purged." if self._purging else "",
        }
        for button, why in lacks.items():
            button.setEnabled(not why)
            button.setToolTip(why or (_EXPORT if button is self.export_button else ""))
        self.reopen_button.setVisible(done)
        self.purge_button.setVisible(done)
        self.close_button.setVisible(not done)

    @Slot()
    def _save(self) -> bool:
        try:
            case = self.form.case()
        except CaseError as error:
            self.show_fault(str(error))
            return False
        self.saved.emit(case)
        return self.fault.isHidden()

    @Slot(int)
    def _choose(self, _place: int) -> None:
        number = self.which.currentData()
        if self._kept is None or (self.unsaved() and not self._save()):
            if self._kept is not None:
                self.which.setCurrentIndex(self.which.findData(self._kept.id))
            return
        self.chosen.emit(int(number))

    def _saved(self) -> bool:
        """Before a step: what was typed is kept, so that an approval is of what is read here, and nothing is lost."""
        return not self.unsaved() or self._save()

    @Slot()
    def _approve(self) -> None:
        if self._saved():
            self.approved.emit(self.approver.text().strip())
            if self.fault.isHidden():
                self.approver.clear()

    @Slot()
    def _tell(self) -> None:
        if self._saved():
            self.told.emit(self.recipient.text().strip(), self.how.text().strip())
            if self.fault.isHidden():
                self.recipient.clear()
                self.how.clear()

    @Slot()
    def _refuse(self) -> None:
        if self._saved():
            self.refused.emit(self.why.text().strip())
            if self.fault.isHidden():
                self.why.clear()

    @Slot()
    def _hand_over(self) -> None:
        if self._saved():
            self.handed_over.emit()

    @Slot()
    def _close(self) -> None:
        if self._saved():
            self.closed.emit()

    @Slot()
    def _reopen(self) -> None:
        if self._saved():
            self.reopened.emit()

    @Slot()
    def _purge(self) -> None:
        if self._saved():
            self.purge_requested.emit()

    def _connect(self) -> None:
        self.which.activated.connect(self._choose)
        for line in (self.approver, self.recipient, self.why):
            line.textChanged.connect(self._allow)
        self.form.changed.connect(self._allow)
        self.save_button.clicked.connect(self._save)
        self.approve_button.clicked.connect(self._approve)
        self.told_button.clicked.connect(self._tell)
        self.refuse_button.clicked.connect(self._refuse)
        self.hand_over_button.clicked.connect(self._hand_over)
        self.close_button.clicked.connect(self._close)
        self.reopen_button.clicked.connect(self._reopen)
        self.purge_button.clicked.connect(self._purge)
        self.export_button.clicked.connect(self.export_requested)
        self.import_button.clicked.connect(self.import_requested)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(8)
        top = QHBoxLayout()
        top.addWidget(self.which, 1)
        top.addWidget(self.state)
        layout.addLayout(top)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._content = self._filled()
        self._area.setWidget(self._content)
        layout.addWidget(self._area, 1)
        layout.addWidget(self.fault)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Done")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        last = QHBoxLayout()
        last.addWidget(self.export_button)
        last.addWidget(self.import_button)
        last.addWidget(buttons, 1)
        layout.addLayout(last)
        for line, title, longest in (
            (self.approver, "Name of who approves", 200),
            (self.recipient, "Name of who was told", 200),
            (self.how, "How, e.g. by letter", 200),
            (self.why, "Why it is refused", cases.LONGEST),
        ):
            line.setPlaceholderText(title)
            line.setAccessibleName(title)
            line.setMaxLength(longest)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self.purges.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _filled(self) -> QWidget:
        """What scrolls on a small screen."""
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.form)
        layout.addLayout(_row(self.save_button))
        layout.addWidget(heading("Approval", self))
        layout.addWidget(self.approvals)
        layout.addLayout(_row(self.approve_button, self.approver))
        layout.addWidget(heading("Who was told", self))
        layout.addWidget(self.recipients)
        layout.addLayout(_row(self.told_button, self.recipient, self.how))
        layout.addWidget(heading("End", self))
        layout.addWidget(self.steps)
        layout.addWidget(self.purges)
        layout.addWidget(self.purging)
        self.purging.hide()
        layout.addLayout(_row(self.refuse_button, self.why))
        ends = QHBoxLayout()
        ends.addWidget(self.purge_button)
        ends.addStretch(1)
        for button in (self.reopen_button, self.hand_over_button, self.close_button):
            ends.addWidget(button)
        layout.addLayout(ends)
        layout.addStretch(1)
        return content

    def _fit(self) -> None:
        """As high as the content, where the screen lets it be."""
        beside = self.sizeHint().height() - self._area.sizeHint().height()
        wanted = self._content.sizeHint().height() + beside + 8
        self.resize(self.minimumWidth(), min(wanted, round(0.9 * self.screen().availableGeometry().height())))


def _row(button: QPushButton, *fields: QWidget) -> QHBoxLayout:
    """Fields with their button at the right."""
    line = QHBoxLayout()
    for each in fields:
        line.addWidget(each, 1)
    if not fields:
        line.addStretch(1)
    line.addWidget(button)
    return line
