"""Yes and no beside the entries of a list."""

from __future__ import annotations

import json
from typing import Any

import pytest

from maga_desk.domain.errors import ForgetError
from maga_desk.domain.lists.found import Found
from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.reading import match

NAMES = Names([f"train/cat/{number:04}.jpg" for number in range(6)])
LEFT_OUT = "1 of 2 entries are left out: the list says no of them"


def found(text: str) -> Found:
    return match(text, NAMES)


@pytest.mark.parametrize(
    "held",
    [
        {"cat/0001.jpg": True, "cat/0002.jpg": False},
        {"forget": {"cat/0001.jpg": True, "cat/0002.jpg": False}},
        [{"file": "cat/0001.jpg", "forget": True}, {"file": "cat/0002.jpg", "forget": False}],
        [{"file": "cat/0001.jpg", "forget": 1}, {"file": "cat/0002.jpg"}],
        {"images": [{"file": "cat/0001.jpg", "Delete": "yes"}, {"file": "cat/0002.jpg", "Delete": "no"}]},
        {"file": ["cat/0001.jpg", "cat/0002.jpg"], "forget": [True, False]},
        [["cat/0001.jpg", True], ["cat/0002.jpg", False]],
    ],
)
def test_json_that_says_no_of_an_entry_does_not_name_it(held: Any) -> None:
    read = found(json.dumps(held))
    assert read.indices.tolist() == [1] and not read.missing and LEFT_OUT in " ".join(read.notes())


@pytest.mark.parametrize("text", [
    "file,forget\ncat/0001.jpg,1\ncat/0002.jpg,0\n",
    "file;id;Forget\ncat/0001.jpg;7;x\ncat/0002.jpg;8;\n",
    "mask\tfile\ntrue\tcat/0001.jpg\nFALSE\tcat/0002.jpg\n",
    '{"file": "cat/0001.jpg", "erase": true}\n{"file": "cat/0002.jpg", "erase": false}\n',
])  # fmt: skip
def test_a_row_that_says_no_is_left_out(text: str) -> None:
    read = found(text)
    assert read.indices.tolist() == [1] and not read.missing and LEFT_OUT in " ".join(read.notes())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,keep\ncat/0001.jpg,1\ncat/0002.jpg,0\n", "'keep' of its entries whether they stay"),
        ('[{"file": "cat/0001.jpg", "retain": false}]', "'retain' of its entries whether they stay"),
        ("file,forget,delete\ncat/0001.jpg,1,0\n", "more than once of its entries whether they go: forget, delete"),
        ('{"cat/0001.jpg": false}', "names no picture"),
    ],
)
def test_what_stays_or_is_said_twice_is_refused(text: str, says: str) -> None:
    with pytest.raises(ForgetError, match=says):
        found(text)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("file,forget\ncat/0001.jpg,2026-03-01\ncat/0002.jpg,\n", ""),
        ("file,forget\ncat/0001.jpg,1\ncat/0002.jpg,1\n", ""),
        ("file,count\ncat/0001.jpg,1\ncat/0002.jpg,0\n", ""),
        ("file,crowd\ncat/0001.jpg,true\ncat/0002.jpg,false\n", "Yes and no in crowd was not looked at."),
        ('[{"file": "cat/0001.jpg", "crowd": true}, {"file": "cat/0002.jpg", "crowd": false}]', "Yes and no in crowd"),
    ],
)
def test_other_columns_leave_nothing_out(text: str, note: str) -> None:
    read = found(text)
    assert read.indices.tolist() == [1, 2] and note in " ".join(read.notes())
    assert note or not any("no" in each.split() for each in read.notes())
