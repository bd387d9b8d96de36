"""Pictures of every kind from folders, and every way a folder can be wrong."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maga_desk.data.families import read_families
from maga_desk.data.sources import limits
from maga_desk.data.sources.decode import decode_rgb, to_pixels
from maga_desk.data.sources.reading import load_pictures
from maga_desk.data.sources.source import Report
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import DataSpec


def read(
    folder: Path, control: RunControl | None = None, report: Report = lambda done, total: None, **data: Any
) -> ImageSet:
    return load_pictures(DataSpec(path=str(folder), **data), control=control, report=report)


def decode(path: Path, size: tuple[int, int]) -> np.ndarray:
    return to_pixels(decode_rgb(path), size)


def test_the_layout_becomes_an_image_set(tiny_folder: Path) -> None:
    images = read(tiny_folder)
    assert images.classes == images.kinds == ("cross", "disc", "ring", "square")
    assert images.train.whole().shape == (240, 3, 16, 16)
    assert images.train.whole().dtype == np.uint8
    assert np.bincount(images.train.labels).tolist() == [60] * 4
    assert len(images.test) == 80
    assert images.train.names[0] == "train/cross/000.png"
    with Image.open(tiny_folder / images.train.names[100]) as picture:
        assert (np.asarray(picture).transpose(2, 0, 1) == images.train.picture(100)).all()


def test_a_picture_knows_its_own_file(tiny_folder: Path) -> None:
    images = read(tiny_folder, train_limit=50)
    for index in (images.train, images.test.take(np.array([7, 3]))):
        assert [index.file(place) for place in (0, 1)] == [str(tiny_folder / name) for name in index.names[:2]]


def test_a_limit_takes_a_seeded_subset(tiny_folder: Path) -> None:
    first, again, other = (read(tiny_folder, train_limit=50, subset_seed=seed) for seed in (0, 0, 1))
    assert len(first.train) == 50
    assert first.train.names == again.train.names != other.train.names
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_progress_is_told_and_cancelling_works(tiny_folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    read(tiny_folder, report=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (320, 320)
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        read(tiny_folder, control=control)


def red(mode: str) -> Image.Image:
    return Image.new("RGB", (20, 16), (200, 30, 30)).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK", "RGBA", "YCbCr"])
def test_colour_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("x.tif" if mode in ("CMYK", "YCbCr") else "x.png")
    red(mode).save(path)
    pixels = decode(path, (16, 16))
    assert pixels.shape == (3, 16, 16)
    assert pixels.mean(axis=(1, 2)) == pytest.approx([200, 30, 30], abs=12)


def test_grey_16_bit_and_transparent_pictures(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 100).save(tmp_path / "grey.png")
    assert decode(tmp_path / "grey.png", (8, 8)).mean() == 100
    Image.fromarray(np.full((8, 8), 32768, dtype=np.uint16)).save(tmp_path / "deep.png")
    assert decode(tmp_path / "deep.png", (8, 8)).mean() == pytest.approx(127.5, abs=1)
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert decode(tmp_path / "clear.png", (8, 8)).min() == 255


def test_the_exif_orientation_is_applied(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    Image.fromarray(pixels).save(tmp_path / "x.png", exif=exif)
    turned = decode(tmp_path / "x.png", (8, 8))
    assert turned[0, :, 5:].min() == 255
    assert turned[0, :, :3].max() == 0


def test_huge_pictures_are_refused_before_they_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (64, 64)).save(tmp_path / "big.png")
    monkeypatch.setattr(limits, "MAX_PIXELS", 1000)
    with pytest.raises(DataError, match="64 x 64 pixels is too large"):
        decode(tmp_path / "big.png", (8, 8))


def test_unreadable_pictures_are_left_out_and_named(tiny_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(tiny_folder, root)
    (root / "train" / "disc" / "000.png").write_bytes(b"no picture")
    whole = (root / "test" / "ring" / "001.png").read_bytes()
    (root / "test" / "ring" / "001.png").write_bytes(whole[: len(whole) // 2])
    (root / "train" / "disc" / "notes.txt").write_text("not a picture, and no reason to complain")
    images = read(root)
    assert images.skipped == ("train/disc/000.png", "test/ring/001.png")
    assert (len(images.train), len(images.test)) == (239, 79)
    assert "train/disc/000.png" not in images.train.names


def spoilt(root: Path) -> None:
    for file in root.rglob("*.png"):
        file.write_bytes(b"")


def single(root: Path) -> None:
    for split in ("train", "test"):
        for kind in ("cross", "disc", "ring"):
            shutil.rmtree(root / split / kind)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (shutil.rmtree, "there is no such folder or file"),
        (spoilt, "can be read"),
        (single, "only one class"),
    ],
    ids=["nothing", "nothing readable", "one class"],
)
def test_wrong_folders_get_one_clear_line(tiny_folder: Path, tmp_path: Path, damage: object, says: str) -> None:
    root = tmp_path / "copy"
    shutil.copytree(tiny_folder, root)
    damage(root)  # type: ignore[operator]
    with pytest.raises(DataError) as caught:
        read(root)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_families_from_every_format(tmp_path: Path) -> None:
    expected = {"cat": "animals", "dog": "animals", "mug": "tableware"}
    (tmp_path / "a.toml").write_text('cat = "animals"\ndog = "animals"\nmug = "tableware"')
    (tmp_path / "b.toml").write_text('animals = ["cat", "dog"]\ntableware = ["mug"]')
    (tmp_path / "c.json").write_text('{"animals": ["cat", "dog"], "mug": "tableware"}')
    (tmp_path / "d.csv").write_text("cat,animals\ndog, animals\n\nmug,tableware\n")
    for file in sorted(tmp_path.iterdir()):
        assert read_families(str(file)) == expected, file


@pytest.mark.parametrize("text", ["cat = 3", "cat =", "", "[[cat]]"])
def test_what_is_no_list_of_families(tmp_path: Path, text: str) -> None:
    (tmp_path / "f.toml").write_text(text)
    with pytest.raises(DataError, match=r"f\.toml"):
        read_families(str(tmp_path / "f.toml"))


def test_a_kind_without_a_family_is_named(tiny_folder: Path) -> None:
    with pytest.raises(DataError, match="no family is given for ring"):
        read(tiny_folder).with_families({"cross": "a", "disc": "r", "square": "a"})
