"""Parquet and Arrow as the hub and the library ``datasets`` write them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from maga_desk.data.sources import parquet
from maga_desk.domain.errors import DataError
from tests.data.sources.published import NAMES, check, labels, pictures, png, read


def table(count: int, **more: Any) -> dict[str, Any]:
    """Embedded pictures as they lie in the hub's files."""
    held = [{"bytes": png(each), "path": f"{i:03}.png"} for i, each in enumerate(pictures(count))]
    return {"image": held, "label": [NAMES[i] for i in labels(count)], **more}


def write(path: Path, columns: dict[str, Any], **settings: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **settings)
    return path


def hub(root: Path, folder: str = "data", counts: tuple[int, int] = (12, 6)) -> Path:
    """The hub's layout, the training pictures in two files and several row groups."""
    whole = table(counts[0])
    for part, rows in enumerate((slice(0, 5), slice(5, None))):
        some = {name: values[rows] for name, values in whole.items()}
        write(root / folder / f"train-{part:05}-of-00002.parquet", some, row_group_size=3)
    write(root / folder / "test-00000-of-00001.parquet", table(counts[1]))
    (root / "README.md").write_text("---\nlicense: mit\n---\n")
    return root


def test_the_hubs_layout(tmp_path: Path) -> None:
    hub(tmp_path)
    for path in (tmp_path, tmp_path / "data", tmp_path / "data" / "train-00000-of-00002.parquet"):
        images = read(path)
        assert (images.found.source, images.classes) == ("parquet", NAMES)
        check(images.train, 12)
        check(images.test, 6)
    assert np.asarray(images.train.open(7)).tolist() == pictures(12)[7].tolist()


def test_tables_of_another_kind_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub(tmp_path)
    (tmp_path / "data" / "train.arrow").write_bytes(b"ARROW1")
    others = {group.reason: group.names for group in read(tmp_path).found.others}
    assert others["tables of another kind"] == ("data/train.arrow",)
    monkeypatch.setattr(parquet, "_MOST", 2)
    with pytest.raises(DataError, match="3 files are too many; at most 2 are read"):
        read(tmp_path)


def test_of_several_sets_one_is_named(tmp_path: Path) -> None:
    hub(tmp_path, "fine")
    hub(tmp_path, "coarse", (9, 3))
    with pytest.raises(DataError, match=r"2 sets lie here: coarse, fine; name one in \[data.options\] set"):
        read(tmp_path)
    images = read(tmp_path, set="coarse")
    assert len(images.train) == 9 and images.found.other_files == 3


