"""Which columns a query compares, without its values."""

from __future__ import annotations

import numpy as np
import pytest

from maga_desk.domain.finding.compared import OWN_COLUMNS, columns_compared
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.services.finding.facts import facts_of

COLUMNS = {"Subject": ("4711", "Jane", "note"), "note": ("a", "b", "c"), "age": (1, 2, 3), "class": ("x", "y", "z")}


@pytest.mark.parametrize(
    ("query", "compared"),
    [
        ("subject:4711 class:cat", ("class", "subject")),
        ("subject=4711", ("subject",)),
        ("subject!=Jane -subject=Doe", ("subject",)),
        ("name=IMG_Jane.jpg", ("name",)),
        ("age<4711 OR age>=30", ("age",)),
        ("Jane:4711", ()),
        ("NOT (Jane=Doe | label:cat)", ("class",)),
        ("Jane", ("name",)),
        ("pred!=class", ("class", "pred")),
        ("note=subject", ("note", "subject")),
        ("subject=note", ("subject",)),  # one of its values: it was compared with that
        ('subject="age"', ("subject",)),
        ("subject=age", ("age", "subject")),
        ("table.class=x", ("table.class",)),
        ("conf<confidence", ("conf",)),
        ("subject:", ()),
        ("", ()),
    ],
)
def test_no_value_is_taken_for_a_column(query: str, compared: tuple[str, ...]) -> None:
    assert columns_compared(query, COLUMNS) == compared


def test_every_column_that_a_set_always_has_is_known_here() -> None:
    pixels, labels = np.zeros((3, 3, 2, 2), dtype=np.uint8), np.zeros(3, dtype=np.int64)
    train = PictureIndex(InMemory(pixels), labels, labels, ("a", "b", "c"), "train")
    facts = facts_of(ImageSet(train, train, ("cat",), ("cat",)))
    assert set(facts._known) == set(OWN_COLUMNS)
