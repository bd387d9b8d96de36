"""The chart of test accuracy by class, with few classes and with many."""

from __future__ import annotations

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from maga_desk.domain.results import Audit, Report
from maga_desk.ui import theme
from maga_desk.ui.plots.class_bars import NARROWEST, ClassBars


def report_of(count: int) -> Report:
    audit = Audit({}, tuple(80.0 for _ in range(count)))
    return Report(tuple(f"class {i:02d}" for i in range(count)), audit, audit, None, 1.0, None)


def test_many_classes_scroll_sideways(qtbot: QtBot) -> None:
    bars = ClassBars()
    qtbot.addWidget(bars)
    bars.set_report(report_of(100))
    assert bars.minimumSizeHint().width() >= 100 * NARROWEST
    bars.set_report(report_of(10))
    assert bars.minimumSizeHint().width() < 400


def test_bars_are_painted_in_their_colours(qtbot: QtBot) -> None:
    bars = ClassBars()
    qtbot.addWidget(bars)
    bars.resize(600, 240)
    bars.set_report(report_of(5), ["class 02"])
    image = bars.grab().toImage()
    seen = {image.pixelColor(x, 120).name() for x in range(image.width())}
    assert {QColor(theme.colours().text_muted).name(), QColor(theme.colours().accent).name()} <= seen
    assert len(bars.groups) == 5
    assert bars.groups[2].forgotten


def test_names_stand_up_when_they_do_not_fit(qtbot: QtBot) -> None:
    bars = ClassBars()
    qtbot.addWidget(bars)
    bars.set_report(report_of(12))
    bars.resize(1000, 240)
    bars.show()
    lying = bars.sizeHint().height()
    bars.resize(400, 240)
    assert bars.sizeHint().height() > lying
