"""Runs of several sessions compared in the window, read from a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Audited, Ended
from maga_desk.domain.results import Figure, Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.compare_runs import CompareRunsController
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.compare_runs import CompareRunsDialog
from maga_desk.ui.item_models.report import HelpRole
from maga_desk.ui.pages.verify import VerifyPage

REPORT = Path(__file__).parents[2] / "kept" / "home" / "runs" / "20261128-053351" / "report.json"


@pytest.fixture
def dialog(qtbot: QtBot, store: SessionStore, tmp_path: Path) -> Iterator[CompareRunsDialog]:
    """Two runs of the open session that forgot rings, and one of another session that forgot discs."""
    page, desk, faults = VerifyPage(), Desk(), list[str]()
    qtbot.addWidget(page)
    controller = CompareRunsController(page, desk, store, lambda text, _level: faults.append(text))
    assert not page.compare_button.isEnabled() and "No run has been judged yet" in page.compare_button.toolTip()
    judged = Report.from_dict(json.loads(REPORT.read_text()))
    for number, (kind, value, n) in enumerate((("ring", 100.0, 18), ("ring", 9.5, 180), ("disc", 50.0, 18))):
        spec = RunSpec().with_changes("forget", classes=(kind,)).with_changes("", seed=number)
        if kind == "disc" or not number:
            session = store.create_session(f"forget {kind}", spec)
        recorder = store.start_run(session, spec, str(tmp_path / f"run-{number}"))
        after = judged.after.with_figures({"retain_test": Figure(value, value - 1, value, n)})
        recorder.record(Audited(replace(judged, after=after, seconds=10.0 + number)))
        recorder.record(Ended("finished"))
        store.flush()
        if kind == "ring":
            desk.set_session(session, "forget ring")
            desk.runs.set_recorded(store.runs(session))
    assert page.compare_button.isEnabled()
    controller.open()
    found = page.findChild(CompareRunsDialog)
    assert found is not None
    yield found
    found.close()
    assert not faults


def names(dialog: CompareRunsDialog) -> list[str]:
    model = dialog.figures.sorted
    return [model.headerData(row, Qt.Orientation.Vertical) for row in range(model.rowCount())]


def test_runs_are_sorted_by_number_not_by_text(dialog: CompareRunsDialog) -> None:
    assert dialog.choice.ticked == [2, 1], "those of the open session"
    assert names(dialog) == ["Original", "Compared with", "maga #2", "maga #1"]
    column = [measure.key for measure in dialog.figures.model.measures].index("retain_test") + 1
    dialog.figures.view.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert names(dialog) == ["maga #2", "Compared with", "Original", "maga #1"], "9.5 before 72 before 100"
    cell = dialog.figures.sorted.index(0, column)
    assert (cell.data(), cell.data(HelpRole)) == ("9.5 %", "8.5–9.5, n 180")
    dialog.figures.view.setCurrentIndex(cell)
    assert dialog.figures.defined.text().startswith("Retain, test (TA): Accuracy on test pictures of what stays.")
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        dialog.figures.view.sortByColumn(0, order)
        assert names(dialog)[-1] == "Original", "what is not known stays last"
    dialog.figures.groups.buttons[2].click()
    assert "not run" in {dialog.figures.model.index(2, place).data() for place in range(14)}
    assert dialog.figures.takeaway.rows()[0][:3] == ["group", "net", "run"]


def test_another_forget_set_is_never_drawn_with_the_first(dialog: CompareRunsDialog) -> None:
    dialog.choice.search.setText("DISC")
    assert "2 hidden" in dialog.choice.count.text()
    dialog.choice.list.item(0).setCheckState(Qt.CheckState.Checked)
    assert dialog.choice.ticked == [3, 2, 1] and names(dialog)[2] == "A  maga #3"
    assert "group B is not to be compared" in dialog.notes.text().replace("Group", "group")
    assert "the same is not known" in dialog.notes.text() or "another forget set" in dialog.notes.text()
    dialog.views.buttons[1].click()
    dialog.trade.ensure()
    panel = dialog.trade.content
    assert panel is not None
    assert [point.label for point in panel.plot.points] == ["Original", "Compared with", "maga #3"]
    dialog.group.setCurrentIndex(1)
    dialog.group.activated.emit(1)
    assert [row[0] for row in panel.plot.takeaway.rows()] == ["net", "Original", "Compared with", "maga #2", "maga #1"]
    assert "maga #1: Forget, test 0.0 %, Retain, test 100.0 %, 10.0 s" in panel.plot.accessibleDescription()
    assert "ring (forgotten)" in dialog.classes.accessibleDescription()
    dialog.classes.resize(600, 400)
    dialog.classes.grab()
    assert "points" in dialog.classes.tip_at(QPoint(200, 30))
    dialog.views.buttons[3].click()
    assert not dialog._group_part.isHidden(), "settings are of one group, too"
    assert [title.split(",")[0] for title in dialog.settings.takeaway.rows()[0][1:]] == ["maga #2", "maga #1"]
    dialog.group.setCurrentIndex(0)
    dialog.group.activated.emit(0)
    assert [title.split(",")[0] for title in dialog.settings.takeaway.rows()[0][1:]] == ["maga #3"]


def test_marks_are_round_and_within_what_a_figure_can_be() -> None:
    from maga_desk.ui.plots.trade_off import marks_between

    assert marks_between(0.0, 100.0) == [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    assert marks_between(84.2, 91.5) == [85.0, 86.0, 87.0, 88.0, 89.0, 90.0, 91.0] and marks_between(1.0, 1.0) == [1.0]
