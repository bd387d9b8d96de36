"""The grammar of queries, and where a mistake is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maga_desk.domain.finding.query import (
    LONGEST,
    AllOf,
    AnyOf,
    Condition,
    Not,
    QueryError,
    Word,
    columns_of,
    parse,
    quoted,
)


def texts(term: object) -> list[str]:
    assert isinstance(term, Condition)
    return [value.text for value in term.values]


def test_a_query_is_read_from_the_loosest_to_the_tightest() -> None:
    term = parse('fox OR class:cat,"tabby, red" -kind:drawing loss>=2')
    assert isinstance(term, AnyOf) and term.of[0] == Word("fox")
    rest = term.of[1]
    assert isinstance(rest, AllOf) and texts(rest.of[0]) == ["cat", "tabby, red"]
    assert isinstance(rest.of[1], Not) and texts(rest.of[1].of) == ["drawing"]
    assert isinstance(rest.of[2], Condition) and rest.of[2].operator == ">="
    assert columns_of(term) >= {"name", "class", "kind", "loss"}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a b", "a AND b"),
        ("a | b", "a OR b"),
        ("-a", "NOT a"),
        ("NOT (a OR b)", "-(a|b)"),
        ("  a  ", "a"),
        ("ANDROID", "ANDROID"),
    ],
)
def test_two_ways_to_say_the_same(text: str, same: str) -> None:
    assert str(parse(text)) == str(parse(same))


def test_nothing_asks_for_everything_and_words_may_look_like_signs() -> None:
    assert parse("   ") == AllOf(())
    assert parse("ORANGE") == Word("ORANGE")
    assert parse("img-20") == Word("img-20")
    assert parse("what!") == Word("what!")
    assert texts(parse(r"name:C:\Users\me\a.jpg")) == [r"C:\Users\me\a.jpg"]
    assert texts(parse('subject:"4711 \\"b\\""')) == ['4711 "b"']
    assert texts(parse("name:猫*")) == ["猫*"] and texts(parse("שם:קובץ")) == ["קובץ"]


@pytest.mark.parametrize(
    ("text", "part", "what"),
    [
        ("class:", ":", "a value is missing"),
        ("class:cat,", ",", "a value is missing"),
        ("loss> 2", ">", "a value is missing"),
        (":cat", ":cat", "name of a column is missing"),
        ('name:"cat', '"cat', "closing quotation mark"),
        ("(a OR b", "(a", r'a "\)" is missing'),
        ("a) b", ")", r'"\)" without "\("'),
        ("a OR", "", "missing"),
        ("OR a", "OR", "missing before it"),
        ("()", ")", "expected"),
        ("-", "", "missing"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_was_expected(text: str, part: str, what: str) -> None:
    with pytest.raises(QueryError, match=what) as error:
        parse(text)
    assert text[error.value.start : error.value.end] == part


def test_depth_and_length_have_bounds() -> None:
    with pytest.raises(QueryError, match="brackets in one another"):
        parse("(" * 1000 + "a" + ")" * 1000)
    with pytest.raises(QueryError, match="brackets in one another"):
        parse("-" * 1000 + "a")
    with pytest.raises(QueryError, match="use a list instead"):
        parse("a" * (LONGEST + 1))


def mistake_in(text: str) -> QueryError | None:
    try:
        parse(text)
    except QueryError as error:
        return error
    return None


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_within_itself(text: str) -> None:
    error = mistake_in(text)
    assert error is None or 0 <= error.start <= error.end <= len(text)


@given(st.text(min_size=1, max_size=30))
def test_a_value_that_is_quoted_comes_back(value: str) -> None:
    assert texts(parse(f"name:{quoted(value)}")) == [value]
