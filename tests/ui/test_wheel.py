"""Scrolling past a field never changes it, on no page and in no dialog."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QSpinBox,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from maga_desk.ui.widgets.basic.fields import RealBox, WholeBox
from tests.ui.staging import dialogs, filled


def turn(widget: QWidget, notches: int = -1) -> None:
    """Turn the wheel over a widget."""
    at = QPointF(widget.rect().center())
    angle = QPoint(0, 120 * notches)
    nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(widget, QWheelEvent(at, at, QPoint(), angle, *nothing, False))


def fields_in(root: QWidget) -> list[Any]:
    """What takes the wheel in Qt and has a value, but scroll bars and pyqtgraph's menus, which no page opens."""
    kinds = (QComboBox, QAbstractSpinBox, QAbstractSlider, QTabBar)
    found = [each for kind in kinds for each in root.findChildren(kind)]
    return [each for each in found if not isinstance(each, QScrollBar) and each.window() is root.window()]


def value_of(field: Any) -> object:
    return field.currentIndex() if isinstance(field, QComboBox | QTabBar) else field.value()


def changed_by_the_wheel(root: QWidget) -> list[str]:
    changed = []
    for field in fields_in(root):
        field.clearFocus()
        field.setEnabled(True)
        if isinstance(field, QComboBox):
            field.blockSignals(True)
            field.addItems(["one more", "and another"])
            field.setCurrentIndex(1)
        before = value_of(field)
        for notches in (-1, 1, 1):
            turn(field, notches)
            if value_of(field) != before:
                changed.append(f"{type(field).__name__} {field.accessibleName()}")
    return changed


def test_the_wheel_changes_no_field_on_any_page(qtbot: QtBot) -> None:
    made = filled()
    qtbot.addWidget(made.window)
    made.window.show()
    seen = {key: len(fields_in(page)) for key, page in made.pages.items()}
    assert seen["load"] > 3 and seen["run"] > 3 and seen["guide"] > 3, "the walk sees the fields"
    assert {key: changed_by_the_wheel(page) for key, page in made.pages.items()} == {key: [] for key in made.pages}


def test_the_wheel_changes_no_field_in_any_dialog(qtbot: QtBot) -> None:
    for name, dialog in dialogs().items():
        qtbot.addWidget(dialog)
        assert changed_by_the_wheel(dialog) == [], name


@pytest.mark.parametrize("make", [RealBox, WholeBox])
def test_a_spin_box_with_the_focus_takes_the_wheel(qtbot: QtBot, make: Any) -> None:
    box: QSpinBox = make()
    qtbot.addWidget(box)
    box.setRange(0, 10)
    box.setValue(5)
    box.show()
    box.activateWindow()
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    turn(box, 1)
    assert box.value() > 5
