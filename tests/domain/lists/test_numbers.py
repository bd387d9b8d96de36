"""Lists of numbers: what they count from is said or asked, and each mistake has a line of its own."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.domain.errors import ForgetError
from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.numbers import BaseUnsaid, read_content
from maga_desk.domain.lists.reading import listed

NAMES = Names([f"train/cat/{i:04}.png" for i in range(10)])


def places(content: Any, **how: Any) -> list[int]:
    return listed(content, NAMES, **how).indices.tolist()


def test_numbers_are_read_in_every_usual_form() -> None:
    for text in (
        "0\n3\n4\n",
        "0, 3, 4",
        "0 3 4",
        "[0, 3, 4]",
        "index\n0\n3\n4",
        "# mine\n0;3;4\n",
        "\ufeff0\r\n3\r\n4",
    ):
        assert places(text) == [0, 3, 4], text
    assert places(np.array([[0], [3], [4]])) == [0, 3, 4]
    found = listed("0\n3\n3\n", NAMES)
    assert found.notes() == (
        "3 numbers, counted from 0, in the order in which the source lists the training pictures: train/cat/0000.png, "
        "train/cat/0003.png.",
        "1 picture is named more than once: train/cat/0003.png.",
    )


def test_what_they_count_from_follows_or_is_asked() -> None:
    assert places("0 3") == [0, 3] and places("10 3") == [2, 9]
    assert places("1 3", base=0) == [1, 3] and places("1 3", base=1) == [0, 2]
    with pytest.raises(
        BaseUnsaid, match=r"mean train/cat/0001.png \(counting from 0\) or train/cat/0000.png.*--index-base"
    ):
        places("1 3")


def test_a_mask_names_exactly_its_pictures() -> None:
    mask = np.zeros(10, dtype=bool)
    mask[[2, 7]] = True
    found = listed(mask, NAMES)
    assert found.indices.tolist() == [2, 7] and "The mask names 2 of 10 pictures" in found.notes()[0]
    assert places("[" + ", ".join(["true", *["false"] * 9]) + "]") == [0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("0 10", "both 0 and 10"), ("-1 3", "-1 is negative"), ("0 11", "11 is none of the 10 training pictures"),
        ("1.5 2", "float64; positions are whole numbers"), ("0 1e3", "float64"), ("0,1\n2,3", "several numbers"),
        (np.ones(9, dtype=bool), "mask of 9 pictures, and there are 10"),
        (np.zeros(10, dtype=bool), "names no picture"),
        (np.array([0, 1] * 5), "is it a mask"), (np.zeros((2, 3), dtype=int), "table of shape"),
        (np.array([1 + 2j]), "complex128"), (np.array([], dtype=int), "names no picture"),
        ("0 " + "9" * 400, "is none of"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_clear_line(content: Any, says: str) -> None:
    with pytest.raises(ForgetError, match=says):
        listed(content, NAMES, where="list")
    if not isinstance(content, str):
        return
    with pytest.raises(ForgetError, match="does not count from 1"):
        listed("0 3", NAMES, base=1)


def test_names_come_first() -> None:
    numbered = Names([str(i) for i in range(10, 20)])
    assert listed("12\n13\n", numbered).indices.tolist() == [2, 3]
    assert listed("007\n", NAMES).missing == ("007",)


def test_files_of_numpy_are_read_and_hostile_ones_are_not(tmp_path: Path) -> None:
    np.save(tmp_path / "good.npy", np.array([0, 3]))
    np.savez(tmp_path / "one.npz", forget=np.array([0, 4]))
    assert places(read_content(tmp_path / "good.npy")) == [0, 3] and places(read_content(tmp_path / "one.npz")) == [
        0,
        4,
    ]
    np.savez(tmp_path / "two.npz", a=np.array([0]), b=np.array([1]))
    np.save(tmp_path / "objects.npy", np.array([object()]), allow_pickle=True)
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"shape": (10**12,), "fortran_order": False, "descr": "<i8"})
    (tmp_path / "huge.npy").write_bytes(stream.getvalue())
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY\x01\x00v\x00{")
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"\0" * (65 * 2**20))
    (tmp_path / "no.npz").write_bytes(b"PK")
    for name, says in {
        "two.npz": "holds 2 arrays", "objects.npy": "none was executed", "huge.npy": "larger than it is",
        "broken.npy": "damaged", "bomb.npz": "larger than 64 MiB", "no.npz": "damaged", "list.pt": "PyTorch files",
    }.items():  # fmt: skip
        with pytest.raises(ForgetError, match=says):
            read_content(tmp_path / name)
