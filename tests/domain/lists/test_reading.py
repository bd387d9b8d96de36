"""Lists as people have them: every form and encoding is read, what is open is said, and nothing is guessed."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maga_desk.domain.errors import ForgetError
from maga_desk.domain.lists.among import LookedUp
from maga_desk.domain.lists.found import finished
from maga_desk.domain.lists.names import Names, write_list
from maga_desk.domain.lists.numbers import Content, read_content
from maga_desk.domain.lists.reading import ListChoice, ListReading, MeaningUnsaid, listed, reading
from maga_desk.domain.lists.ways import decoded, ways_of

NAMES = [f"train/{kind}/{number:04}.jpg" for kind in ("cat", "dog") for number in range(6)]
SCRIPTS = [
    "train/\u732b/\u5199\u771f 1.jpg", "train/\u05d7\u05ea\u05d5\u05dc/\u05ea\u05de\u05d5\u05e0\u05d4_1.jpg",
    "train/caf\u00e9/\u00fcber.jpg", "train/\u0642\u0637\u0629/abc \u0645\u062e\u062a\u0644\u0637.jpg",
]  # fmt: skip
ALL = [*NAMES, *SCRIPTS]
COLUMNS = {
    "image_id": [f"img-{i}" for i in range(16)],
    "number_id": np.arange(100, 116),
    "subject": ["4711", "4711", "4712", *["" for _ in range(13)]],
}
AMONG = LookedUp(Names(ALL, "/data/pictures"), COLUMNS)
DIGESTS = [hashlib.sha256(name.encode()).hexdigest() for name in ALL]


def by_hash(digest: str) -> list[int]:
    return [i for i, each in enumerate(DIGESTS) if each == digest]


def read(content: Content, **said: Any) -> ListReading:
    return finished(reading(content, AMONG, ListChoice(**said)))


def places(content: Content, **said: Any) -> list[int]:
    found = read(content, **said).found
    assert found is not None
    return found.indices.tolist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_names_in_any_script_survive_each_encoding(encoding: str) -> None:
    text = decoded("\r\n".join(ALL).encode(encoding))
    assert places(text) == list(range(16)) and text.encoding.startswith(encoding[:5].upper().rstrip("-"))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_western_bytes_are_read_and_said(encoding: str) -> None:
    text = decoded("caf\u00e9/\u00fcber.jpg\ncat/0001.jpg\n".encode(encoding))
    assert places(text) == [1, 14] and "Windows-1252" in text.encoding
    assert "Windows-1252" in read(text).words()


@pytest.mark.parametrize("raw", [bytes(range(256)), b"PK\x03\x04\x00\x00\x00", b"\xff\xfe\x00\xd8", b"a\0b\0\0"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(ForgetError, match="is no text"):
        decoded(raw, "list")


@given(st.lists(st.sampled_from(range(16)), min_size=1, max_size=30), st.sampled_from(["NFC", "NFD"]), st.booleans())
def test_accents_are_one_character_or_two(chosen: list[int], form: Any, capitals: bool) -> None:
    names = [unicodedata.normalize(form, ALL[i]) for i in chosen]
    text = write_list(name.upper() if capitals and name.isascii() else name for name in names)
    assert places(text) == sorted(set(chosen))


@pytest.mark.parametrize(
    "written",
    [
        "CAT\\0001.JPG", "Train/Cat/0001.Jpg", "\u201ccat/0001.jpg\u201d", "\u201ecat/0001.jpg\u201c",
        "\u00abcat/0001.jpg\u00bb",
        "`cat/0001.jpg`", "\u2018cat\\0001.jpg\u2019", "cat/0001.jpg,", "cat/0001.jpg;", "cat/0001.jpg;;;",
        "cat/0001.jpg\t",
        "\n\n  cat/0001.jpg  \n\n", "# why\ncat/0001.jpg\n", "sep=;\npath;note\ncat/0001.jpg;asked\n",
        "path\ncat/0001.jpg", '"cat/0001.jpg","asked on ""Monday"""',
    ],
)  # fmt: skip
def test_one_name_in_every_way(written: str) -> None:
    assert places(written) == [1]


