"""Matrices from files: what is read, and one clear line for what is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maga_desk.domain.errors import GuidanceError
from maga_desk.guidance import matrix_file
from maga_desk.guidance.matrix_file import read_matrix

CLASSES = ("cat", 'dog "rex"', "fox, red", "🦆")
WHOLE = np.array([[0, 2, 1, 0], [5, 0, 5, 0], [0.5, 0.25, 0, 0.25], [0, 0, 1, 0]])


def csv_of(matrix: np.ndarray, order: tuple[int, ...] = (0, 1, 2, 3)) -> str:
    quoted = ['"' + name.replace('"', '""') + '"' for name in CLASSES]
    lines = [",".join(["", *(quoted[j] for j in order)])]
    lines += [",".join([quoted[i], *(str(matrix[i, j]) for j in order)]) for i in order]
    return "\n".join(lines) + "\n\n"


def written(folder: Path, text: str | bytes, name: str = "matrix.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


@pytest.mark.parametrize("text", [csv_of(WHOLE), csv_of(WHOLE, (2, 0, 3, 1)), "\ufeff" + csv_of(WHOLE)])
def test_csv_in_any_order(text: str, tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_matrix(written(tmp_path, text), CLASSES, (0, 1, 2, 3)), WHOLE)


def test_the_programs_own_json(tmp_path: Path) -> None:
    order = [3, 1, 0, 2]
    plain = {
        "classes": [CLASSES[i] for i in order],
        "matrix": WHOLE[np.ix_(order, order)].tolist(),
        "proposer": "mllm",
        "questions": 3,
    }
    for name in ("matrix.json", "matrix"):
        path = written(tmp_path, json.dumps(plain), name)
        np.testing.assert_array_equal(read_matrix(path, CLASSES, (0,)), WHOLE)


def test_rows_that_are_not_asked_for_may_be_missing(tmp_path: Path) -> None:
    text = "\n".join(csv_of(WHOLE).splitlines()[:2])
    found = read_matrix(written(tmp_path, text), CLASSES, (0,))
    np.testing.assert_array_equal(found[0], WHOLE[0])
    assert not found[1:].any()
    with pytest.raises(GuidanceError, match="no row with values for dog"):
        read_matrix(written(tmp_path, text), CLASSES, (0, 1))


def test_what_a_class_is_to_itself_does_not_count(tmp_path: Path) -> None:
    found = read_matrix(written(tmp_path, csv_of(WHOLE + 9 * np.eye(4))), CLASSES, (0,))
    np.testing.assert_array_equal(found, WHOLE)


def changed(row: int, column: int, value: float) -> str:
    matrix = WHOLE.copy()
    matrix[row, column] = value
    return csv_of(matrix)


CSV = csv_of(WHOLE)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (changed(0, 1, -0.5), "'cat' to 'dog \"rex\"' is -0.5, not a number of zero or more"),
        (changed(2, 1, float("nan")), "'fox, red' to 'dog \"rex\"' is nan, not a number of zero or more"),
        (changed(0, 1, float("inf")), "is inf, not a number of zero or more"),
        (CSV.replace("5.0", "five"), "is five, not a number of zero or more"),
        (CSV.replace("5.0", ""), "is empty, not a number of zero or more"),
        (CSV.replace("cat", "katze"), "names unknown classes in its columns: katze"),
        (CSV + "mouse,1,2,3,4\n", "names unknown classes in its rows: mouse"),
        (CSV.replace(",2.0", "", 1), "the row of 'cat' has 3 values, not 4"),
        (CSV + "cat,1,2,3,4\n", "a class has two rows"),
        (",cat,cat,\"fox, red\",🦆,\"dog \"\"rex\"\"\"\ncat,0,0,1,1,1\n", "a class has two columns"),
        (",cat,🦆\ncat,0,1\n", "no column for dog"),
        (changed(0, 1, 0).replace("1.0", "0", 1), "no row with values for cat"),
        ("", "needs a line of class names and a line for each class"),
        ("1,2\n", "needs a line of class names"),
        ('{"classes": 3}', 'needs {"classes": [names], "matrix": [rows of numbers]}'),
        ('{"classes": ["cat"], "matrix": []}', "has 0 rows for 1 classes"),
        ('{"classes": ["cat"', "is no JSON"),
        ("{" * 100_000, "is no JSON"),
        ('{"classes": ["cat"], "matrix": [[true]]}', "no column for"),
        (b"\xff\xfe\x00", "is no text"),
        (b"\x00" * 300, "needs a line of class names"),
    ],
)  # fmt: skip
def test_what_is_no_matrix_is_one_line(text: str | bytes, line: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(GuidanceError) as caught:
        read_matrix(path, CLASSES, (0,))
    assert str(caught.value).startswith(path)
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GuidanceError, match="no file is given"):
        read_matrix(None, CLASSES, (0,))
    with pytest.raises(GuidanceError, match="cannot be read: No such file"):
        read_matrix(str(tmp_path / "nowhere.csv"), CLASSES, (0,))
    with pytest.raises(GuidanceError, match="cannot be read: Is a directory"):
        read_matrix(str(tmp_path), CLASSES, (0,))
    monkeypatch.setattr(matrix_file, "LARGEST", 10)
    with pytest.raises(GuidanceError, match="that is no matrix"):
        read_matrix(written(tmp_path, CSV), CLASSES, (0,))
