"""What a report comes to: one sentence, where it comes from, and what to do next."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from maga_desk.domain.advice import Used
from maga_desk.domain.findings import ENOUGH, explanation, findings, result_sentence
from maga_desk.domain.questions import answered
from maga_desk.domain.results import Report
from maga_desk.ui.widgets.basic.labels import TextLabel, heading, muted
from maga_desk.ui.widgets.verify.question_list import QuestionList


class ResultCard(QFrame):
    """The sentence in large letters; below it a line for each thing that is not as it should be, with what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.sentence = heading("", self)
        self.origin, self.explanation = muted("", self), muted("", self)
        self.questions = QuestionList(self)
        self.next_title, self.advice = heading("What next", self), TextLabel(self)
        self.advice.setAccessibleName("What next")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(6)
        for label in (self.sentence, self.origin, self.explanation, self.advice):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for widget in (
            self.sentence, self.origin, self.questions, self.explanation, self.next_title, self.advice
        ):  # fmt: skip
            layout.addWidget(widget)

    def show_report(
        self,
        report: Report,
        request: str = "",
        origin: str = "",
        used: Used | None = None,
        forgotten: Collection[str] = (),
    ) -> None:
        """Say what a report comes to.

        :param request: what was to be forgotten, ``class cat``, and ``forgotten`` the classes in it.
        :param origin: by which run.
        :param used: its method, which advice starts from.
        """
        self.sentence.setText(result_sentence(report, request))
        self.questions.show_questions(answered(report, forgotten))
        why, found = explanation(report), findings(report, used, request)
        for label, text in ((self.origin, origin), (self.explanation, why)):
            label.setText(text)
            label.setVisible(bool(text))
        self.advice.setText("\n".join(f"•  {each.what} {each.todo}" for each in found) if found else ENOUGH)