@pytest.mark.parametrize(
    "written", ["cat/0001.jpg, dog/0002.jpg,cat/0003.jpg", "cat/0001.jpg; dog/0002.jpg;\ncat/0003.jpg"]
)
def test_names_side_by_side_are_a_list(written: str) -> None:
    assert places(written) == [1, 3, 8]


@pytest.mark.parametrize("folder", ["D:\\photos\\", "\\\\server\\share\\photos\\", "/mnt/other/", "d:/Photos/"])
def test_paths_of_another_machine_are_offered_and_not_guessed(folder: str) -> None:
    sep = "\\" if "\\" in folder else "/"
    text = "".join(f"{folder}train{sep}cat{sep}000{i}.jpg\n" for i in (1, 2))
    said = read(text)
    assert said.found is not None and len(said.found.missing) == 2
    assert said.folder == folder.replace("\\", "/")
    assert places(text, below=said.folder) == places(text, below=folder) == [1, 2]
    assert read(text, below=folder).folder == ""


def test_a_test_picture_is_no_training_picture() -> None:
    assert places("/mnt/other/test/cat/0001.jpg") == [] == places("test/cat/0001.jpg")
    assert read("/mnt/other/test/cat/0001.jpg").folder == "", "nor is that folder offered"


def test_two_names_that_differ_in_capitals_are_ambiguous_only_when_written_otherwise() -> None:
    among = LookedUp(Names(["train/a/X.jpg", "train/a/x.jpg", "train/b/y.jpg"]))
    assert listed("a/x.jpg", among).indices.tolist() == [1]
    found = listed("A/x.JPG\nB/Y.jpg", among)
    assert found.ambiguous == {"A/x.JPG": ("train/a/X.jpg", "train/a/x.jpg")} and found.indices.tolist() == [2]
    assert "1 name fits a picture only where capitals make no difference." in found.notes()


@pytest.mark.parametrize(
    "held",
    [
        ["cat/0001.jpg", "dog/0002.jpg"],
        [{"file_name": "cat/0001.jpg", "id": 7}, {"file_name": "dog/0002.jpg", "id": 8}],
        {"images": [{"file": {"path": "cat/0001.jpg"}}, {"file": {"path": "dog/0002.jpg"}}], "info": {"by": "Lea"}},
        {"cat/0001.jpg": "asked", "dog/0002.jpg": "asked"},
        {"forget": ["cat/0001.jpg", "dog/0002.jpg"], "retain": ["x/1.jpg"]},
        [[1, "cat/0001.jpg"], [2, "dog/0002.jpg"]],
        [[["cat/0001.jpg"]], [["dog/0002.jpg", None]]],
    ],
)
def test_json_of_every_build(held: Any) -> None:
    assert places(json.dumps(held)) == [1, 8]


def test_json_lines_and_what_is_nested_beyond_measure() -> None:
    assert places('{"path": "cat/0001.jpg"}\n{"path": "dog/0002.jpg"}\n') == [1, 8]
    deep: Any = "cat/0001.jpg"
    for _ in range(20):
        deep = {"a": deep}
    with pytest.raises(ForgetError, match="nested too deep"):
        read(json.dumps(deep))
    assert read("[" * 5000).found is not None, "no JSON: a name, which is not found"


def test_a_column_is_chosen_by_title_or_number() -> None:
    text = "before,after\ncat/0001.jpg,cat/0002.jpg\ncat/0003.jpg,cat/0004.jpg\n"
    said = read(text)
    assert said.column == "before" and said.columns == {
        "before": "column 1 of 2 ('before')", "after": "column 2 of 2 ('after')",
    }  # fmt: skip
    assert places(text) == [1, 3] and places(text, column="after") == places(text, column="2") == [2, 4]
    with pytest.raises(ForgetError, match="no column 'later'; there are before, after"):
        read(text, column="later")


def test_ids_of_a_column_count_where_each_is_one_picture() -> None:
    said = read("img-3\nimg-5\nimg-99\n")
    assert said.taken_as == "image_id" and said.found is not None and said.found.missing == ("img-99",)
    assert said.found.indices.tolist() == [3, 5] and "column image_id: 2 pictures" in said.found.notes()[0]