@pytest.fixture(scope="module")
def made() -> Any:
    """Three columns, one of them with class names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import datasets

        datasets.disable_progress_bars()
        features = {
            "img": datasets.Image(), "fine_label": datasets.ClassLabel(names=[*NAMES, "dog"]),
            "coarse_label": datasets.ClassLabel(names=["insects", "cattle"]), "customer": datasets.Value("string"),
        }  # fmt: skip

        def split(count: int) -> Any:
            held = {
                "img": [Image.fromarray(each) for each in pictures(count)], "fine_label": labels(count),
                "coarse_label": labels(count) // 2, "customer": [f"C{i // 6}" for i in range(count)],
            }  # fmt: skip
            return datasets.Dataset.from_dict(held, features=datasets.Features(features))

        return datasets.DatasetDict({"train": split(12), "test": split(6)})


@pytest.mark.parametrize("how", ["save_to_disk", "to_parquet"])
def test_what_the_library_datasets_writes(tmp_path: Path, made: Any, how: str) -> None:
    if how == "save_to_disk":
        made.save_to_disk(tmp_path)
    else:
        for name in ("train", "test"):
            made[name].to_parquet(tmp_path / f"{name}.parquet")
    images = read(tmp_path)
    assert (images.found.source, images.classes) == ("parquet", NAMES)
    check(images.train, 12)
    check(images.test, 6)
    assert images.train.columns["customer"][7] == "C1"
    said = " ".join(images.found.guesses)
    assert (
        "labels fine_label" in said and "fine_label, coarse_label" in said and "1 of 4 classes have no pictures" in said
    )
    assert read(tmp_path, label="coarse_label").classes == ("insects", "cattle")


def test_one_split_alone_is_split_by_its_groups(tmp_path: Path, made: Any) -> None:
    made["train"].save_to_disk(tmp_path)
    images = read(tmp_path)
    assert {*images.train.columns["customer"]} == {"C0"} or {*images.train.columns["customer"]} == {"C1"}
    assert "column customer's values" in " ".join(images.found.guesses)


def whole_numbers(count: int) -> dict[str, Any]:
    return {"pixels": pictures(count, 8).tolist(), "label": labels(count)}


def paths(root: Path, count: int) -> dict[str, Any]:
    for i, each in enumerate(pictures(count)):
        Image.fromarray(each).save(root / f"{i}.png")
    return {"image": [f"{i}.png" for i in range(count)], "label": [NAMES[i] for i in labels(count)]}


@pytest.mark.parametrize(
    "columns",
    [
        lambda root: {"jpg": [png(each) for each in pictures(15)], "cls": labels(15)},
        lambda root: whole_numbers(15),
        lambda root: paths(root, 15),
        lambda root: {**table(15), "label": pa.array(table(15)["label"]).dictionary_encode()},
        lambda root: {**table(15), "split": ["train"] * 12 + ["test"] * 3},
    ],
    ids=["plain bytes", "nested lists", "paths", "dictionary", "split column"],
)
def test_other_ways_to_hold_pictures(tmp_path: Path, columns: Callable[[Path], dict[str, Any]]) -> None:
    images = read(write(tmp_path / "all.parquet", columns(tmp_path)))
    check(images.train, 12)
    check(images.test, 3)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoilt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    path.write_bytes(data)


def of(columns: dict[str, Any]) -> Callable[[Path], object]:
    return lambda path: write(path, columns)


def then(damage: Callable[[Path], None]) -> Callable[[Path], object]:
    return lambda path: damage(write(path, table(60)))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (then(cut), "damaged, or no such file"),
    "wrong magic": (lambda path: path.write_bytes(b"PAR1 and nothing more"), "damaged, or no such file"),
    "no pictures": (of({"a": [1, 2], "label": [0, 1]}), "no column of pictures (it has a, label)"),
    "unlabelled": (of({"image": table(9)["image"]}), "unlabelled: no column says a class"),
    "hidden labels": (of({**table(9), "label": [-1] * 9}), "unlabelled: no column says a class"),
    "multi-label": (of({**table(9), "labels": [[0, 1]] * 9, "label": [None] * 9}), "multi-label: column labels"),
    "one class": (of({**table(9), "label": [0] * 9}), "only one class"),
    "identities": (of({"image": table(1)["image"] * 200, "label": list(range(200))}), "almost each has its own"),
    "too many classes": (of({"image": [b""] * 100_002, "label": [*range(50_001)] * 2}), "50,001 classes are too many"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_one_line(tmp_path: Path, kind: str) -> None:
    damage, says = BAD[kind]
    damage(tmp_path / "all.parquet")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "all.parquet")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damage_in_the_pictures_is_named(tmp_path: Path) -> None:
    columns = table(12)
    columns["image"][4]["bytes"] = b"no picture"
    columns["image"][5]["bytes"] = columns["image"][5]["path"] = None
    write(tmp_path / "train.parquet", columns)
    write(tmp_path / "test.parquet", table(6))
    images = read(tmp_path)
    assert images.skipped == ("train/bee/04", "train/cow/05")
    assert len(images.train) == 10


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_damaged_file_is_said_wherever_the_damage_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"all.{kind}"
    held = pa.table(table(12))
    if kind == "parquet":
        pq.write_table(held, path)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, held.schema) as writer:
            writer.write_table(held)
    whole, rng, told = path.read_bytes(), np.random.default_rng(0), list[str]()
    for _ in range(60):
        data = bytearray(whole)
        start = int(rng.integers(len(data) - 16))
        data[start : start + 16] = rng.integers(256, size=16, dtype=np.uint8).tobytes()
        path.write_bytes(data)
        try:
            read(path)
        except DataError as error:
            told.append(str(error))
    assert told and not any("\n" in each for each in told)


def test_the_library_is_imported_when_such_a_file_is_read(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from maga_desk.data.sources.registry import SOURCES; "
        "assert 'parquet' in SOURCES and not {'pyarrow', 'h5py', 'torch'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
