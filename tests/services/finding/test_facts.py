"""Which pictures queries find."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from maga_desk.domain.errors import UserError
from maga_desk.domain.finding.query import QueryError
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.services.finding.facts import PictureFacts, code_columns, facts_of, reads_pixels

LABELS = np.array([0, 0, 1, 1, 1, 0])
COLUMNS = {
    "Subject": ("4711", "4711", "0042", "42", "", "Müller"),
    "taken": ("2024-01-05", "2024-03-01", "2025-01-01", "", "2026-02-02", "2024-03-01"),
    "age": ("7", "30", "31.5", "100", "", "2"),
    "height": (1, 2, None, 4, 5, 6),
    "when": ("2024-03-01T09:00", "2024-03-31T23:59", "2024-04-01T00:00", "2025-01-01T00:00", "", ""),
    "confidence": (0.2, 0.4, 0.9, 0.9, 0.9, 0.9),
    "in": ("x", "y", "y", "y", "y", "x"),
    "tag": ("file a", "Name", "file", "", "", ""),
    "agreed": (True, True, None, True, None, True),
    "odd": ("a[1]", "a1", "B*", "b", "50%", "x'; DROP TABLE v; --"),
}


@pytest.fixture(scope="module")
def images() -> ImageSet:
    pixels = np.zeros((6, 3, 2, 2), dtype=np.uint8)
    pixels[2:] = np.arange(4, dtype=np.uint8)[:, None, None, None] + 1
    names = tuple(f"train/{'cat' if label == 0 else 'Dog'}/IMG_20{i}.jpg" for i, label in enumerate(LABELS))
    train = PictureIndex(InMemory(pixels), LABELS, LABELS, names, "train", COLUMNS)
    test = PictureIndex(InMemory(pixels[:2]), LABELS[:2], LABELS[:2], ("t/a", "t/b"), "test")
    return ImageSet(train, test, ("cat", "Dog"), ("cat", "Dog"))


@pytest.fixture(scope="module")
def facts(images: ImageSet) -> PictureFacts:
    logits = torch.tensor([[5.0, 0.0], [0.0, 1.0], [0.0, 3.0], [2.0, 0.0], [0.0, 0.0], [9.0, 0.0]])
    return facts_of(images, logits=lambda: logits)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("class:CAT", [0, 1, 5]),
        ("label:cat,dog", [0, 1, 2, 3, 4, 5]),
        ("-class:cat", [2, 3, 4]),
        ("img_203", [3]),
        ("name:*/Dog/*", [2, 3, 4]),
        ("file:IMG_20?.jpg file:*2.jpg", [2]),
        ("number:2..4", [2, 3, 4]),
        ("number>=4 OR number=0", [0, 4, 5]),
        ("subject:4711", [0, 1]),
        ("subject:42", [3]),
        ("SUBJECT:MÜLLER", [5]),
        ("subject:mu\u0308ller", [5]),
        ('subject:""', [4]),
        ("subject:*", [0, 1, 2, 3, 5]),
        ("subject!=4711", [2, 3, 5]),
        ("-subject:4711", [2, 3, 4, 5]),
        ("taken<2024-03-01", [0]),
        ("taken:2024-03-01..2025-12-31", [1, 2, 5]),
        ("age>30", [2, 3]),
        ("height>=4", [3, 4, 5]),
        ("height:1,6", [0, 5]),
        ("odd:a[1]", [0]),
        ('odd:"B*"', [2]),
        ("odd:b*", [2, 3]),
        ('odd:"x\'; DROP TABLE v; --"', [5]),
        ("pred:cat", [0, 3, 4, 5]),
        ("pred!=label", [1, 3, 4]),
        ("pred=class", [0, 2, 5]),
        ("loss>1", [1, 3]),
        ("conf<60", [4]),
        ("dup:yes", [0, 1]),
        ("age:7..31.5", [0, 1, 2]),
        ("age<=30", [0, 1, 5]),
        ("-age:7..31.5", [3, 4, 5]),
        ("taken:2024", [0, 1, 5]),
        ("taken<=2024-03", [0, 1, 5]),
        ("taken>2024-03", [2, 4]),
        ("when:2024-03-01..2024-03-31", [0, 1]),
        ("when<=2024-03-31", [0, 1]),
        ("when:2024-03-01T00:00..2024-03-01T12:00", [0]),
        ("when>2024-03-31", [2, 3]),
        ("confidence<0.5", [0, 1]),
        ("table.in:x", [0, 5]),
        ("class:cat|number:4", [0, 1, 4, 5]),
        ("tag=file", [2]),
        ("tag=name", [1]),
        ("split:train class:dog", [2, 3, 4]),
        ("(class:cat OR number:4) -number:0", [1, 4, 5]),
        ("agreed:no", []),
        ('age:"abc"', []),
        ('tag:">5"', []),
        ("subject:nobody", []),
        ("when:2024-03-01T09:00", [0]),
        ("when:2024-03-01T09", [0]),
    ],
)
def test_what_a_query_finds(facts: PictureFacts, query: str, found: list[int]) -> None:
    assert facts.find(query).tolist() == found


def test_loss_and_confidence_are_those_of_the_true_and_the_named_class(facts: PictureFacts) -> None:
    assert facts.column("loss").numbers()[1] == pytest.approx(math.log(1 + math.e))
    assert facts.column("conf").numbers()[4] == pytest.approx(50)


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("colour:red", "no column colour; there are"),
        ("clas:cat", "no column clas; the nearest is class"),
        ("loss>much", "loss holds numbers, and this is none"),
        ("class>cat", "class holds text, which has no order"),
        ("taken>yesterday", "holds days and times like"),
        ("taken:heute", "taken holds days and times like 2026-03-31 .*, and this is none, at 'heute'"),
        ("taken!=heute", "holds days and times"),
        ("taken>2024-13", "holds days and times like .*, at '2024-13'"),
        ("taken:2023-02-29", "holds days and times"),
        ("when<2024-03-01T25:00", "holds days and times"),
        ("taken:2024-01..heute", "holds days and times"),
        ("taken:2024..", "a range has both its ends, like taken:2026-01..2026-03; write taken>=2024"),
        ("taken:2025..2024", "the lower end of a range stands first"),
        ("age:60..", "a range has both its ends, like age:1..2; write age>=60"),
        ("age:..60", "write age<=60"),
        ("loss:1..", "a range has both its ends, like loss:1..2; write loss>=1"),
        ("loss>1..2", "loss holds numbers, and this is none"),
        ("loss:2..1", "the lower end of a range stands first"),
        ("age:>60", ":> is no comparison; write age>60, at 'age:>60'"),
        ("age=>60", "=> is no comparison; write age>=60"),
        ("age<>60", "<> is no comparison; write age!=60"),
        ("loss:>=1", ":>= is no comparison; write loss>=1"),
        ("tag:>5", ":> is no comparison; write tag>5"),
        ("age:abc", "age holds numbers, and this is none"),
        ("agreed:true", "agreed is yes or no"),
        ("loss:1..high", "holds numbers"),
        ("loss<0,5", "one value is expected after"),
        ("class:caat,dog", "no class is called so; there are cat and Dog, at 'caat'"),
        ("pred!=caat", "no class is called so; there are cat and Dog"),
        ("dup:true", "dup is yes or no"),
        ("odd:a..b", "has no order, so that there is no range"),
        ("in:x", "the Forget page's alone"),
        ("name:" + "*a" * 20_000, "a pattern is shorter"),
        ("class:c\udce9t", "none of any script"),
    ],
)
def test_what_cannot_be_compared_is_said_with_its_place(facts: PictureFacts, query: str, what: str) -> None:
    with pytest.raises(QueryError, match=what) as error:
        facts.find(query)
    assert query[error.value.start : error.value.end]
    assert isinstance(error.value, UserError)


def test_marks_say_what_they_may_be(facts: PictureFacts) -> None:
    from maga_desk.domain.finding.columns import Coded

    marks = Coded(("forget", "retain", "earlier"), np.zeros(6, dtype=np.int64))
    with pytest.raises(QueryError, match="in is forget, retain or earlier, at 'marked'"):
        facts.having("in", lambda: marks).find("in:marked")


def test_a_day_that_is_in_no_calendar_is_found_where_a_column_has_it() -> None:
    from maga_desk.domain.finding.columns import coded
    from maga_desk.services.finding.facts import KnownColumn

    known = PictureFacts(2, {"taken": KnownColumn(lambda: coded(["0000-00-00", "2024-01-05"]))})
    assert known.find("taken:0000-00-00").tolist() == [0]
    assert known.find("taken>0000-00-00").tolist() == [1]


def test_without_a_model_it_is_said_what_is_lacking(images: ImageSet) -> None:
    facts = facts_of(images, pixels=False)
    with pytest.raises(QueryError, match="pred is not known here: open a model, or name its checkpoint"):
        facts.find("pred:cat")
    with pytest.raises(QueryError, match="dup is not known here"):
        facts.find("dup:yes")
    assert "pred" not in facts.names and "subject" in facts.names


def test_pictures_are_ordered_by_a_column(facts: PictureFacts) -> None:
    titles = {order.title: order for order in facts.orders()}
    lowest, highest = (facts.ranks(titles[f"loss, {end} first"]) for end in ("lowest", "highest"))
    loss = facts.column("loss").numbers()
    assert np.array_equal(np.argsort(lowest, kind="stable"), np.argsort(loss, kind="stable"))
    assert np.argmax(loss) == np.argmin(highest)
    assert np.argsort(facts.ranks(titles["by subject"]), kind="stable").tolist() == [2, 3, 0, 1, 5, 4]


def test_a_column_can_be_put_beside(facts: PictureFacts) -> None:
    from maga_desk.domain.finding.columns import coded

    marked = facts.having("in", lambda: coded(["forget", "", "forget", "", "", ""]))
    assert marked.find("in:forget class:cat").tolist() == [0]
    assert "in" not in facts.names


@pytest.mark.parametrize(("query", "reads"), [("class:cat", False), ("loss>1", True), ("-dup:yes x", True)])
def test_it_is_known_what_a_query_rests_on(query: str, reads: bool) -> None:
    assert reads_pixels(query) == reads


def test_columns_of_the_pictures_are_made_once_for_all_who_ask(images: ImageSet) -> None:
    of = replace(images)
    one, other = facts_of(of), facts_of(of, pixels=False)
    assert list(code_columns(of)) == list(other.names)
    for name in ("name", "file", "number", "subject", "age", "table.in"):
        later = one.having("in", lambda: other.column("number"))
        assert one.column(name) is other.column(name) is later.column(name)
    assert facts_of(replace(of)).column("name") is not one.column("name"), "other pictures have their own"
