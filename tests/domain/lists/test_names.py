"""Lists of names: whatever a person writes, and whatever characters a name holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maga_desk.domain.errors import ForgetError
from maga_desk.domain.lists.found import Found
from maga_desk.domain.lists.names import Names, read_list, write_list
from maga_desk.domain.lists.reading import listed, match

NAMES = [f"train/{kind}/{number:04}.jpg" for kind in ("cat", "dog", "fox") for number in range(4)]
NAMES += ["train/cat/only.jpg", "train/cat/Lea, 2020.jpg", "train/train/0000.jpg"]
ROOT = "/data/my pictures"
ODD = [
    "train/cat/a\nb.jpg", "train/cat/a\u0085b.jpg", "train/cat/a\u2028b.jpg", "train/cat/a\r.jpg", "train/cat/ a .jpg ",
    "train/cat/\x1b[31m.jpg", "train/cat/\udc80.jpg", "train/cat/a\\b.jpg", '"train"/cat/q.jpg', "#/cat/q.jpg",
    " /cat/q.jpg", "\ufeff/cat/q.jpg", "train/cat/a,b;c\td.jpg", "train/cat/ä ö.jpg", "name", "file:///x.jpg",
]  # fmt: skip


def names_in(text: str, names: list[str] = NAMES) -> list[str]:
    found = match(text, Names(names, ROOT))
    assert not found.not_found
    return [names[i] for i in found.indices]


@pytest.mark.parametrize(
    "written",
    [
        "train/cat/0001.jpg",
        "cat/0001.jpg",
        "./train/cat/0001.jpg",
        "train\\cat\\0001.jpg",
        ".\\cat\\0001.jpg",
        "  cat/0001.jpg\t",
        '"cat/0001.jpg"',
        "'train\\cat\\0001.jpg'",
        "/data/my pictures/train/cat/0001.jpg",
        "/data/my pictures/train/dog/../cat/./0001.jpg",
        "file:///data/my%20pictures/train/cat/0001.jpg",
        "file://localhost/data/my%20pictures/train/cat/0001.jpg",
        "\ufeffcat/0001.jpg",
        "# those who asked\r\n\r\ncat/0001.jpg\r\n",
        "filename\ncat/0001.jpg",
    ],
)
def test_a_name_in_every_way_that_people_write_one(written: str) -> None:
    assert names_in(written) == ["train/cat/0001.jpg"]


def test_drives_and_links_of_windows() -> None:
    names = Names(NAMES, None)
    names._roots = ("C:/Users/Lea/pictures/",)
    text = "C:\\Users\\Lea\\pictures\\train\\cat\\0001.jpg\nfile:///C:/Users/Lea/pictures/train/dog/0002.jpg"
    assert match(text, names).indices.tolist() == [1, 6]


def test_a_bare_file_name_counts_where_one_picture_is_called_so() -> None:
    assert names_in("only.jpg") == ["train/cat/only.jpg"]
    found = match("0001.jpg\ncat/0002.jpg", Names(NAMES))
    assert found.indices.tolist() == [2]
    assert found.ambiguous == {"0001.jpg": ("train/cat/0001.jpg", "train/dog/0001.jpg", "train/fox/0001.jpg")}
    assert "fit several pictures: 0001.jpg (train/cat/0001.jpg" in found.faults()


@pytest.mark.parametrize(
    "path", ["/elsewhere/train/cat/0001.jpg", "/data/my pictures/test/cat/0001.jpg", "test/cat/0001.jpg"]
)
def test_a_path_elsewhere_is_no_picture_of_these(path: str) -> None:
    assert match(path, Names(NAMES, ROOT)).missing == (path,)


def test_a_class_may_be_called_train() -> None:
    assert names_in("train/train/0000.jpg") == names_in("train/0000.jpg") == ["train/train/0000.jpg"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("head", ["id{0}path{0}note\n", ""])
def test_the_column_that_names_pictures_is_taken_and_said(delimiter: str, head: str) -> None:
    rows = [("1", "cat/0001.jpg", "asked"), ("2", '"train/cat/Lea, 2020.jpg"', '"0001.jpg"'), ("3", "dog/0009.jpg", "")]
    text = head.format(delimiter) + "".join(delimiter.join(row) + "\r\n" for row in rows)
    found = match(text, Names(NAMES))
    assert [NAMES[i] for i in found.indices] == ["train/cat/0001.jpg", "train/cat/Lea, 2020.jpg"]
    assert found.missing == ("dog/0009.jpg",)
    title = " ('path')" if head else ""
    assert found.notes() == (f"Names were taken from column 2 of 3{title}.",)


def test_a_name_with_a_comma_is_no_table() -> None:
    assert names_in("train/cat/Lea, 2020.jpg\ncat/0001.jpg") == ["train/cat/0001.jpg", "train/cat/Lea, 2020.jpg"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes("cat/0001.jpg\r\ndog/0002.jpg\r\n".encode(encoding))
    assert listed(read_list(tmp_path / "list"), Names(NAMES)).indices.tolist() == [1, 6]


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(bytes(range(256)))
    for path, says in ((tmp_path / "list", "is no text"), (tmp_path / "none", "cannot read")):
        with pytest.raises(ForgetError, match=says):
            read_list(path)
    with pytest.raises(ForgetError, match="names no picture"):
        match("# nobody\n\n", Names(NAMES))


def test_what_is_missing_and_what_is_named_twice_is_said() -> None:
    found = match("cat/0001.jpg\ntrain/cat/0001.jpg\ncat/9.jpg\ncat/9.jpg\ncat/\x1b[31m.jpg\n", Names(NAMES))
    assert found.indices.tolist() == [1]
    assert found.missing == ("cat/9.jpg", "cat/\x1b[31m.jpg")
    assert found.repeated == ("train/cat/0001.jpg",)
    assert found.notes() == ("1 picture is named more than once: train/cat/0001.jpg.",)
    said = found.faults()
    assert said.startswith("2 of 3 names are not among the training pictures: cat/9.jpg")
    assert "\x1b" not in said


def test_any_name_survives_being_written_and_read() -> None:
    names = [*NAMES, *ODD]
    text = write_list(names)
    assert len(text.splitlines()) == len(names), "whoever splits lines in another way reads the same"
    assert match(text, Names(names)).indices.tolist() == list(range(len(names)))
    text.encode()
    for name in ODD:
        assert match(write_list([name]), Names(names)).indices.tolist() == [names.index(name)]


def test_plain_names_are_written_as_ever() -> None:
    assert write_list(NAMES[:2]) == "train/cat/0000.jpg\ntrain/cat/0001.jpg\n"


def test_an_entry_of_an_old_list_that_was_split_is_not_passed_over() -> None:
    assert match("train/cat/a\nb.jpg\n", Names(["train/cat/a\nb.jpg", *NAMES])).missing == ("train/cat/a", "b.jpg")


def test_nothing_found_is_nothing() -> None:
    assert Found(np.zeros(0, dtype=np.int64)).faults() == ""
