from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.ui.dialogs.again import AgainDialog, seeds_in
from tests.ui.staging import METHODS


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("3", (3,)),
        ("1, 2 5-7, 2", (1, 2, 5, 6, 7)),
        ("", None),
        ("one", None),
        ("-1", None),
        ("7-5", None),
        ("0-49", tuple(range(50))),
        ("0-50", None),
        ("3000000000", None),
    ],
)
def test_seeds_are_numbers_and_ranges(text: str, seeds: tuple[int, ...] | None) -> None:
    assert seeds_in(text) == seeds


def test_the_same_with_other_seeds_or_another_method(qtbot: QtBot) -> None:
    spec = RunSpec(seed=4, method=MethodSpec(name="maga", params={"lr": 0.1})).with_changes("forget", classes=("cat",))
    dialog, told = AgainDialog(spec, "a run", METHODS), list[list[RunSpec]]()
    qtbot.addWidget(dialog)
    dialog.queued.connect(told.append)
    assert dialog.seeds.text() == "5", "another seed is offered"
    dialog.seeds.setText("x")
    assert not dialog.queue_button.isEnabled() and "whole numbers" in dialog.fault.text()
    dialog.seeds.setText("7-8")
    dialog.queue_button.click()
    assert [each.seed for each in told[0]] == [7, 8]
    assert all(each.method == spec.method for each in told[0])
    dialog.method.setCurrentIndex(1)
    (one, _) = dialog.specs()
    assert one.method == MethodSpec(name="salun") and one.forget == spec.forget, "another method has its own settings"
