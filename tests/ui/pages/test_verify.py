"""The Verify page: figures, judgement by distance to retraining, and what is missing without it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from maga_desk.domain.cost import Machine, Passes
from maga_desk.domain.measure import GROUP_TITLES
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Audit, Figure, Report, SecondJudgement
from maga_desk.domain.yardstick import Yardstick
from maga_desk.ui.item_models.report import (
    AFTER,
    BEFORE,
    DIFFERENCE,
    FIGURE,
    RETRAINED,
    SECOND,
    SECOND_VERDICT,
    VERDICT,
    GradeRole,
    HelpRole,
)
from maga_desk.ui.pages.verify import EVIDENCE, GROUPS, VerifyPage

CLASSES = ("bird", "cat", "deer")
KEYS = ("retain_train", "forget_train", "retain_test", "forget_test", "mia", "js_to_retrained", "probe")


def audit(values: tuple[float | None, ...], per_class: tuple[float, ...], **more: float) -> Audit:
    known = {key: value for key, value in zip(KEYS, values, strict=False) if value is not None} | more
    return Audit({key: Figure(value, value - 1, value + 1, 250) for key, value in known.items()}, per_class)


BEFORE_ = audit((80.5, 81.2, 77.1, 71.0, 74.2, 0.61, 80.0), (70.0, 71.0, 75.0), relearn=0)
AFTER_ = audit((80.1, 0.2, 71.0, 0.4, 31.0, 0.062, 57.0), (69.0, 0.4, 74.5), relearn=20)
GOLD = audit((82.0, 0.0, 77.2, 0.0, 26.2, None, 47.5), (71.0, 0.0, 76.0), relearn=40)
RETRAINED_FILE = Yardstick("gold.safetensors", "ab" * 32, "record", reasons=("Its record says so.",))
NOTE = "There is no retrained model."


def report(gold: bool = True, intent: str = "membership") -> Report:
    if gold:
        return Report(CLASSES, BEFORE_, AFTER_, GOLD, 8.2, 78.0, intent=intent, yardstick=RETRAINED_FILE)
    bare = audit((80.1, 0.2, 71.0, None, 31.0, None), (69.0, 0.0, 74.5))
    return Report(CLASSES, BEFORE_, bare, None, 8.2, None, notes=(NOTE,))


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


def row_of(page: VerifyPage, key: str) -> int:
    """The row of a figure, after its group was chosen with the mouse."""
    group = page.groups.buttons[GROUPS.index(MEASURES[key].group)]
    group.click()
    return page.table.report_model.shown_keys().index(key)


def test_every_figure_has_its_place_and_its_help(page: VerifyPage) -> None:
    page.show_report(report())
    seen = []
    for button in page.groups.buttons:
        button.click()
        seen += page.table.report_model.shown_keys()
        for row, key in enumerate(page.table.report_model.shown_keys()):
            assert cell(page, row, FIGURE) == MEASURES[key].title
            assert cell(page, row, FIGURE, HelpRole) == MEASURES[key].help
            assert cell(page, row, FIGURE, Qt.ItemDataRole.ToolTipRole) == MEASURES[key].help
    beside = {key for key, each in MEASURES.items() if "verification" in each.rests_on}  # none were asked for
    assert sorted(seen) == sorted(key for key in MEASURES if not key.startswith("earlier_") and key not in beside)
    assert len(page.groups.buttons) == len(GROUP_TITLES)


def test_values_and_differences(page: VerifyPage) -> None:
    page.show_report(report())
    columns = (BEFORE, AFTER, RETRAINED, DIFFERENCE)
    expected = {
        "retain_train": ["80.5 %", "80.1 %", "82.0 %", "−1.9"],
        "mia": ["74.2 %", "31.0 %", "26.2 %", "+4.8"],
        "js_to_retrained": ["0.610", "0.062", "–", "+0.062"],
        "probe": ["80.0 %", "57.0 %", "47.5 %", "+9.5"],
        "relearn": ["0", "20", "40", "−20"],
    }
    for key, texts in expected.items():
        row = row_of(page, key)
        assert [cell(page, row, column) for column in columns] == texts
    assert cell(page, row_of(page, "mia"), AFTER, HelpRole) == "30.0–32.0, n 250"


def test_judged_by_distance_not_by_size(page: VerifyPage) -> None:
    page.show_report(report())
    grades = {"retain_train": "close", "retain_test": "far", "mia": "near", "js_to_retrained": "near", "probe": "far"}
    for key, grade in grades.items():
        assert cell(page, row_of(page, key), VERDICT, GradeRole) == grade
    assert cell(page, row_of(page, "probe"), VERDICT) == "✗  far"
    over = Report(
        CLASSES, BEFORE_, audit((90.0, 0.0, 77.0, 0.0, 26.0, 0.01), ()), GOLD, 8.2, 78.0, yardstick=RETRAINED_FILE
    )
    page.show_report(over)
    assert cell(page, row_of(page, "retain_train"), VERDICT) == "✗  far", "better than retrained is as far away"


def test_two_guesses_stand_beside_one_another(page: VerifyPage) -> None:
    other = replace(RETRAINED_FILE, file="second.safetensors", guessed="AdamW")
    gold = audit((95.0, 0.0, 77.2, 0.0, 26.2, None, 47.5), (71.0, 0.0, 76.0), relearn=40)
    page.show_report(replace(report(), second=SecondJudgement(BEFORE_, AFTER_, gold, other)))
    row = row_of(page, "retain_train")
    assert [cell(page, row, column) for column in (RETRAINED, VERDICT, SECOND, SECOND_VERDICT)] == [
        "82.0 %", "✓  close", "95.0 %", "✗  far",
    ]  # fmt: skip
    assert cell(page, row, SECOND_VERDICT, GradeRole) == "far"
    assert (cell(page, row, SECOND, HelpRole), cell(page, row, SECOND_VERDICT, HelpRole)) == (
        "94.0–96.0, n 250",
        "−14.9",
    )
    assert cell(page, row, VERDICT, HelpRole) == "−1.9" and page.table.isColumnHidden(DIFFERENCE)
    page.table.resize(760, 400)
    assert page.table.isColumnHidden(BEFORE) and not page.table.isColumnHidden(SECOND_VERDICT)
    heads = [page.table.report_model.headerData(each, Qt.Orientation.Horizontal) for each in (RETRAINED, SECOND)]
    assert heads == ["1st guess", "2nd guess"]
    assert "disagree on Retain, training (close by the first, far by the second)" in page.overview.text()
    assert "Retain, training" in page.overview.text().partition("The two guesses")[0], "the more careful verdict counts"
    assert "1st guess: gold" in page.compared.text() and "2nd guess: second" in page.compared.text()
    assert "disagree on 1 figure; the more careful verdict counts" in page.result.advice.text()
    table = page.table.report_model.rows()
    assert table[0][-2:] == ["difference, second guess", "verdict, second guess"]
    found = next(each for each in table if each[1] == "retain_train")
    assert found[-3:] == ["close", "-14.9", "far"] and len(found) == len(table[0])
    page.show_report(report())
    assert not page.table.isColumnHidden(DIFFERENCE) and not page.table.isColumnHidden(BEFORE)
    assert page.table.report_model.columnCount() == SECOND and "guess" not in page.overview.text()


def test_where_a_concept_goes_less_of_it_is_no_fault(page: VerifyPage) -> None:
    less = audit((80.1, 0.0, 77.0, 0.0, 26.0, 0.01, 30.0), (), relearn=90)
    for intent, grade in (("concept", "close"), ("membership", "far")):
        page.show_report(Report(CLASSES, BEFORE_, less, GOLD, 8.2, 78.0, intent=intent, yardstick=RETRAINED_FILE))
        assert cell(page, row_of(page, "probe"), VERDICT, GradeRole) == grade
        assert cell(page, row_of(page, "relearn"), VERDICT, GradeRole) == grade


def test_unknown_figures_are_dashes_with_a_reason(page: VerifyPage) -> None:
    page.show_report(report(gold=False))
    for key in ("retain_train", "mia", "probe"):
        assert cell(page, row_of(page, key), VERDICT) == "–"
    tip = Qt.ItemDataRole.ToolTipRole
    reasons = {
        ("forget_test", AFTER): "no test pictures of what was forgotten",
        ("retain_train", RETRAINED): "no retrained model",
        ("js_to_retrained", AFTER): "no retrained model",
        ("probe", AFTER): "whole class or sub-class",
    }
    for (key, column), reason in reasons.items():
        row = row_of(page, key)
        assert cell(page, row, column) == "–"
        assert reason in str(cell(page, row, column, tip))
    page.show_report(report())
    assert "no shadow models" in str(cell(page, row_of(page, "lira"), AFTER, tip))
    quick = replace(AFTER_, figures={"retain_test": AFTER_.figures["retain_test"]})
    page.show_report(replace(report(), after=quick))
    assert "judged quickly" in str(cell(page, row_of(page, "relearn"), AFTER, tip))
    assert "whole class" in str(cell(page, row_of(page, "probe"), AFTER, tip)), "which a quick audit gives as well"


def test_it_opens_with_a_sentence_and_what_to_do_next(page: VerifyPage) -> None:
    page.show_report(report(), "class cat", origin="Forgotten by MaGA, seed 0.")
    assert page.result.sentence.text() == (
        "Class cat: 71 % → 0.4 % recognised (0 % after retraining); the others 77.1 % → 71 %; "
        "3 of 8 figures are as after retraining."
    )
    assert page.result.origin.text() == "Forgotten by MaGA, seed 0."
    assert "What stays has suffered: 77.1 % before, 71 % after" in page.result.advice.text()
    assert page.overview.text() == (
        "Far off: Retain, test, Readable in features, Steps to relearn; asked for was “as if never trained on”."
    )
    assert page.compared.text() == (
        "Compared with gold.safetensors (sha256 abababababab), retrained by its own record. Its record says so."
    )
    assert not page.declare_button.isVisible()
    assert page.evidence.text() == EVIDENCE
    assert page.evidence.isVisible()
    assert not page.notes.isVisible()
    page.show_report(report(gold=False))
    assert page.result.sentence.text().endswith("not compared with retraining.")
    assert page.cost.text() == "Unlearning took 8.2 s." and not page.compared.isVisible()
    assert not page.overview.isVisible() and "Press Retrain to compare" in page.result.advice.text()
    assert page.notes.isVisible() and page.notes.text() == NOTE


def test_what_is_left_inside_is_drawn(qtbot: QtBot, page: VerifyPage) -> None:
    points = ((0.0, 0.0), (5.0, 40.0), (10.0, 80.0))
    drawn = Audit(AFTER_.figures, (), {"stem.0": {"retrained": 0.9, "original": 1.0}}, {"relearn": points})
    page.show_report(Report(CLASSES, BEFORE_, drawn, GOLD, 8.2, 78.0, yardstick=RETRAINED_FILE))
    page.groups.buttons[GROUPS.index("residue")].click()
    qtbot.waitUntil(lambda: page.inside.content is not None)
    plots = page.inside.content
    qtbot.waitUntil(lambda: plots.relearn.isVisible() and plots.layers.isVisible())  # type: ignore[union-attr]
    assert [len(plot.listDataItems()) for plot in (plots.relearn, plots.layers)] == [1, 2]  # type: ignore[union-attr]
    shown = [key.text for key in plots.keys if key.isVisible()]  # type: ignore[union-attr]
    assert shown == ["After and retrained", "After and original"]
    assert plots.layers_takeaway.rows()[1] == ["stem.0", "", "0.9", "1"]  # type: ignore[union-attr]
    page.show_report(report())
    assert not plots.relearn.isVisible() and plots.no_relearn.isVisible()  # type: ignore[union-attr]


def test_bars_mark_the_forgotten_class(page: VerifyPage) -> None:
    page.show_report(report(), "cat", ["cat"])
    assert page.bars.groups[1].text() == "cat (forgotten): before 71.0 %, after 0.4 %, retrained 0.0 %"
    assert not page.bars.groups[0].forgotten
    page.show_report(report(gold=False))
    assert page.bars.groups[1].text() == "cat: before 71.0 %, after 0.0 %"


def test_asking_for_a_judgement(qtbot: QtBot, page: VerifyPage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not page.retrain_button.isEnabled()
    page.show_report(report(gold=False))
    with qtbot.waitSignal(page.retrain_requested):
        qtbot.mouseClick(page.retrain_button, Qt.MouseButton.LeftButton)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/runs/gold.safetensors", ""))
    with qtbot.waitSignal(page.judge_requested) as caught:
        qtbot.mouseClick(page.file_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["/runs/gold.safetensors"]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    with qtbot.assertNotEmitted(page.judge_requested):
        qtbot.mouseClick(page.file_button, Qt.MouseButton.LeftButton)
    page.set_busy(True)
    assert not page.retrain_button.isEnabled()
    page.set_busy(False)
    assert page.retrain_button.isEnabled()


def test_choosing_a_run(qtbot: QtBot, page: VerifyPage) -> None:
    with qtbot.assertNotEmitted(page.run_chosen):
        page.show_runs([(12, "Run 12"), (7, "Run 7")], 12, "Run 12")
        page.show_report(report())
    with qtbot.waitSignal(page.run_chosen) as caught:
        page.runs.setFocus()
        qtbot.keyClick(page.runs, Qt.Key.Key_Down)
    assert caught.args == [7]
    page.show_runs([(13, "Run 13"), (12, "Run 12"), (7, "Run 7")], 7, "Run 7")
    assert page.runs.currentText() == "Run 7", "a new run does not change what is looked at"
    assert not page.run_title.isVisible()


def test_runs_of_one_name_are_told_apart(page: VerifyPage) -> None:
    page.show_runs([(2, "05 Nov 12:30  maga, finished"), (1, "05 Nov 12:30  maga, finished")], 1)
    assert page.runs.currentData() == 1


def test_a_run_that_is_kept_nowhere_is_named_beside_the_list(page: VerifyPage) -> None:
    page.show_runs([], None, "05 Nov 12:30  maga, finished")
    assert page.run_title.isVisible() and page.run_title.text() == "05 Nov 12:30  maga, finished"


def test_what_was_forgotten_stands_over_the_figures(page: VerifyPage) -> None:
    page.show_report(report(), "kind fox and 12 pictures")
    assert page.result.sentence.text().startswith("Kind fox and 12 pictures: 71 % → 0.4 % recognised")


def test_what_is_no_yardstick_is_shown_without_verdicts(qtbot: QtBot, page: VerifyPage) -> None:
    stranger = Yardstick("net.pt", "cd" * 32, "none", reasons=("It has no record.",), declarable=True)
    page.show_report(replace(report(), yardstick=stranger))
    row = row_of(page, "retain_train")
    assert [cell(page, row, column) for column in (RETRAINED, DIFFERENCE, VERDICT)] == ["82.0 %", "–", "–"]
    head = page.table.report_model.headerData(RETRAINED, Qt.Orientation.Horizontal)
    assert head == "Compared with" and page.retrained_key.text == "Compared with"
    words = " ".join(label.text() for label in (page.result.sentence, page.overview, page.compared))
    assert "as after" not in words and "far off" not in words and "It has no record." in words
    assert "Nothing is judged by net.pt" in page.result.advice.text()
    assert "press Declare it retrained" in page.result.advice.text()
    with qtbot.waitSignal(page.declare_requested):
        qtbot.mouseClick(page.declare_button, Qt.MouseButton.LeftButton)
    page.show_report(replace(report(), yardstick=replace(stranger, declarable=False)))
    assert not page.declare_button.isVisible(), "its record says otherwise"
    page.show_report(replace(report(), yardstick=None))
    assert "earlier version" in page.result.advice.text() and cell(page, row, VERDICT) == "–"
    page.show_report(replace(report(), yardstick=replace(stranger, standing="declaration", declared_by="N. N.")))
    assert "by declaration of N. N." in page.overview.text() and not page.declare_button.isVisible()


def test_seconds_of_another_machine_are_no_comparison(page: VerifyPage) -> None:
    here, there = (Machine(host, 2, "CPU, 2 threads", "float32") for host in ("1a", "2b"))
    counted = replace(report(), passes=Passes(8200, 4200), retrain_passes=Passes(84_375, 84_375))
    page.show_report(replace(counted, machine=here, retrain_machine=here))
    passes = "12,400 picture passes (8,200 forward, 4,200 backward) against retraining's 168,750."
    assert page.cost.text() == f"Unlearning took 8.2 s, 11 % of retraining's 78 s; {passes}"
    for elsewhere in (there, None, replace(here, threads=1), replace(here, precision="bfloat16")):
        page.show_report(replace(counted, machine=here, retrain_machine=elsewhere))
        assert page.cost.text() == f"Unlearning took 8.2 s; {passes}"
        assert not any(word in page.result.sentence.text() for word in ("took", " s ", "passes"))