def test_a_column_that_stands_for_many_is_never_taken_by_itself() -> None:
    said = read("subject\n4711\n")
    assert said.unsaid == "meaning" and said.found is None and "subject" in said.meanings
    with pytest.raises(MeaningUnsaid, match=r"values of subject.*files_as"):
        listed("4711x\nimg-1\n".replace("4711x", "4711").replace("img-1\n", ""), AMONG)
    found = read("subject\n4711\n", taken_as="subject").found
    assert found is not None and found.indices.tolist() == [0, 1] and found.several == 1 and not found.missing
    with pytest.raises(ForgetError, match="no column 'owner'"):
        read("4711", taken_as="owner")


def test_numbers_that_may_be_ids_are_asked_about() -> None:
    among = LookedUp(Names(ALL), {"image_id": np.arange(16)[::-1].copy()})
    said = finished(reading("0\n3\n", among))
    assert said.unsaid == "meaning" and list(said.meanings) == ["number", "image_id"]
    assert listed("0\n3\n", among, choice=ListChoice(taken_as="image_id")).indices.tolist() == [12, 15]
    assert listed("0\n3\n", among, choice=ListChoice(taken_as="number")).indices.tolist() == [0, 3]
    assert listed(np.array([0, 3]), among).indices.tolist() == [0, 3], "an array holds positions"


def test_positions_in_a_table_are_taken_once_the_column_is_said() -> None:
    text = "index,score\n0,7\n3,9\n"
    assert read(text).unsaid == "column"
    with pytest.raises(ForgetError, match="files_column"):
        listed(text, AMONG)
    assert places(text, column="index") == [0, 3]
    assert read(text, column="score").bases == (ALL[7], ALL[6])
    assert places(text, column="score", base=1) == [6, 8]


@pytest.mark.parametrize("form", ["{0}", "{0}  {1}", "{0} *{1}", "sha256:{0}", '"{0}"', "{1},{0}"])
def test_hashes_of_files(form: str) -> None:
    among = AMONG.with_hashes(by_hash)
    text = "".join(form.format(DIGESTS[i].upper() if i == 2 else DIGESTS[i], f"x{i}.bin") + "\n" for i in (2, 5))
    text += form.format("0" * 64, "gone.bin") + "\n"
    found = listed(text, among)
    assert found.indices.tolist() == [2, 5]
    assert len(found.missing) == 1 and "0" * 64 in found.missing[0]
    assert read(text).unsaid == "hashes", "before the files were read"


def test_a_hash_of_two_files_means_both() -> None:
    among = AMONG.with_hashes(lambda digest: [4, 9] if digest == "a" * 64 else [])
    found = listed("a" * 64, among)
    assert found.indices.tolist() == [4, 9] and not found.ambiguous and found.several == 1


@pytest.mark.parametrize(("text", "says"), [("-1\n3", "negative"), ("0\n99", "none of the 16"), ("NaN\n2", "float64")])
def test_numbers_that_are_no_positions(text: str, says: str) -> None:
    with pytest.raises(ForgetError, match=says):
        listed(text, AMONG)


def test_nan_and_objects_in_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "nan.npy", np.array([0.0, np.nan]))
    with pytest.raises(ForgetError, match="positions are whole numbers"):
        listed(read_content(tmp_path / "nan.npy"), AMONG)
    np.save(tmp_path / "objects.npy", np.array(["cat/0001.jpg", None], dtype=object), allow_pickle=True)
    with pytest.raises(ForgetError, match="none was executed"):
        read_content(tmp_path / "objects.npy")
    np.save(tmp_path / "names.npy", np.array(["cat/0001.jpg", "dog/0002.jpg"]))
    assert places(read_content(tmp_path / "names.npy")) == [1, 8], "text in an array is data"


