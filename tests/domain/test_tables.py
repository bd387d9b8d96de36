"""Tables that spreadsheets open."""

from __future__ import annotations

import csv
import io

import pytest

from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.reading import match
from maga_desk.domain.tables import csv_text

FORMULA = "=cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", [FORMULA, "+1+2", "-2+3", "@SUM(1)", "\tx"])
def test_no_text_of_others_is_a_formula(text: str) -> None:
    [row] = csv.reader(io.StringIO(csv_text([[text, 1, "cat"]]), newline=""))
    assert row == [f"'{text}", "1", "cat"]


@pytest.mark.parametrize("value", [-1.5, "-1.5", "+3", "1e-3", "", None, "cat"])
def test_numbers_and_plain_texts_stay(value: object) -> None:
    [row] = csv.reader(io.StringIO(csv_text([[value, "x"]]), newline=""))
    assert row == ["" if value is None else str(value), "x"]


def test_a_table_that_was_written_so_names_its_pictures() -> None:
    names = [f"train/{FORMULA}/0.png", "=1.png"]
    table = csv_text([["picture", "true"], *([name, "cat"] for name in names)])
    assert match(table, Names(names)).indices.tolist() == [0, 1]
