"""The questions of a report on the screen: every answer has its mark, its figure and what was not run."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from maga_desk.domain.questions import answered
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.yardstick import Yardstick
from maga_desk.ui.widgets.verify.question_list import QuestionList, beside


def judged(forget: float) -> Report:
    after, gold = (
        Audit({"forget_test": Figure(value, value - 1, value + 1, 900), "forget_train": Figure(0.0, 0.0, 1.0, 900)})
        for value in (forget, 10.0)
    )
    by = Yardstick("gold.safetensors", "ab" * 32, "record")
    return Report(("a", "b"), Audit({}), after, gold, 1.0, None, task="class", yardstick=by)


def test_answers_follow_the_report_and_nothing_stays_of_the_one_before(qtbot: QtBot) -> None:
    shown = QuestionList()
    qtbot.addWidget(shown)
    shown.show()
    for forget, first in ((10.5, "✓  as after retraining"), (60.0, "✗  not as after retraining")):
        questions = answered(judged(forget))
        shown.show_questions(questions)
        texts = [label.text() for label in shown.answers]
        assert texts == [first, "–  not run", "–  not run", "–  not run", "–  not run"]
        qtbot.waitUntil(lambda: all(label.isVisible() for label in shown.answers))
        labels = [label for label in shown.findChildren(QLabel) if label.isVisible()]
        assert len(labels) == 3 * len(questions), "those of the report before are gone"
    assert shown.answers[0].property("tone") == "danger"
    assert "Forget, test 60.0 % (59.0–61.0, n 900), retraining 10.0 %" in shown.answers[0].toolTip()
    recognised, membership = answered(judged(60.0))[:2]
    assert beside(recognised) == "Forget, test 60.0 % (59.0–61.0, n 900), retraining 10.0 %, bound 5"
    assert beside(membership).startswith("not run: Entropy attack, Confidence attack, Loss attack")