def test_a_file_beyond_all_measure_is_refused_in_a_line(tmp_path: Path) -> None:
    with open(tmp_path / "huge.txt", "wb") as stream:
        stream.truncate(2**30)
    with pytest.raises(ForgetError, match=r"huge\.txt: cannot read: is larger than 64 MiB"):
        read_content(tmp_path / "huge.txt")


def test_a_million_lines_are_told_from_their_beginning() -> None:
    """What is looked at to choose a way does not grow with the list."""
    asked: list[str] = []

    class Counting(Names):
        def find(self, entry: str) -> list[int]:
            asked.append(entry)
            return super().find(entry)

    text = "".join(f"cat/{i:07}.jpg,{i}\n" for i in range(200_000))
    found = listed(text, LookedUp(Counting(ALL)))
    assert len(found.missing) == 200_000
    assert len(asked) < 200_000 + 20_000


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), max_size=8))
def test_no_text_breaks_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert len(ways_of(text)) >= 1
    try:
        found = read(text).found
    except ForgetError:
        return
    if found is not None:
        assert all(0 <= i < 16 for i in found.indices)


@given(st.binary(max_size=80))
def test_no_bytes_break_it(raw: bytes) -> None:
    with suppress(ForgetError):
        assert read(decoded(raw)).entries >= 0


@pytest.mark.parametrize("head", ["file", "Image ID", "sha-256", "SUBJECT"])
def test_a_word_that_is_known_for_a_title_is_one(head: str) -> None:
    found = read(f"{head}\ncat/0001.jpg\ncat/0002.jpg\n").found
    assert found is not None and found.indices.tolist() == [1, 2] and not found.missing and not found.head


@pytest.mark.parametrize("damaged", [DIGESTS[1][:-1], "sha256:", "nr1x", DIGESTS[1][:20]])
def test_a_first_hash_that_is_damaged_is_not_found(damaged: str) -> None:
    among = AMONG.with_hashes(by_hash)
    found = listed(f"{damaged}\n{DIGESTS[2]}\n{DIGESTS[5]}\n", among)
    assert found.indices.tolist() == [2, 5] and found.missing == (damaged,)
    found = listed(f"{damaged},x.jpg\n{DIGESTS[2]},y.jpg\n{DIGESTS[5]},z.jpg\n", among, choice=ListChoice(column="1"))
    assert found.indices.tolist() == [2, 5] and found.missing == (damaged,)


@pytest.mark.parametrize("said", [{}, {"taken_as": "number"}])
def test_a_first_position_that_is_none_is_not_found(said: dict[str, Any]) -> None:
    found = listed("nr1x\n5\n7\n0\n", AMONG, choice=ListChoice(**said))
    assert found.indices.tolist() == [0, 5, 7] and found.missing == ("nr1x",)
    found = listed("5\n0\n7 b\n", AMONG, choice=ListChoice(taken_as="number"))
    assert found.indices.tolist() == [0, 5] and found.missing == ("7 b",), "nor is one further down"


def test_a_first_row_without_an_ending_is_said_to_be_a_title_or_is_an_entry() -> None:
    text = "M\u00fcller,a\ncat/0001.jpg,b\n"
    said = read(text)
    assert said.found is not None and said.found.indices.tolist() == [1] and said.found.head == "M\u00fcller"
    assert "the first line ('M\u00fcller') was taken for titles" in said.words()
    notes = " ".join(said.found.notes())
    assert "taken for its titles" in notes and "column 1 of 2." in notes
    assert "M\u00fcller" not in notes, "they stand in the record"
    assert read("subject,owner\n4711,x\n", column="subject", taken_as="subject").head == "", "a column of the source"
    found = read("IMG0001,1\ncat/0001.jpg,2\n").found
    assert found is not None and found.indices.tolist() == [1] and found.missing == ("IMG0001",)


@pytest.mark.parametrize("content", ['["id", "#1.jpg", "cat/0001.jpg"]', np.array(["id", "#1.jpg", "cat/0001.jpg"])])
def test_what_is_no_text_has_neither_titles_nor_comments(content: Content) -> None:
    found = read(content).found
    assert found is not None and found.indices.tolist() == [1] and found.missing == ("id", "#1.jpg")
