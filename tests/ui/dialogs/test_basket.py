"""The dialog with all facts of what is marked."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from maga_desk.domain.basket_facts import basket_facts
from maga_desk.domain.forget import from_indices
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.ui.dialogs.basket import NO_GROUP, BasketDialog


def images_of(*columns: str) -> ImageSet:
    pixels, labels = np.zeros((4, 3, 8, 8), dtype=np.uint8), np.array([0, 0, 1, 1])
    names = tuple(f"train/{number}.png" for number in range(4))
    said = dict.fromkeys(columns, ("x", "x", "y", "z"))
    train = PictureIndex(InMemory(pixels), labels, labels, names, "train", said)
    return ImageSet(
        train, PictureIndex(InMemory(pixels), labels, labels, names, "test"), ("cat", "dog"), ("cat", "dog")
    )


@pytest.mark.parametrize(
    ("columns", "chosen", "said"),
    [
        (("Subject", "camera"), "", "Subject"),
        (("Subject", "camera"), "camera", "camera"),
        (("camera",), "", NO_GROUP),
        ((), "", NO_GROUP),
    ],
)
@pytest.mark.parametrize("marked", [False, True])
def test_it_says_whose_pictures_they_are_taken_for(
    qtbot: QtBot, columns: tuple[str, ...], chosen: str, said: str, marked: bool
) -> None:
    images = images_of(*columns)
    dialog = BasketDialog(images)
    qtbot.addWidget(dialog)
    forget = from_indices(np.array([0]), images.catalogue(), np.empty(0, dtype=np.int64))
    facts = basket_facts(images, forget, "auto", group=chosen) if marked else None
    told = list[str]()
    dialog.group_chosen.connect(told.append)
    dialog.show_facts(facts, tuple(columns), chosen, can_measure=False)
    assert dialog.group.currentText() == said and not told
    offered = [dialog.group.itemText(place) for place in range(dialog.group.count())]
    assert (NO_GROUP in offered) == ("Subject" not in columns), "what is not in force cannot be chosen"
