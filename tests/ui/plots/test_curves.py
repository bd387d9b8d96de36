"""The arrays behind the live curves, and the lines' style."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Scalars
from maga_desk.ui.plots.curves import Curves, Series


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
