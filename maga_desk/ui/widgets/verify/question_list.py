"""The questions that a report answers, a row each: the answer, and the figure that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from maga_desk.domain.questions import ANSWER_WORDS, Answer, AuditQuestion
from maga_desk.ui import theme
from maga_desk.ui.tips import tip
from maga_desk.ui.widgets.basic.labels import TextLabel, muted

MARKS: Mapping[Answer, str] = {"as": "✓", "not as": "✗", "unsure": "?", "not run": "–"}
_TONES: Mapping[Answer, theme.Tone] = {"as": "positive", "not as": "danger", "unsure": "warning", "not run": "muted"}
_QUESTION, _ANSWER, _FIGURE = range(3)


class QuestionList(QWidget):
    """Question, answer and decisive figure; a tip has every figure behind a row, and what was not run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Questions and their answers")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 4)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(_FIGURE, 1)
        self.answers: list[TextLabel] = []

    def show_questions(self, questions: Sequence[AuditQuestion]) -> None:
        """Show these, in their order."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.answers = []
        for row, each in enumerate(questions):
            title, figure = TextLabel(each.title, self), muted(beside(each), self)
            answer = TextLabel(f"{MARKS[each.answer]}  {ANSWER_WORDS[each.answer]}", self)
            theme.set_tone(answer, _TONES[each.answer])
            figure.setWordWrap(True)
            for place, label in ((_QUESTION, title), (_ANSWER, answer), (_FIGURE, figure)):
                label.setToolTip(tip("\n".join(evidence.text() for evidence in each.evidence)))
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._grid.addWidget(label, row, place, Qt.AlignmentFlag.AlignTop)
            self.answers.append(answer)


def beside(question: AuditQuestion) -> str:
    """What stands beside an answer: the figure that it rests on, who lost most, what was not run."""
    first, parts = question.decisive(), list[str]()
    if first is not None:
        parts.append(first.text().partition(": ")[0])
    if question.losers:
        parts.append(f"lost most: {', '.join(question.losers[:3])}")
    if question.missing:
        parts.append(f"not run: {', '.join(question.missing)}")
    return "; ".join(parts)
