"""Whose pictures they are: chosen in the dialog, said in the facts, and kept with every other mark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from maga_desk.ui.controllers.basket import BasketController
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.forget import ForgetPage
from tests.ui.pages.test_forget import images_of, jobs_of


@pytest.fixture
def desk() -> Desk:
    """48 pictures, of which every twelfth is of the same person and every second from the same shelf."""
    desk, images = Desk(), images_of()
    columns = {
        "subject": tuple(str(4700 + i % 12) for i in range(48)),
        "shelf": tuple("ab"[i % 2] for i in range(48)),
    }
    desk.set_workspace(object(), None, replace(images, train=replace(images.train, columns=columns)))
    return desk


def test_a_column_that_is_chosen_says_whose_pictures_stay(qtbot: QtBot, desk: Desk) -> None:
    page = ForgetPage()
    qtbot.addWidget(page)
    page.show_missing([])
    controller = BasketController(page, desk, jobs_of(page), jobs_of(page))
    desk.set_basket(desk.basket.add([0]))
    page.basket.more_requested.emit()
    dialog = controller.dialog
    assert dialog is not None
    choices = [dialog.group.itemText(i) for i in range(dialog.group.count())]
    assert choices == ["subject", "shelf"] and desk.spec.forget.group == ""
    told: list[dict[str, str]] = []
    for column, stay in (("shelf", 23), ("subject", 3), ("shelf", 23)):
        dialog.group.setCurrentIndex(dialog.group.findData(column))
        assert desk.spec.forget.group == column and dialog.group.currentData() == column
        facts = controller.facts
        assert facts is not None and facts.group is not None
        assert (facts.group.column, facts.group.train) == (column, stay)
        told.append(dict(dialog.facts.facts))
    assert told[0] != told[1] and told[0] == told[2]
    desk.set_basket(desk.basket.add([12]))
    assert controller.facts is not None and controller.facts.group is not None
    assert (controller.facts.group.column, controller.facts.group.train) == ("shelf", 22)
    dialog.reject()


KEPT: dict[str, Any] = {
    "group": "subject",
    "allow_missing": True,
    "near_copies": "look",
}


@pytest.mark.parametrize("key", KEPT)
def test_what_is_no_mark_stays_when_others_are_marked(desk: Desk, key: str) -> None:
    wanted = desk.spec.forget.model_copy(update={key: KEPT[key]})
    assert getattr(desk.spec.forget, key) != KEPT[key]
    desk.set_spec(desk.spec.model_copy(update={"forget": wanted}))
    for basket in (desk.basket.add([0, 1, 2]), desk.basket.add([3]), desk.basket.clear()):
        desk.set_basket(basket)
        assert getattr(desk.spec.forget, key) == KEPT[key]
