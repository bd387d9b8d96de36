"""What the window's own fields do otherwise than Qt's."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.ui.widgets.basic.fields import ChoiceBox


def test_a_choice_box_is_as_wide_as_what_it_holds_however_early_it_was_measured(qtbot: QtBot) -> None:
    early, late = ChoiceBox(), ChoiceBox()
    for box in (early, late):
        qtbot.addWidget(box)
    early.minimumSizeHint()  # as a layout does while there is nothing to choose from
    for names in (["ox"], ["a name that takes more room than seven letters"]):
        for box in (early, late):
            box.clear()
            box.addItems(names)
            box.show()
        assert early.minimumSizeHint() == late.minimumSizeHint() == late.sizeHint()
