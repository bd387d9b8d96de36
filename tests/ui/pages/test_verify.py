"""The Verify page: figures, judgement by distance to retraining, and what is missing without it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Progress
from maga_desk.domain.results import METRIC_HELP, METRIC_TITLES, Audit, Metrics, Report
from maga_desk.ui.item_models.report import AFTER, BEFORE, DIFFERENCE, FIGURE, RETRAINED, VERDICT, GradeRole, HelpRole
from maga_desk.ui.pages.verify import EVIDENCE, VerifyPage, seconds_in_words

CLASSES = ("bird", "cat", "deer")
BEFORE_ = Audit(Metrics(80.5, 81.2, 77.1, 71.0, 74.2, 0.61, 80.0), (70.0, 71.0, 75.0))
AFTER_ = Audit(Metrics(80.1, 0.2, 71.0, 0.4, 31.0, 0.062, 57.0), (69.0, 0.4, 74.5))
GOLD = Audit(Metrics(82.0, 0.0, 77.2, 0.0, 26.2, None, 47.5), (71.0, 0.0, 76.0))


def report(gold: bool = True) -> Report:
    if gold:
        return Report(CLASSES, BEFORE_, AFTER_, GOLD, 8.2, 78.0)
    bare = Audit(Metrics(80.1, 0.2, 71.0, None, 31.0, None), (69.0, None, 74.5))
    return Report(CLASSES, BEFORE_, bare, None, 8.2, None)


@pytest.fixture
def page(qtbot: QtBot) -> VerifyPage:
    page = VerifyPage()
    qtbot.addWidget(page)
    page.resize(1080, 740)
    page.show()
    qtbot.waitExposed(page)
    return page


def cell(page: VerifyPage, row: int, column: int, role: int = Qt.ItemDataRole.DisplayRole) -> object:
    return page.table.report_model.index(row, column).data(role)


def test_all_figures_with_their_help(page: VerifyPage) -> None:
    page.show_report(report(), "Run 1")
    assert [cell(page, row, FIGURE) for row in range(7)] == list(METRIC_TITLES.values())
    assert [cell(page, row, FIGURE, HelpRole) for row in range(7)] == list(METRIC_HELP.values())
    assert cell(page, 4, FIGURE, Qt.ItemDataRole.ToolTipRole) == METRIC_HELP["mia"]


def test_values_and_differences(page: VerifyPage) -> None:
    page.show_report(report(), "Run 1")
    columns = (BEFORE, AFTER, RETRAINED, DIFFERENCE)
    assert [cell(page, 0, c) for c in columns] == ["80.5 %", "80.1 %", "82.0 %", "−1.9"]
    assert [cell(page, 4, c) for c in columns] == ["74.2 %", "31.0 %", "26.2 %", "+4.8"]
    assert [cell(page, 5, c) for c in columns] == ["0.610", "0.062", "–", "+0.062"]
    assert [cell(page, 6, c) for c in columns] == ["80.0 %", "57.0 %", "47.5 %", "+9.5"]


def test_judged_by_distance_not_by_size(page: VerifyPage) -> None:
    page.show_report(report(), "Run 1")
    assert [cell(page, row, VERDICT) for row in range(7)] == [
        "✓  close",
        "✓  close",
        "✗  far",
        "✓  close",
        "~  not far",
        "~  not far",
        "✗  far",
    ]
    over = Report(CLASSES, BEFORE_, Audit(Metrics(90.0, 0.0, 77.0, 0.0, 26.0, 0.01)), GOLD, 8.2, 78.0)
    page.show_report(over, "Run 1")
    assert cell(page, 0, VERDICT) == "✗  far", "better than retrained is as far away as worse"
    assert cell(page, 0, VERDICT, GradeRole) == "far"


def test_unknown_figures_are_dashes_with_a_reason(page: VerifyPage) -> None:
    page.show_report(report(gold=False), "Run 1")
    assert [cell(page, row, VERDICT) for row in range(7)] == ["–"] * 7
    tip = Qt.ItemDataRole.ToolTipRole
    assert cell(page, 3, AFTER) == "–"
    assert "no test pictures of what was forgotten" in str(cell(page, 3, AFTER, tip))
    assert "no retrained model" in str(cell(page, 0, RETRAINED, tip))
    assert "no retrained model" in str(cell(page, 5, AFTER, tip))
    assert "whole class or sub-class" in str(cell(page, 6, AFTER, tip))


def test_headline_and_the_line_about_evidence(page: VerifyPage) -> None:
    page.show_report(report(), "Run 1")
    assert page.headline.text() == "Unlearning took 8.2 s: 11 % of retraining's 78 s."
    assert page.evidence.text() == EVIDENCE
    assert page.evidence.isVisible()
    assert not page.missing_yardstick.isVisible()
    page.show_report(report(gold=False), "Run 1")
    assert page.headline.text() == "Unlearning took 8.2 s."
    assert page.missing_yardstick.isVisible()


def test_bars_mark_the_forgotten_class(page: VerifyPage) -> None:
    page.show_report(report(), "Run 1", ["cat"])
    assert page.bars.groups[1].text() == "cat (forgotten): before 71.0 %, after 0.4 %, retrained 0.0 %"
    assert not page.bars.groups[0].forgotten
    page.show_report(report(gold=False), "Run 1")
    assert page.bars.groups[1].text() == "cat: before 71.0 %"


def test_asking_for_a_judgement(qtbot: QtBot, page: VerifyPage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not page.retrain_button.isEnabled()
    page.show_report(report(gold=False), "Run 1")
    with qtbot.waitSignal(page.judge_requested) as caught:
        qtbot.mouseClick(page.retrain_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["make"]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/runs/gold.safetensors", ""))
    with qtbot.waitSignal(page.judge_requested) as caught:
        qtbot.mouseClick(page.file_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["/runs/gold.safetensors"]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    with qtbot.assertNotEmitted(page.judge_requested):
        qtbot.mouseClick(page.file_button, Qt.MouseButton.LeftButton)
    page.show_busy(Progress("retraining", 1, 15, 60))
    assert not page.retrain_button.isEnabled()
    page.show_busy(None)
    assert page.retrain_button.isEnabled()


def test_choosing_a_run(qtbot: QtBot, page: VerifyPage) -> None:
    with qtbot.assertNotEmitted(page.run_chosen):
        page.show_runs([(12, "Run 12"), (7, "Run 7")])
        page.show_report(report(), "Run 12")
    with qtbot.waitSignal(page.run_chosen) as caught:
        page.runs.setFocus()
        qtbot.keyClick(page.runs, Qt.Key.Key_Down)
    assert caught.args == [7]
    page.show_report(report(), "Run 7")
    page.show_runs([(13, "Run 13"), (12, "Run 12"), (7, "Run 7")])
    assert page.runs.currentText() == "Run 7", "a new run does not change what is looked at"


@pytest.mark.parametrize(
    ("seconds", "words"), [(8.21, "8.2 s"), (78.4, "78 s"), (725.0, "12 min 5 s"), (7800.0, "2 h 10 min")]
)
def test_seconds_in_words(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words
