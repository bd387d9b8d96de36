"""WebDataset's shards, and HDF5."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from maga_desk.data.sources import hdf5 as hdf5_source
from maga_desk.domain.errors import DataError
from tests.data.sources.published import NAMES, check, labels, pictures, png, read


def shard(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as out:
        for name, data in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            out.addfile(about, io.BytesIO(data))
    return path


def samples(count: int, label: Callable[[int], tuple[str, bytes]], stem: str = "") -> dict[str, bytes]:
    held = dict[str, bytes]()
    for i, each in enumerate(pictures(count)):
        end, data = label(i)
        held |= {f"{stem}{i:04}.png": png(each), f"{stem}{i:04}.{end}": data}
    return held


LABELS: dict[str, Callable[[int], tuple[str, bytes]]] = {
    "cls": lambda i: ("cls", str(i % 3).encode()),
    "json": lambda i: ("json", json.dumps({"label": NAMES[i % 3], "customer": f"C{i}"}).encode()),
    "txt": lambda i: ("txt", NAMES[i % 3].encode() + b"\n"),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("place", ["{}-000000.tar", "{}/shard-000000.tar"])
def test_shards(tmp_path: Path, kind: str, place: str) -> None:
    for name, count in (("train", 12), ("test", 6)):
        shard(tmp_path / place.format(name), samples(count, LABELS[kind], f"{name}/"))
    if kind == "cls":
        (tmp_path / "classnames.txt").write_text("\n".join(NAMES))
    images = read(tmp_path)
    assert (images.found.source, images.classes) == ("webdataset", NAMES)
    check(images.train, 12)
    check(images.test, 6)
    assert images.train.names[4] == "train/0004"
    if kind == "json":
        assert images.train.columns["customer"][4] == "C4"


def test_one_shard_without_a_split(tmp_path: Path) -> None:
    images = read(shard(tmp_path / "pictures.tar", samples(15, LABELS["cls"])))
    assert (len(images.train), len(images.test)) == (12, 3)


def test_what_is_no_pair_is_said(tmp_path: Path) -> None:
    members = samples(15, LABELS["cls"]) | {"lone.cls": b"1", "lone2.png": png(pictures(1)[0]), "notes.md": b"x"}
    images = read(shard(tmp_path / "a.tar", members))
    assert [(each.reason, each.names) for each in images.found.skipped] == [
        ("labels without a picture", ("lone",)),
        ("they have no label", ("lone2",)),
    ]
    assert images.found.others[0].names == ("notes.md",)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 7 * 512 + 90])


@pytest.mark.parametrize(
    ("members", "damage", "says"),
    [
        (samples(9, LABELS["cls"]), cut, "a.tar: "),
        (samples(9, lambda i: ("json", b'{"labels": ["ant", "bee"]}')), None, "multi-label"),
        (samples(9, lambda i: ("json", b"{broken")), None, "its pictures have no labels"),
        (samples(9, lambda i: ("cls", b"0")), None, "only one class"),
    ],
    ids=["cut", "multi-label", "broken json", "one class"],
)
def test_bad_shards_are_one_line(tmp_path: Path, members: Any, damage: Any, says: str) -> None:
    path = shard(tmp_path / "a.tar", members)
    if damage:
        damage(path)
    with pytest.raises(DataError) as caught:
        read(path, "webdataset")
    assert says in str(caught.value) and "\n" not in str(caught.value)


def hdf5(path: Path, packed: str | None = None) -> Path:
    with h5py.File(path, "w") as out:
        for name, count in (("train", 12), ("test", 6)):
            out.create_dataset(f"{name}/images", data=pictures(count), compression=packed)
            out.create_dataset(f"{name}/labels", data=labels(count))
    return path


@pytest.mark.parametrize("packed", [None, "gzip"])
def test_hdf5(tmp_path: Path, packed: str | None) -> None:
    path = hdf5(tmp_path / "set.h5", packed)
    for each in (path, tmp_path):
        images = read(each)
        assert images.found.source == "hdf5"
        check(images.train, 12)
        check(images.test, 6)


def test_arrays_of_hdf5_that_are_not_read_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hdf5(tmp_path / "set.h5")
    with h5py.File(path, "a") as out:
        out["notes"] = ["one", "two"]
        out["spare"] = np.zeros(3)
    others = {group.reason: group.names for group in read(path).found.others}
    assert others["arrays of another kind, or kept in other files"] == ("set:notes",)
    assert others["arrays that are neither pictures nor labels"] == ("set:spare",)
    monkeypatch.setattr(hdf5_source, "_MOST_ARRAYS", 4)
    with pytest.raises(DataError, match="6 arrays are too many; at most 4 are read"):
        read(path)


def test_hdf5_says_what_is_missing_and_what_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hdf5(tmp_path / "set.h5")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged, or cut off"):
        read(path)
    with h5py.File(path, "w") as out:
        out.create_dataset("images", shape=(10**9, 32, 32, 3), dtype=np.uint8, chunks=(1, 32, 32, 3))
        out["labels"] = labels(9)
    with pytest.raises(DataError, match="as archive bombs do"):
        read(path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match="it is HDF5, which needs h5py; pip install h5py"):
        read(path)


def test_lmdb_is_said_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "train.lmdb").mkdir()
    (tmp_path / "train.lmdb" / "data.mdb").write_bytes(bytes(64))
    for path in (tmp_path, tmp_path / "train.lmdb"):
        with pytest.raises(DataError, match=r"is an LMDB database.*; write the pictures to folders, or to Parquet"):
            read(path)
