"""The arrays behind the live curves, and the lines' style."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Scalars
from maga_desk.domain.live import VIEWS
from maga_desk.ui.plots.curves import Curves, Earlier, Series


def test_a_series_grows_by_doubling_and_leaves_out_what_is_no_number() -> None:
    series = Series(room=4)
    for i in range(9):
        series.add(i, float(i) ** 2)
    series.add(9, math.nan)
    assert len(series) == 9
    assert series.room == 16
    assert list(series.y) == [float(i) ** 2 for i in range(9)]


@pytest.fixture
def curves(qtbot: QtBot) -> Curves:
    curves = Curves()
    qtbot.addWidget(curves)
    return curves


def test_a_longer_history_only_adds(curves: Curves) -> None:
    history = [Scalars(i, {"retain_accuracy": 50.0 + i}) for i in range(3)]
    curves.set_history(history)
    first = curves.series["retain_accuracy"]
    first.y[0] = 99  # would be overwritten if the history were read again
    curves.set_history([*history, Scalars(3, {"retain_accuracy": 60.0, "forget_accuracy": 1.0})])
    assert list(first.y) == [99, 51, 52, 60]
    assert list(curves.series["forget_accuracy"].x) == [3]


def test_another_run_starts_afresh(curves: Curves) -> None:
    curves.set_history([Scalars(i, {"retain_accuracy": 50.0}) for i in range(3)])
    curves.set_history([Scalars(i, {"retain_accuracy": 70.0}) for i in range(5)])
    assert list(curves.series["retain_accuracy"].y) == [70.0] * 5


def test_curves_differ_in_more_than_colour(curves: Curves) -> None:
    pens = {key: curve.opts["pen"] for key, curve in curves.curves.items()}
    assert pens["retain_accuracy"].style() == Qt.PenStyle.SolidLine
    assert pens["forget_accuracy"].style() == Qt.PenStyle.DashLine
    assert {pen.width() for pen in pens.values()} == {1}


HISTORY = [
    Scalars(step, {"retain_accuracy": 80.0 + step, "forget_accuracy": 50.0, "agreement": -0.5})
    for step in range(0, 50, 10)
]


def test_other_measurements_are_drawn_in_their_own_range(curves: Curves) -> None:
    curves.set_history(HISTORY)
    view = next(view for view in VIEWS if view.name == "agreement")
    curves.show_view(view)
    assert list(curves.curves) == ["agreement"] and list(curves.series["agreement"].y) == [-0.5] * 5
    low, high = curves._plot.getPlotItem().viewRange()[1]
    assert low < -1 < 1 < high and "Cosine" in curves._plot.getPlotItem().getAxis("left").labelText
    curves.show_view(VIEWS[0])
    assert list(curves.series["retain_accuracy"].x) == [0, 10, 20, 30, 40]


def test_earlier_runs_lie_under_the_curves_and_in_the_table(curves: Curves) -> None:
    curves.set_history(HISTORY)
    longer = [Scalars(step, {"retain_accuracy": 70.0}) for step in (0, 5, 90)]
    curves.set_earlier([Earlier("before", longer)])
    assert [key for key, _ in curves._beneath] == ["retain_accuracy", "forget_accuracy"]
    assert curves._beneath[0][1].opts["pen"].color().alpha() < 255
    assert curves._plot.getPlotItem().viewRange()[0][1] > 90, "the longer run is seen whole"
    rows = curves.rows()
    assert rows[0] == [
        "step",
        "retain_accuracy",
        "forget_accuracy",
        "retain_accuracy, before",
        "forget_accuracy, before",
    ]
    assert rows[1] == ["0", "80", "50", "70", ""] and rows[2] == ["5", "", "", "70", ""] and rows[-1][0] == "90"
    assert curves.at(41) == ["step 40: retain 120.0 %, forget 50.0 %", "before: retain 70.0 %"]
    long = "29 Nov 06:10  forget cat, maga, finished: retain 70.0 %, forget 50.0 %"
    curves.resize(260, 200)
    curves.show()
    QCoreApplication.processEvents()
    told = curves._in_room([long])
    assert len(told) == 2 and told[1].startswith("retain 70.0 %"), "figures are not pushed out of a narrow plot"
    curves.resize(1200, 300)
    QCoreApplication.processEvents()
    assert curves._in_room([long]) == [long]
    curves.set_earlier([Earlier("shorter", [Scalars(step, {"retain_accuracy": 70.0}) for step in (0, 20)])])
    assert curves.at(20)[1:] == ["shorter: retain 70.0 %"]
    assert curves.at(41) == ["step 40: retain 120.0 %, forget 50.0 %"], "it had ended by then"
    curves.set_earlier([])
    assert curves._beneath == [] and curves._plot.getPlotItem().viewRange()[0][1] < 50


def test_what_was_zoomed_stays_until_all_is_asked_for(qtbot: QtBot, curves: Curves) -> None:
    curves.set_history(HISTORY)
    assert curves.at(12) == ["step 10: retain 90.0 %, forget 50.0 %"]
    with qtbot.waitSignal(curves.zoomed, check_params_cb=bool):
        curves.zoom_in()
    seen = curves._plot.getPlotItem().viewRange()
    curves.set_history([*HISTORY, Scalars(100, {"retain_accuracy": 1.0})])
    assert curves._plot.getPlotItem().viewRange() == seen, "new values do not move what somebody looks at"
    with qtbot.waitSignal(curves.zoomed, check_params_cb=lambda free: not free):
        curves.show_all()
    assert curves._plot.getPlotItem().viewRange()[0][1] > 100
    assert [action.text() for action in curves.takeaway.actions[-3:]] == ["Zoom in", "Zoom out", "Show all"]


def test_nothing_is_said_where_nothing_was_measured(curves: Curves) -> None:
    assert curves.at(3) == []
    curves.set_history([Scalars(0, {"loss": 1.0})])
    assert curves.at(3) == []
