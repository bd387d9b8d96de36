"""What kind of input a field gets, and how figures are typed."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, Field
from PySide6.QtGui import QValidator
from pytestqt.qtbot import QtBot

from maga_desk.ui.widgets.basic.fields import RealBox
from maga_desk.ui.widgets.basic.param_fields import Kind, kind_of


class Fields(BaseModel):
    plain: float = 1.0
    half_open: int = Field(3, gt=0, lt=10)
    closed: float | None = Field(None, ge=0.5, le=2)
    choice: Literal["a", "b"] = "a"
    listed: list[int] = []
    mixed: int | str = 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("half_open", Kind(int, False, low=1, high=9)),
        ("closed", Kind(float, True, low=0.5, high=2)),
        ("choice", Kind(str, False, ("a", "b"))),
    ],
)
def test_kinds(name: str, kind: Kind) -> None:
    assert kind_of(Fields.model_fields[name]) == kind


@pytest.mark.parametrize("name", ["listed", "mixed"])
def test_what_has_no_input_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="no input for"):
        kind_of(Fields.model_fields[name])


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("0.5", QValidator.State.Acceptable),
        ("5e-4", QValidator.State.Acceptable),
        ("5e-", QValidator.State.Intermediate),
        ("7", QValidator.State.Intermediate),
        ("abc", QValidator.State.Invalid),
    ],
)
def test_typing_a_figure(qtbot: QtBot, text: str, state: QValidator.State) -> None:
    box = RealBox()
    qtbot.addWidget(box)
    box.setRange(0, 1)
    assert box.validate(text, 0)[0] == state


@pytest.mark.parametrize(("value", "text"), [(0.3, "0.3"), (0.0005, "0.0005"), (1e-7, "1e-07"), (3.0, "3")])
def test_figures_are_shown_short(qtbot: QtBot, value: float, text: str) -> None:
    box = RealBox()
    qtbot.addWidget(box)
    box.setRange(0, 10)
    box.setValue(value)
    assert box.text() == text
    assert box.value() == pytest.approx(value)
