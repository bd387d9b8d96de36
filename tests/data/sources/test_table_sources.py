"""Tables and JSON files that name picture files, in the many ways in which people write them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from maga_desk.data.sources import columns, manifest
from maga_desk.data.sources.columns import Roles
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.errors import DataError
from maga_desk.domain.specs.run import DataSpec
from tests.data.sources.published import NAMES, check, labels, pictures, read

Row = dict[str, Any]


def save(folder: Path, count: int, stem: str = "p", end: str = ".png") -> list[str]:
    """Picture files, and their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{stem}{i:02}{end}" for i in range(count)]
    for name, array in zip(names, pictures(count), strict=True):
        Image.fromarray(array).save(folder / name)
    return names


def write(path: Path, rows: list[Row], mark: str = ",", head: bool = True) -> Path:
    """By its suffix: JSON lines, a JSON list, or separated values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    else:
        with open(path, "w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, list(rows[0]), delimiter=mark)
            if head:
                table.writeheader()
            table.writerows(rows)
    return path


def split(place: int) -> str:
    return "train" if place < 12 else "test"


def beside(root: Path) -> Path:
    names = save(root / "images", 18)
    rows = [{"path": f"images/{n}", "label": NAMES[i % 3], "split": split(i)} for i, n in enumerate(names)]
    return write(root / "manifest.csv", rows)


def lines(root: Path) -> Path:
    names = save(root / "images", 18)
    rows = [{"file_name": n, "category": NAMES[i % 3], "subset": split(i).upper()} for i, n in enumerate(names)]
    return write(root / "set.jsonl", rows)


def objects(root: Path) -> Path:
    names = save(root, 18)
    return write(
        root / "set.json", [{"img": n, "class_name": NAMES[i % 3], "is_test": i >= 12} for i, n in enumerate(names)]
    )


def kaggle(root: Path) -> Path:
    """Names without their ends in a folder beside, and pictures to predict."""
    names = save(root / "train", 18)
    save(root / "test", 4, "unknown")
    write(root / "labels.csv", [{"id": n.removesuffix(".png"), "breed": NAMES[i % 3]} for i, n in enumerate(names)])
    write(root / "sample_submission.csv", [{"id": f"other{i}", "ant": 0.5, "bee": 0.5} for i in range(4)])
    return root


def imagefolder(root: Path) -> Path:
    for name, count in (("train", 12), ("test", 6)):
        rows = [{"file_name": n, "label": NAMES[i % 3]} for i, n in enumerate(save(root / name, count))]
        write(root / name / "metadata.csv", rows)
    return root


def two_tables(root: Path) -> Path:
    for name, count in (("train", 12), ("test", 6)):
        save(root / name, count)
        write(root / f"{name}.csv", [{"image": f"{name}/p{i:02}.png", "label": NAMES[i % 3]} for i in range(count)])
    return root


def one_hot(root: Path) -> Path:
    rows = [
        {"image": n.removesuffix(".png"), **{name: float(name == NAMES[i % 3]) for name in NAMES}, "set": split(i)}
        for i, n in enumerate(save(root / "images", 18))
    ]
    return write(root / "truth.csv", rows)


def without_head(root: Path) -> Path:
    rows = [{"a": f"images/{n}", "b": NAMES[i % 3]} for i, n in enumerate(save(root / "images", 12))]
    write(root / "train.txt", rows, " ", head=False)
    rows = [{"a": f"images/{n}", "b": NAMES[i % 3]} for i, n in enumerate(save(root / "images", 6, "q"))]
    write(root / "test.txt", rows, " ", head=False)
    return root


def absolute(root: Path) -> Path:
    names = save(root / "elsewhere", 18)
    rows = [
        {"Image Path": str(root / "elsewhere" / n), "Class": NAMES[i % 3], "Set": split(i)} for i, n in enumerate(names)
    ]
    return write(root / "set" / "table.tsv", rows, "\t")


def lists(root: Path) -> Path:
    names = save(root, 18)
    return write(
        root / "m.jsonl", [{"file_name": n, "labels": [NAMES[i % 3]], "split": split(i)} for i, n in enumerate(names)]
    )


WRITTEN = (beside, lines, objects, imagefolder, two_tables, one_hot, without_head, absolute, lists)


@pytest.mark.parametrize("make", WRITTEN)
def test_tables_as_people_write_them(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    images = read(make(tmp_path))
    assert (images.found.source, images.classes) == ("manifest", NAMES)
    check(images.train, 12)
    check(images.test, 6)
    assert images.train.open(0).size == (32, 32)
    with Image.open(images.train.file(11)) as file:
        assert file.convert("RGB").tobytes() == images.train.open(11).tobytes()


@pytest.mark.parametrize("make", [beside, kaggle, imagefolder, two_tables, without_head])
def test_the_folder_is_found_by_its_table(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    made = make(tmp_path)
    images = read(tmp_path if made.is_file() else made)
    assert (images.found.source, images.classes) == ("manifest", NAMES)
    if make is kaggle:
        assert (len(images.train), len(images.test)) == (15, 3)
        assert images.found.skipped[0].names == ("test/unknown00.png", *(f"test/unknown0{i}.png" for i in (1, 2, 3)))
        assert [each.names for each in images.found.others] == [("sample_submission.csv",)]
        assert "No split is said" in " ".join(images.found.guesses)


def test_what_else_is_said_of_a_picture_becomes_a_column_and_a_group_stays_together(tmp_path: Path) -> None:
    names = save(tmp_path / "images", 30)
    rows = [
        {"path": f"images/{n}", "label": NAMES[i % 3], "customer": f"C{i // 6}", "age": i} for i, n in enumerate(names)
    ]
    images = read(write(tmp_path / "m.csv", rows))
    train, test = ({*each.columns["customer"]} for each in (images.train, images.test))
    assert train | test == {f"C{i}" for i in range(5)} and not train & test
    assert images.train.names[0].startswith("images/p")
    assert images.train.columns["age"][3] == str(int(images.train.names[3][8:10]))
    assert "group customer" in " ".join(images.found.guesses)


def test_classes_written_as_decimals_are_whole_numbers_and_another_label_column_is_said(tmp_path: Path) -> None:
    """As pandas writes numbers of which one is missing."""
    names = save(tmp_path / "images", 18)
    rows = [
        {"path": f"images/{n}", "label": f"{i % 3 + 9}.0", "class_name": NAMES[i % 3], "breed": NAMES[i % 2]}
        for i, n in enumerate(names)
    ]
    images = load_pictures(DataSpec(path=str(write(tmp_path / "manifest.csv", rows)), size=8))
    assert images.classes == ("9", "10", "11")
    assert any("could be the labels as well: breed (" in line for line in images.found.guesses), (
        "the names say the same"
    )
    assert columns.labels_in({"y": [1.0, float("nan"), 2.0]}, Roles("p", "y"), "x") == [1, "", 2]


def test_columns_may_be_named(tmp_path: Path) -> None:
    rows = [{"a": n, "b": NAMES[i % 3], "c": NAMES[i % 2], "d": split(i)} for i, n in enumerate(save(tmp_path, 18))]
    file = write(tmp_path / "m.csv", rows)
    with pytest.raises(DataError, match=r"unlabelled: no column says a class \(it has: a, b, c, d\); name one in"):
        read(file, "manifest")
    with pytest.raises(DataError, match="no column is called 'e'"):
        read(file, "manifest", label="e")
    images = read(file, "manifest", picture="a", label="b", split="d")
    assert (len(images.train), len(images.test)) == (12, 6)
    assert not any("olumn" in line for line in images.found.guesses)


def test_every_row_is_a_picture_or_said(tmp_path: Path) -> None:
    names = save(tmp_path, 18)
    (tmp_path / names[5]).write_bytes(b"broken")
    rows = [{"file": n, "label": NAMES[i % 3]} for i, n in enumerate(names)]
    rows += [{"file": names[0], "label": NAMES[0]}, {"file": "gone.png", "label": "ant"}, {"file": "", "label": "ant"}]
    rows[4]["label"] = ""
    images = read(write(tmp_path / "m.csv", rows))
    assert {each.reason: each.names for each in images.found.skipped} == {
        "named, but not there": ("gone.png", "row 21"),
        "named twice": (str(tmp_path / names[0]),),
        "they have no label": (names[4],),
        "cannot be read": (names[5],),
    }
    assert images.found.used_pictures + images.found.skipped_files == len(rows)


def multi_flags(root: Path) -> Path:
    rows = [{"filename": n, "ant": 1, "bee": i % 2, "cow": 0} for i, n in enumerate(save(root / "images", 6))]
    return write(root / "labels.csv", rows)


def multi_text(root: Path) -> Path:
    rows = [{"file": n, "label": ["ant", "bee", "ant|bee"][i % 3]} for i, n in enumerate(save(root, 9))]
    return write(root / "m.csv", rows)


def multi_list(root: Path) -> Path:
    return write(root / "m.jsonl", [{"file": n, "labels": ["ant", "bee"]} for n in save(root, 9)])


def multi_rows(root: Path) -> Path:
    rows = [{"file": n, "label": name} for n in save(root, 9) for name in NAMES[:2]]
    return write(root / "m.csv", rows)


def addresses(root: Path) -> Path:
    return write(root / "m.csv", [{"url": f"https://example.org/{i}.jpg", "label": NAMES[i % 3]} for i in range(9)])


def nothing_there(root: Path) -> Path:
    return write(root / "m.csv", [{"path": f"{i}.jpg", "label": NAMES[i % 3]} for i in range(9)])


def one_class(root: Path) -> Path:
    return write(root / "m.csv", [{"path": n, "label": "ant"} for n in save(root, 9)])


def a_class_each(root: Path) -> Path:
    save(root, 1)
    rows = [{"path": "p00.png", "label": "x"}] + [{"path": f"./{'/' * i}p00.png", "label": f"c{i}"} for i in range(200)]
    return write(root / "m.csv", rows)


def cut_lines(root: Path) -> Path:
    made = lines(root)
    made.write_text(made.read_text()[:-20])
    return made


def nested(root: Path) -> Path:
    save(root, 1)
    (root / "m.jsonl").write_text('{"path": ' + "[" * 100_000 + "\n")
    return root / "m.jsonl"


def empty(root: Path) -> Path:
    (root / "m.csv").write_text("path,label\n")
    return root / "m.csv"


BAD = [
    (multi_flags, "multi-label: 3 columns of 0 and 1, and pictures with none or several of them"),
    (multi_text, "multi-label: column label has several classes a picture (such as ant|bee)"),
    (multi_list, "multi-label: column labels has several classes a picture"),
    (multi_rows, "multi-label: 9 of 9 pictures have several labels"),
    (addresses, "its pictures are addresses on the web; download them first"),
    (nothing_there, "none of the pictures that it names is there: 0.jpg, 1.jpg, 2.jpg and 6 more"),
    (one_class, "only one class (ant)"),
    (a_class_each, "almost each has its own"),
    (cut_lines, "damaged, or no table"),
    (nested, "damaged, or no table"),
    (empty, "no table that names pictures"),
]


@pytest.mark.parametrize(("make", "says"), BAD, ids=[make.__name__ for make, _ in BAD])
def test_what_cannot_be_used_is_one_line(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    with pytest.raises(DataError) as caught:
        load_pictures(DataSpec(source="manifest", path=str(make(tmp_path))))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def coco(file: Path, names: list[str], **changed: Any) -> Path:
    held = {
        "info": {"year": 2026},
        "images": [{"id": 100 + i, "file_name": n, "height": 32, "width": 32} for i, n in enumerate(names)],
        "annotations": [
            {"id": i, "image_id": 100 + i // 2, "category_id": 7 + int(labels(18)[i // 2]), "bbox": [0, 0, 8, 8]}
            for i in range(2 * len(names))
        ],
        "categories": [{"id": 7 + i, "name": name, "supercategory": "animal"} for i, name in enumerate(NAMES)],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(held | changed))
    return file


def test_coco_with_one_category_a_picture(tmp_path: Path) -> None:
    for name, count in (("train", 12), ("val", 6)):
        coco(tmp_path / "annotations" / f"instances_{name}2017.json", save(tmp_path / f"{name}2017", count, name[0]))
    images = read(tmp_path)
    assert (images.found.source, images.classes) == ("coco", NAMES)
    check(images.train, 12)
    check(images.test, 6)
    assert images.train.names[0] == "train2017/t00.png"
    assert "validation pictures are taken" in " ".join(images.found.guesses)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"annotations": [{"image_id": 100, "category_id": i} for i in (7, 8)]},
         "multi-label: 1 of 9 pictures show several categories (p00.png: ant, bee)"),
        ({"annotations": [{"image_id": 100, "category_id": 99}]}, "category 99 is not among its 3"),
        ({"annotations": []}, "its pictures have no labels"),
        ({"annotations": [{"image_id": 100}]}, "an entry of it lacks 'category_id'"),
        ({"images": {}}, "no lists of images, annotations and categories"),
    ],
)  # fmt: skip
def test_what_coco_cannot_be_used_for_is_one_line(tmp_path: Path, changed: dict[str, Any], says: str) -> None:
    file = coco(tmp_path / "labels.json", save(tmp_path, 9), **changed)
    with pytest.raises(DataError) as caught:
        read(file)
    assert says in str(caught.value)


def test_a_table_among_many_pictures_is_found(tmp_path: Path) -> None:
    for folder, count in (("train", 12), ("test", 6)):
        names = save(tmp_path / folder, count)
        for number in range(600):
            (tmp_path / folder / f"{number:04}.txt").touch()  # all of them before metadata.csv in the alphabet
        write(
            tmp_path / folder / "metadata.csv", [{"file_name": n, "label": NAMES[i % 3]} for i, n in enumerate(names)]
        )
    images = read(tmp_path)
    assert images.found.source == "manifest"
    check(images.train, 12)
    check(images.test, 6)


def test_more_tables_than_are_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(tmp_path)
    for number in range(3):
        (tmp_path / f"other{number}.csv").write_text("a,b\n1,2\n")
    monkeypatch.setattr(manifest, "_MOST", 3)
    with pytest.raises(DataError, match="4 tables are too many; at most 3 are read"):
        load_pictures(DataSpec(source="manifest", path=str(tmp_path)))


def test_columns_that_no_line_names_are_told_by_their_place(tmp_path: Path) -> None:
    found = load_pictures(DataSpec(path=str(without_head(tmp_path / "one"))), size=8).found
    assert "Columns, which no line names: pictures column 1, labels column 2." in found.guesses
    rows = [{"b": NAMES[i % 3], "a": f"images/{n}"} for i, n in enumerate(save(tmp_path / "two" / "images", 12))]
    table = write(tmp_path / "two" / "table.csv", rows, head=False)
    found = load_pictures(DataSpec(path=str(table)), size=8).found
    assert "Columns, which no line names: pictures column 2, labels column 1." in found.guesses
