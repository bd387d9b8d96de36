"""A forecast in the window, by real steps of a tiny net: asked for, explained, kept, and shown beside what it took."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.ui.composition import Composition
from maga_desk.ui.job_view import FORECAST
from maga_desk.ui.widgets.run.forecast_view import EMPTY
from tests.ui.driving import PATIENCE, Windows, choose, ready_to_run, wait_for_end


def cells(made: Composition) -> list[str]:
    return [label.text() for label in made.run.below.forecast._cells]


def forecast(qtbot: QtBot, made: Composition) -> None:
    qtbot.mouseClick(made.run.forecast_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(cells(made)) and made.jobs.current(FORECAST) is None, timeout=PATIENCE)


def test_a_forecast_is_kept_beside_what_the_run_took(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "gradient-ascent")
    page, view = made.run, made.run.below.forecast
    assert view.notes.text() == EMPTY and not page.advice.isVisible() and not view.why_row.isVisible()
    forecast(qtbot, made)
    assert page.below.choice.current == 2 and cells(made)[:3] == ["", "Forecast", "Memory in all"]
    assert [cells(made)[place] for place in (3, 6, 9)] == [
        "Gradient ascent",
        "Retraining, by the same recipe",
        "The audit",
    ]
    assert page.advice.isVisible() and "only exact answer" in page.advice.text.text(), "a tiny net is soon retrained"
    view.why.setFocus()
    qtbot.keyClicks(view.why, "The owner wants it so")
    qtbot.keyClick(view.why, Qt.Key.Key_Return)
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert not view.why.isEnabled() and not page.advice.isVisible()
    wait_for_end(qtbot, made)
    run = made.desk.runs.shown
    assert run.report is not None and run.report.forecast is not None
    assert run.report.forecast.not_retrained == "The owner wants it so"
    assert cells(made)[:4] == ["", "Forecast", "Memory in all", "It took"] and cells(made)[11] == "not done"
    assert view.why.currentText() == "The owner wants it so" and not view.why.isEnabled()
    kept = json.loads((Path(run.folder or "") / "forecast.json").read_text())
    assert kept["not_retrained"] == "The owner wants it so" and kept["cheap"] is True


def test_another_setting_takes_the_forecast_away(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "gradient-ascent")
    forecast(qtbot, made)
    made.desk.set_spec(made.desk.spec.with_changes("output", dir="elsewhere"))
    assert cells(made), "where the result goes changes nothing"
    choose(made, "fine-tune")
    assert not cells(made) and made.run.below.forecast.notes.text() == EMPTY and not made.run.advice.isVisible()


def test_the_advice_can_be_taken(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "gradient-ascent")
    forecast(qtbot, made)
    qtbot.mouseClick(made.run.advice.button, Qt.MouseButton.LeftButton)
    assert made.desk.spec.method.name == "retrain" and not made.run.advice.isVisible()


def test_a_forecast_is_cancelled_by_its_line_and_by_a_start(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "gradient-ascent")
    made.run.method_changed.emit(MethodSpec(name="fine-tune", params={"epochs": 500}))
    qtbot.mouseClick(made.run.forecast_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.jobs.view(FORECAST) is not None, timeout=PATIENCE)
    made.run.progress.cancel_requested.emit()
    qtbot.waitUntil(lambda: made.jobs.current(FORECAST) is None, timeout=PATIENCE)
    assert not cells(made) and made.run.start_button.isEnabled()
    qtbot.mouseClick(made.run.forecast_button, Qt.MouseButton.LeftButton)
    choose(made, "logit-mask")
    qtbot.mouseClick(made.run.start_button, Qt.MouseButton.LeftButton)
    wait_for_end(qtbot, made)
    assert made.desk.runs.shown.state == "finished" and not cells(made)


def test_another_setting_cancels_a_forecast_that_goes_on(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "gradient-ascent")
    made.run.method_changed.emit(MethodSpec(name="fine-tune", params={"epochs": 500}))
    qtbot.mouseClick(made.run.forecast_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.jobs.view(FORECAST) is not None, timeout=PATIENCE)
    made.desk.set_spec(made.desk.spec.with_changes("output", dir="elsewhere"))
    assert made.jobs.current(FORECAST) is not None, "where the result goes changes nothing"
    choose(made, "logit-mask")
    assert made.jobs.current(FORECAST) is None and not cells(made)
    assert made.run.below.forecast.notes.text() == EMPTY


def test_earlier_runs_lie_under_the_curves(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "gradient-ascent")
    panel = made.run.curves
    for _ in range(2):
        qtbot.mouseClick(made.run.start_button, Qt.MouseButton.LeftButton)
        wait_for_end(qtbot, made)
    first, second = sorted(number for number, _ in made.desk.runs.titles())
    assert [number for number, _ in panel._runs] == [first], "the one that is shown is not offered"
    panel._choose(first, True)
    content = panel.plot.content
    assert content is not None
    (title, history), *more = panel._earlier
    assert not more and "gradient-ascent" in title
    assert [each.values["retain_accuracy"] for each in history] == [
        each.values["retain_accuracy"] for each in made.desk.runs.shown.scalars
    ], "the same seed gives the same curve"
    assert made.desk.runs.shown.run_id == second and panel.earlier_button.text() == "Earlier (1)"
