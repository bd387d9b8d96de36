"""Queries that clicks change."""

from __future__ import annotations

import pytest

from maga_desk.domain.finding.editing import standings, toggled, without_column
from maga_desk.domain.finding.query import parse, quoted


@pytest.mark.parametrize(
    ("text", "value", "out", "after"),
    [
        ("", "cat", False, "class:cat"),
        ("class:cat", "cat", False, ""),
        ("class:cat", "dog", False, "class:cat,dog"),
        ("class:cat,dog loss>2", "cat", False, "class:dog loss>2"),
        ("loss>2 class:cat", "cat", False, "loss>2"),
        ("loss>2", "cat", False, "loss>2 class:cat"),
        ("loss>2", "cat", True, "loss>2 -class:cat"),
        ("-class:cat loss>2", "cat", True, "loss>2"),
        ("NOT class:cat loss>2", "cat", True, "loss>2"),
        ("-class:cat", "dog", True, "-class:cat,dog"),
        ("class:cat", "cat", True, "-class:cat"),
        ("-class:cat", "cat", False, "class:cat"),
        ("-class:cat,dog", "cat", False, "-class:dog class:cat"),
        ("class:cat AND loss>2", "cat", False, "loss>2"),
        ("loss>2 AND class:cat", "cat", False, "loss>2"),
        ("loss>2 OR conf<9", "cat", False, "(loss>2 OR conf<9) class:cat"),
        ("(loss>2 OR conf<9)", "cat", False, "(loss>2 OR conf<9) class:cat"),
        ("(loss>2) OR (conf<9)", "cat", False, "((loss>2) OR (conf<9)) class:cat"),
        ("(class:cat OR loss>2) fox", "cat", False, "(class:cat OR loss>2) fox class:cat"),
        ('class:"a cat"', quoted("a cat"), False, ""),
        ("class:cat", quoted("Jane, Doe"), False, 'class:cat,"Jane, Doe"'),
        ("CLASS:cat fox", "cat", False, "fox"),
        ("loss>", "cat", False, "loss> class:cat"),
    ],
)
def test_a_click_asks_for_a_value_and_no_longer(text: str, value: str, out: bool, after: str) -> None:
    assert toggled(text, "class", value, out=out) == after
    if ">" not in text or text != "loss>":
        parse(after)


def test_it_is_known_what_a_query_says_of_a_value() -> None:
    said = standings('class:cat,"a b" -class:dog (class:fox OR kind:x) class!=owl loss:0..1', "class")
    assert said == {"cat": "in", '"a b"': "in", "dog": "out"}
    assert standings("class:cat loss:0..1,2..3", "loss") == {"0..1": "in", "2..3": "in"}
    assert standings("class:", "class") == {}


def test_what_is_said_of_a_column_can_be_left_away() -> None:
    assert without_column("fox class:cat,dog -class:owl loss>2", "class") == "fox loss>2"
    assert without_column("class:cat", "class") == ""
    assert without_column("class:cat OR class:dog", "class") == "class:cat OR class:dog"
