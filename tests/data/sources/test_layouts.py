"""However pictures lie: which are used, as what, and that every other file is accounted for."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources import kinds, label_tables
from maga_desk.data.sources.odd_names import all_writable, as_on_disk, writable
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import DataSpec
from tests.data.sources.published import write_dicom


def picture(name: str, form: str = "JPEG", size: tuple[int, int] = (12, 12)) -> bytes:
    """A picture of its own colour for each name."""
    colour = tuple(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:3])
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, form)
    return stream.getvalue()


def lay(root: Path, names: Iterable[str], texts: dict[str, str] | None = None) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(name))
    for name, text in (texts or {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def of(folders: Iterable[str], count: int = 2) -> list[str]:
    return [f"{folder}/{i}.jpg" for folder in folders for i in range(count)]


def both(train: str, test: str, count: int = 2) -> list[str]:
    return of([f"{train}/cat", f"{train}/dog", f"{test}/cat", f"{test}/dog"], count)


def read(path: Path, **options: Any) -> ImageSet:
    """Read, and check that every file below is accounted for once."""
    images = load_pictures(DataSpec(source="folder", path=str(path), options=options), size=8)
    found = images.found
    counted = [name for group in (*found.skipped, *found.others) for name in group.names]
    assert len(counted) == len(set(counted))
    if path.is_dir():
        there = sum(len(files) for _, _, files in os.walk(path, followlinks=True))
        assert found.used_pictures + len(counted) == there
    assert {name: sum(counts.values()) for name, counts in found.used.items()} == {
        "train": len(images.train),
        "test": len(images.test),
    }
    return images


@dataclass
class Case:
    """A layout, and what must become of it. Class counts are of training, then testing."""

    names: list[str]
    train: dict[str, int]
    test: dict[str, int]
    texts: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    others: int = 0
    says: str = ""
    options: dict[str, Any] = field(default_factory=dict)


TWO = {"cat": 2, "dog": 2}
TINY = [f"train/n0{i}/images/n0{i}_{j}.JPEG" for i in (1, 2) for j in range(3)]
CASES = {
    "train and test": Case(both("train", "test"), TWO, TWO),
    "capitals": Case(both("Train", "TEST"), TWO, TWO),
    "training and testing": Case(both("training_set", "Testing"), TWO, TWO),
    "train and valid": Case(both("train", "valid"), TWO, TWO, says="valid is taken for the test pictures"),
    "three splits": Case(
        [*both("train", "test"), *of(["val/cat"])], TWO, TWO, skipped={"the validation split (val)": 2}
    ),
    "val named": Case(
        [*both("train", "test"), *of(["val/cat", "val/dog"], 1)], TWO, {"cat": 1, "dog": 1},
        skipped={"the validation split (test)": 4}, options={"test": "val"},
    ),
    "a folder around": Case(both("set/images/train", "set/images/test"), TWO, TWO, says="lie in set/images"),
    "train alone": Case(of(["train/cat", "train/dog"]), {"cat": 1, "dog": 1}, {"cat": 1, "dog": 1}, says="set apart"),
    "a class called train": Case(of(["train", "ship"]), {"ship": 1, "train": 1}, {"ship": 1, "train": 1}),
    "class first": Case(of(["cat/train", "dog/train", "cat/test", "dog/test"]), TWO, TWO),
    "partly nested": Case(
        [*both("train", "test"), *of(["train/cat/more"])], {"cat": 4, "dog": 2}, TWO, says="the first is the class"
    ),
    "groups of classes": Case(
        of(["train/animals/cat", "train/things/mug", "train/things/car", "test/animals/cat", "test/things/car"]),
        {"car": 2, "cat": 2, "mug": 2}, {"car": 2, "cat": 2}, says="the last is the class",
    ),
    "people below classes": Case(
        of(["train/ill/p1", "train/ill/p2", "train/well/p3", "test/ill/p4", "test/well/p5"]),
        {"ill": 4, "well": 2}, {"ill": 2, "well": 2}, says="the first is the class",
    ),
    "people, last asked for": Case(
        of(["train/a/x1", "train/b/x2", "test/a/x1"]), {"x1": 2, "x2": 2}, {"x1": 2}, options={"classes": "last"}
    ),
    "one group": Case(of(["train/animals/cat", "train/animals/dog", "test/animals/cat"]), TWO, {"cat": 2}),
    "Tiny ImageNet": Case(
        [*TINY, "val/images/val_0.JPEG", "val/images/val_1.JPEG", "test/images/test_0.JPEG"],
        {"n01": 3, "n02": 3}, {"n01": 1, "n02": 1},
        {"val/val_annotations.txt": "val_0.JPEG\tn02\t0\t0\nval_1.JPEG\tn01\t0\t0\n", "words.txt": "n01\ta\n"},
        skipped={"no class is known of them": 1}, others=2,
    ),
    "cats and dogs by name": Case(
        [f"train/{kind}.{i}.jpg" for kind in ("cat", "dog") for i in range(2)] + ["test1/0.jpg"],
        {"cat": 1, "dog": 1}, {"cat": 1, "dog": 1}, skipped={"no class is known": 1}, says="as the file names begin",
    ),
    "test flat": Case([*of(["train/cat", "train/dog"]), "test/cat_1.jpg", "test/dog_2.jpg", "test/9.jpg"], TWO,
                      {"cat": 1, "dog": 1}, skipped={"no class is known": 1}),
    "Kaggle's table": Case(
        [f"train/{i}ab.jpg" for i in range(4)] + ["test/9.jpg"], {"cat": 1, "dog": 1}, {"cat": 1, "dog": 1},
        {"labels.csv": "id,breed\n0ab,cat\n1ab,cat\n2ab,dog\n3ab,dog\n"}, {"no class is known": 1}, others=1,
        says="labels.csv",
    ),
    "imagefolder's table": Case(
        [f"{split}/{i}.jpg" for split in ("train", "test") for i in range(2)], {"cat": 1, "dog": 1},
        {"cat": 1, "dog": 1},
        {f"{split}/metadata.csv": "file_name,label\n0.jpg,cat\n1.jpg,dog\n" for split in ("train", "test")}, others=2,
    ),
    "a table with splits": Case(
        [f"images/{i}.jpg" for i in range(6)], {"cat": 2, "dog": 2}, {"cat": 1, "dog": 1},
        {"all.csv": "path,label,split\n" + "".join(
            f"images/{i}.jpg,{'cat' if i % 2 else 'dog'},{'train' if i < 4 else 'test'}\n" for i in range(6))},
        others=1, says="Splits as all.csv says",
    ),
    "left by systems": Case(
        both("train", "test"), TWO, TWO,
        {"__MACOSX/train/cat/._0.jpg": "", "train/.DS_Store": "", "train/cat/Thumbs.db": "", "train/cat/._0.jpg": "x",
         "desktop.ini": "", "train/notes.txt": "n", "train/cat/empty": ""}, others=7,
    ),
    "beside the splits": Case([*both("train", "test"), *of(["old/cat"]), "x.jpg"], TWO, TWO, skipped={"beside": 3}),
    "beside the classes": Case([*both("train", "test"), "train/x.jpg"], TWO, TWO, skipped={"no class is known": 1}),
    "hidden": Case([*both("train", "test"), "train/cat/.trash/0.jpg"], TWO, TWO, skipped={"hidden": 1}),
    "other case": Case(both("train", "test")[:4] + of(["test/Cat", "test/DOG"]), TWO, TWO, says="Cat as cat, DOG as"),
    "composed and not": Case(
        of(["train/Ka\u0308se", "train/mug", "test/K\u00e4se", "test/mug"]), {"Ka\u0308se": 2, "mug": 2},
        {"Ka\u0308se": 2, "mug": 2}, says="taken for the same",
    ),
    "numbers": Case(of([f"{split}/{i}" for split in ("train", "test") for i in (1, 2, 10)]), {"1": 2, "2": 2, "10": 2},
                    {"1": 2, "2": 2, "10": 2}),
    "more classes in test": Case([*both("train", "test"), *of(["test/ship"])], TWO, TWO,
                                 skipped={"test pictures of ship": 2}),
    "fewer classes in test": Case(both("train", "test")[:6], TWO, {"cat": 2}, says="no test pictures of dog"),
    "not read": Case(both("train", "test"), TWO, TWO, {"train/cat/a.svg": "x", "a.zip": "x"},
                     skipped={"vector drawings": 1, "archives in a folder": 1}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_layout(case: Case, tmp_path: Path) -> None:
    images = read(lay(tmp_path / "pictures", case.names, case.texts), **case.options)
    assert images.found.used == {"train": case.train, "test": case.test}
    assert list(images.kinds) == list(case.train)
    skipped = {reason: len(group.names) for reason in case.skipped for group in images.found.skipped
               if group.reason.startswith(reason)}  # fmt: skip
    assert skipped == case.skipped and images.found.skipped_files == sum(case.skipped.values())
    assert images.found.other_files == case.others
    assert case.says in " ".join(images.found.lines())
    for index in (images.train, images.test):
        assert len(set(index.names)) == len(index)
        assert index.open(0).size == (12, 12)


def test_classes_follow_the_folders_not_the_order_of_files(tmp_path: Path) -> None:
    images = read(lay(tmp_path, both("train", "test", 3)))
    assert [images.kinds[kind] for kind in images.train.kinds] == [name.split("/")[1] for name in images.train.names]


def test_a_split_stays_when_pictures_go(tmp_path: Path) -> None:
    root = lay(tmp_path, of(["cat", "dog"], 30))
    before = set(read(root).test.names)
    for number in range(0, 30, 3):
        (root / "cat" / f"{number}.jpg").unlink()
    after = read(root)
    assert set(after.test.names) == {name for name in before if (root / name).exists()}
    assert before != set(read(root, split_seed=1).test.names)


def test_pictures_that_went_away_are_told_from_a_folder_that_never_had_any(tmp_path: Path) -> None:
    names = of(["cat", "dog"], 3)
    table = "\n".join(["file,label", *(f"{name},{name.partition('/')[0]}" for name in names)])
    root = lay(tmp_path / "listed", names, {"labels.csv": table})
    shutil.rmtree(root / "cat")
    shutil.rmtree(root / "dog")
    with pytest.raises(
        DataError, match=r"labels\.csv names 6 pictures, and none of them is there \(cat/0\.jpg and 5 more\)"
    ):
        read(root)
    for kind in ("cat", "dog"):
        (tmp_path / "empty" / kind).mkdir(parents=True)
    with pytest.raises(DataError, match=r"its folders hold no pictures \(cat, dog\).*the disk"):
        read(tmp_path / "empty")
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match=r"no pictures found.*expected a folder for each class"):
        read(tmp_path / "bare")
    with pytest.raises(DataError, match="there is no such folder or file"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(("ending", "form"), [("gif", "GIF"), ("tif", "TIFF"), ("webp", "WEBP"), ("png", "PNG")])
def test_of_frames_and_pages_the_first_is_used_and_that_is_said(tmp_path: Path, ending: str, form: str) -> None:
    root, shelf = lay(tmp_path / "set", both("train", "test", 3)), DiskShelf(tmp_path / "kept", 10**8)
    frames = [Image.new("RGB", (12, 12), colour) for colour in ("red", "blue")]
    frames[0].save(root / "train" / "cat" / f"many.{ending}", form, save_all=True, append_images=frames[1:])
    frames[0].save(root / "train" / "cat" / f"one.{ending}", form)
    for _ in range(2):
        images = load_pictures(DataSpec(path=str(root)), shelf=shelf)
        assert "1 file holds more than one picture (frames or pages): the first is used." in images.found.guesses
        place = images.train.names.index(f"train/cat/many.{ending}")
        assert images.train.picture(place)[:, 6, 6].tolist() == pytest.approx([255, 0, 0], abs=3)


def test_a_split_keeps_people_together(tmp_path: Path) -> None:
    names = of(["cat", "dog"], 30)
    people = "\n".join(["file,patient", *(f"{name},p{i % 12}" for i, name in enumerate(names))])
    images = read(lay(tmp_path, names, {"people.csv": people}), test_share=0.4)
    sides = [set(index.columns["group"]) for index in (images.train, images.test)]
    assert sides[0] and sides[1] and not sides[0] & sides[1]
    assert "groups kept together" in " ".join(images.found.guesses)


def test_one_split_of_several_is_not_split_again(tmp_path: Path) -> None:
    lay(tmp_path, both("train", "test"))
    with pytest.raises(DataError, match=rf"beside it lies test; give {tmp_path}"):
        read(tmp_path / "train")


def test_names_that_are_not_utf8_can_be_written_and_found(tmp_path: Path) -> None:
    odd = os.fsdecode(b"train/K\xe4se/0.jpg")
    images = read(lay(tmp_path, [odd, *of(["train/mug", "test/mug"])]))
    assert images.kinds == ("K\\xe4se", "mug") and images.train.names[0] == "train/K\\xe4se/0.jpg"
    images.train.names[0].encode("utf-8")
    assert images.train.open(0).size == (12, 12)


@pytest.mark.parametrize("name", ["plain", "K\udce4se", "K\\xe4se", "a\\b", "\\x5c\udcff", "Käse"])
def test_odd_names_come_back(name: str) -> None:
    assert as_on_disk(writable(name)) == name
    writable(name).encode("utf-8")


def test_a_file_is_found_again_whatever_its_name(tmp_path: Path) -> None:
    lay(tmp_path, both("train", "test"))
    Path(os.fsdecode(os.fsencode(str(tmp_path)) + b"/train/cat/\xff.jpg")).write_bytes(picture("odd"))
    images = read(tmp_path)
    assert len(images.train) == 5
    assert all(Path(images.train.file(place)).is_file() for place in range(5))


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    root = lay(tmp_path / "set", both("train", "test"))
    (root / "train" / "cat" / "loop").symlink_to(root / "train")
    (root / "train" / "cat" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    images = load_pictures(DataSpec(path=str(root)), size=8)
    assert Counter({each.reason: len(each.names) for each in images.found.skipped}) == {
        "links to a folder that they lie in": 1,
        "links that lead nowhere": 1,
    }


def kinds_of_files() -> list[tuple[str, str]]:
    found = [("a.JPG", "JPEG"), ("a.jfif", "JPEG"), ("a.jpe", "JPEG"), ("a", "PNG"), ("a.12", "WEBP"), ("a.tga", "TGA")]
    found += [("a.jp2", "JPEG2000")] if features.check("jpg_2000") else []
    return found + ([("a.avif", "AVIF"), ("b", "AVIF")] if features.check("avif") else [])


@pytest.mark.parametrize(("name", "form"), kinds_of_files())
def test_a_kind_of_file(tmp_path: Path, name: str, form: str) -> None:
    root = lay(tmp_path, both("train", "test"))
    (root / "train" / "cat" / name).write_bytes(picture("a", form))
    assert f"train/cat/{name}" in read(root).train.names


@pytest.mark.parametrize("shape", [(9, 9), (9, 9, 3), (3, 9, 9), (9, 9, 1)])
@pytest.mark.parametrize("top", [np.uint8(200), np.uint16(51400), np.float32(0.7843137)])
def test_an_array_is_a_picture(tmp_path: Path, shape: tuple[int, ...], top: np.generic) -> None:
    root = lay(tmp_path, both("train", "test"))
    np.save(root / "train" / "cat" / "a.npy", np.full(shape, top))
    images = read(root)
    assert images.train.picture(images.train.names.index("train/cat/a.npy")).max() == pytest.approx(200, abs=1)


def test_what_follows_from_the_first_picture_is_said(tmp_path: Path) -> None:
    root = lay(tmp_path, both("train", "test"))
    (root / "train" / "cat" / "0.jpg").write_bytes(picture("a", size=(128, 64)))
    said = " ".join(load_pictures(DataSpec(path=str(root))).found.guesses)
    assert "64 × 64 pixels follow from the first picture. The first picture is 128 × 64" in said


def test_an_empty_folder_is_no_class(tmp_path: Path) -> None:
    root = lay(tmp_path, both("train", "test"))
    (root / "train" / "ship").mkdir()
    assert "Empty folders are no classes: train/ship." in read(root).found.guesses


@pytest.mark.parametrize(("name", "package"), [("a.heic", "pillow-heif"), ("a.dcm", "pydicom")])
def test_a_package_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    monkeypatch.setattr(kinds, "has_heif", lambda: False)
    monkeypatch.setattr(kinds, "has_dicom", lambda: False)
    monkeypatch.setattr(kinds, "suffixes", lambda: frozenset({".jpg"}))
    images = read(lay(tmp_path, both("train", "test"), {f"train/cat/{name}": "x"}))
    (skipped,) = images.found.skipped
    assert skipped.names == (f"train/cat/{name}",) and package in skipped.reason


def test_photos_of_telephones_are_read(tmp_path: Path) -> None:
    import pillow_heif

    for name in both("train", "test"):
        place = (tmp_path / name).with_suffix(".heic")
        place.parent.mkdir(parents=True, exist_ok=True)
        red = Image.new("RGB", (64, 48), (200, 30, 20))
        pillow_heif.from_pillow(red).save(place, quality=95)
    images = read(tmp_path)
    assert images.found.used == {"train": TWO, "test": TWO}
    assert np.allclose(images.train.pixels(np.arange(1)).mean(axis=(0, 2, 3)), (200, 30, 20), atol=6)


@pytest.mark.parametrize("lowest_is_white", [False, True])
def test_radiographs_are_read_as_a_viewer_shows_them(tmp_path: Path, lowest_is_white: bool) -> None:
    values = np.tile(np.linspace(0, 4000, 32).astype(np.uint16), (32, 1))
    for name in both("train", "test"):
        place = (tmp_path / name).with_suffix(".dcm")
        place.parent.mkdir(parents=True, exist_ok=True)
        write_dicom(place, values, PhotometricInterpretation="MONOCHROME1" if lowest_is_white else "MONOCHROME2")
    row = read(tmp_path).train.pixels(np.arange(1))[0, 0, 4]
    assert np.allclose(row[[0, -1]], [255, 0] if lowest_is_white else [0, 255], atol=20)


@pytest.mark.parametrize("folder", ["", "cat/", "train/cat/", ".hidden/", "a/.b/c/", "__MACOSX/", "a.b/", "@eaDir/x/"])
@pytest.mark.parametrize(
    "last",
    ["a.jpg", "A.JPG", "a.b.png", ".jpg", "._a.jpg", "a", "a.", "a.txt", "Thumbs.db", "a.jpg.bak", "é.png", "..jpg"],
)
def test_what_is_plainly_a_picture_is_one(folder: str, last: str) -> None:
    name = folder + last
    asked = list[str]()
    found = kinds.kind_of(name, lambda: asked.append(name) or b"")  # type: ignore[func-returns-value]
    assert kinds.is_plainly_picture(name) == (found == kinds.FileKind("picture") and not asked)


@pytest.mark.parametrize("picture", ["train/cat/1.jpg", "1.jpg", "a.b/1", "cat/x.y.png", "cat/.jpg"])
@pytest.mark.parametrize("table", ["table.csv", "train/table.csv", "train/cat/t.csv"])
def test_every_way_of_writing_a_picture_is_looked_for(picture: str, table: str) -> None:
    for written in filter(None, label_tables.keys(picture, table)):
        found = label_tables.read_table(table, f"file,label\n{written},dog\nother.jpg,cat\n", [picture])
        assert found is not None and found.label(picture) == "dog"
    assert label_tables.read_table(table, "file,label\nelse.jpg,dog\n", ["train/cat/1.jpg"]) is None


def test_names_are_writable_together_as_one_by_one() -> None:
    plain, odd = ["a/b.jpg", "c\\d.jpg", "é.jpg"], ["a/b.jpg", "\udce4.jpg", "\\xe4.jpg"]
    for names in (plain, odd, []):
        assert all_writable(names) == tuple(map(writable, names))
