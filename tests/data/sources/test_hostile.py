"""Pictures that were made to do more than be looked at."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maga_desk.data.sources import array_pictures, decode, kinds, large_tables, limits
from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.errors import DataError, ResourceError
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.preprocessing import Framing
from maga_desk.domain.room import Room
from maga_desk.domain.specs.run import DataSpec
from tests.data.sources.published import write_dicom

DRAWING = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("name", ["0000x.jpg", "0000x.png", "0000x.eps", "0000x"])
def test_a_drawing_that_calls_itself_a_picture_starts_no_program(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ran, program = tmp_path / "ran", tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho ran >> {ran}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    pictures = tmp_path / "pictures"
    for split in ("train", "test"):
        for kind in ("ring", "disc"):
            (pictures / split / kind).mkdir(parents=True)
            for file in sorted((tiny_folder / split / kind).iterdir())[:2]:
                (pictures / split / kind / file.name).write_bytes(file.read_bytes())
    (pictures / "train" / "ring" / name).write_bytes(DRAWING)
    found = load_pictures(DataSpec(path=str(pictures)))
    assert len(found.train) == 4 and not ran.exists()
    [said] = (*found.found.skipped, *found.found.others)
    assert said.names == (f"train/ring/{name}",), "it is said that it is not used"


def test_formats_of_a_plugin_are_not_read_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    Image.init()
    monkeypatch.setitem(Image.OPEN, "NEWER", Image.OPEN["PNG"])
    kinds.formats.cache_clear()
    try:
        assert "NEWER" not in kinds.formats() and "PNG" in kinds.formats()
    finally:
        kinds.formats.cache_clear()


@pytest.mark.parametrize("shape", [(20_000, 20_000), (1, 2**40), (3, 10**6, 10**6)])
def test_an_array_that_claims_to_be_huge_is_refused_unread(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "huge.npy"
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})
        stream.write(bytes(64))
    with pytest.raises(DataError, match="too large"):
        decode_rgb(path)
    with pytest.raises(DataError, match="too large"):
        decode_rgb(io.BytesIO(path.read_bytes()), "huge.npy")


@pytest.mark.parametrize("shape", [(6_000, 6_000, 3), (3, 6_000, 6_000)])
def test_colours_of_an_array_are_no_further_pixels(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "large.npy"
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with pytest.raises(DataError, match="no array that is a picture"):  # it is cut off; its size is not the fault
        decode_rgb(path)


def test_a_dicom_file_that_claims_to_be_huge_is_refused_undecoded(tmp_path: Path) -> None:
    values = np.zeros((32, 32), np.uint16)
    write_dicom(tmp_path / "huge.dcm", values, Rows=40_000, Columns=40_000, NumberOfFrames=60)
    with pytest.raises(DataError, match="too large"):
        decode_rgb(tmp_path / "huge.dcm")


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """Room for one picture of 64 x 64 at a time, as there is for one of ten thousand."""
    room = Room(50_000, small=0)
    for module in (decode, limits):
        monkeypatch.setattr(module, "PICTURES", room)
    monkeypatch.setattr("maga_desk.data.sources.decoding.PICTURES", room)
    return room


def test_large_pictures_are_decoded_one_after_the_other(
    tiny_folder: Path, tmp_path: Path, little_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split in ("train", "test"):
        for kind in ("ring", "disc"):
            (tmp_path / split / kind).mkdir(parents=True)
            for number in range(8):
                Image.new("RGBA", (64, 64), (9, 9, 9, number)).save(tmp_path / split / kind / f"{number}.png")
    held, taken = list[int](), little_room.take
    monkeypatch.setattr(little_room, "take", lambda nbytes: (taken(nbytes), held.append(little_room.taken)))
    images = load_pictures(DataSpec(path=str(tmp_path)), size=16)
    assert len(images.train) == 16 and not images.skipped
    assert len(held) >= 32 and max(held) == 8 * 64 * 64 and little_room.taken == 0


@pytest.mark.parametrize("form", ["WEBP", "JPEG2000", "AVIF"])
def test_a_format_whose_decoder_takes_too_much_is_one_line(tmp_path: Path, little_room: Room, form: str) -> None:
    path = tmp_path / "large"
    Image.new("RGB", (64, 64)).save(path, form)
    with pytest.raises(DataError, match=f"a {form} picture of 64 x 64 pixels would take .* to decode"):
        decode_rgb(path)


def test_what_pillow_decodes_in_python_may_not_be_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_IN_PYTHON", 1_000)
    path = tmp_path / "large.qoi"
    path.write_bytes(b"qoif" + struct.pack(">IIBB", 64, 64, 3, 0) + b"\xfd" * 67 + bytes(7) + b"\1")
    with pytest.raises(DataError, match="64 x 64 pixels is too large for QOI"):
        decode_rgb(path)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "L", "1", "CMYK", "YCbCr", "I;16", "F"])
def test_converting_in_bands_changes_nothing(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    values = np.random.default_rng(0).integers(0, 255, (37, 23, 4), dtype=np.uint8)
    grey = {"I;16": values[..., 0].astype(np.uint16) * 200, "F": values[..., 0].astype(np.float32) / 300}
    picture = Image.fromarray(grey[mode]) if mode in grey else Image.fromarray(values).convert(mode)
    whole = np.asarray(decode._to_rgb(picture))
    monkeypatch.setattr(decode, "_BAND", 100)
    assert np.array_equal(np.asarray(decode._to_rgb(picture)), whole)


@pytest.mark.parametrize("kind", ["float64", "uint16"])
def test_numbers_are_converted_in_bands_to_the_same_bytes(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    values = (np.random.default_rng(0).random((19, 5, 3)) * 900).astype(kind)
    whole = array_pictures._as_bytes(values)
    monkeypatch.setattr(array_pictures, "_ROWS", 4)
    assert np.array_equal(array_pictures._as_bytes(values), whole)
    assert np.array_equal(whole, (values.astype(np.float32) / 65535 * 255).astype(np.uint8))


def test_a_large_jpeg_is_decoded_small_to_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(tmp_path / "a.jpg")
    monkeypatch.setattr(decode, "_LARGE", 100_000)
    sizes = list[tuple[int, int]]()

    def opener(name: str) -> Image.Image:
        sizes.append((picture := decode_rgb(tmp_path / name)).size)
        return picture

    none = np.zeros(1, dtype=np.int64)
    index = PictureIndex(InMemory(np.zeros((1, 3, 8, 8), np.uint8)), none, none, ("a.jpg",), opener=opener)
    assert index.open(0, largest=150).size == (150, 112) and sizes == [(200, 150)]
    assert decode_rgb(tmp_path / "a.jpg").size == (800, 600), "the classifier's pixels come of the whole picture"


def test_files_of_an_archive_that_unpack_to_gigabytes_are_left_out(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_LARGEST_FILE", 100_000)
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for split in ("train", "test"):
            for kind in ("ring", "disc"):
                for file in sorted((tiny_folder / split / kind).iterdir())[:3]:
                    archive.write(file, f"{split}/{kind}/{file.name}")
                archive.writestr(f"{split}/{kind}/bomb.png", bytes(200_000))
    images = load_pictures(DataSpec(path=str(path)))
    assert len(images.train) == 6 and len(images.skipped) == 4


def test_a_packed_tar_that_unpacks_to_gigabytes_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maga_desk.data.sources.parts._HARMLESS", 2**20)
    path = tmp_path / "set.tar.gz"
    path.write_bytes(gzip.compress(bytes(2**24)))
    with pytest.raises(DataError, match="as archive bombs do"):
        load_pictures(DataSpec(path=str(path)))


def test_tables_of_too_many_rows_are_left_out_or_refused(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_tables, "_MOST_TAKEN", 10_000)
    for split in ("train", "test"):
        for kind in ("ring", "disc"):
            (tmp_path / split / kind).mkdir(parents=True)
            for file in sorted((tiny_folder / split / kind).iterdir())[:2]:
                (tmp_path / split / kind / file.name).write_bytes(file.read_bytes())
    table = tmp_path / "labels.csv"
    table.write_text("path,label\n" + "train/ring/000.png,cat\n" * 100)
    found = load_pictures(DataSpec(source="folder", path=str(tmp_path))).found
    assert [each.names for each in found.others if "more rows" in each.reason] == [("labels.csv",)]
    with pytest.raises(DataError, match="more rows than are read"):
        load_pictures(DataSpec(source="manifest", path=str(table)))


def test_json_that_would_fill_the_memory_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_tables, "free_memory", lambda: 100)
    (tmp_path / "labels.json").write_text('[{"file": "0.png", "label": "cat"}]')
    with pytest.raises(ResourceError, match="not enough memory"):
        load_pictures(DataSpec(source="manifest", path=str(tmp_path / "labels.json")))


@pytest.mark.parametrize("framing", [Framing("cover", 0.5), Framing("cover", 1e-9), Framing("cover", 0.875)])
def test_pictures_that_cannot_be_scaled_are_left_out(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, framing: Framing
) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 300)
    with pytest.raises(DataError, match="is too large"):
        decode.to_pixels(Image.new("RGB", (16, 16)), (16, 16), framing)


def test_lines_that_pillow_cannot_hold_are_an_unreadable_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")

    def load(_picture: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "load", load)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(DataError, match="unreadable picture"):
        decode_rgb(io.BytesIO(stream.getvalue()), "a.png")


@pytest.mark.parametrize("how", [{"lossless": True}, {"quality": 50}, {"save_all": True}])
def test_a_webp_file_is_weighed_before_its_decoder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    path, more = (
        tmp_path / "a.webp",
        {"append_images": [Image.new("RGB", (50, 30), "red")]} if "save_all" in how else {},
    )
    Image.new("RGB", (50, 30)).save(path, "WEBP", **how, **more)
    assert limits._webp_size(path.read_bytes()[:30]) == (50, 30) and decode_rgb(path).size == (50, 30)
    monkeypatch.setattr(limits, "MAX_PIXELS", 1_000)
    monkeypatch.setattr(Image, "open", None)
    with pytest.raises(DataError, match="50 x 30 pixels is too large"):
        decode_rgb(path)


@pytest.mark.parametrize(("turn", "each"), [(1, 8), (6, 12)])
def test_a_tiff_that_is_not_turned_takes_less(
    tmp_path: Path, little_room: Room, monkeypatch: pytest.MonkeyPatch, turn: int, each: int
) -> None:
    exif, held = Image.Exif(), list[int]()
    exif[0x112] = turn
    Image.new("RGB", (40, 30)).save(tmp_path / "a.tif", exif=exif)
    monkeypatch.setattr(little_room, "take", held.append)
    assert decode_rgb(tmp_path / "a.tif").size == ((40, 30) if turn == 1 else (30, 40))
    assert held == [each * 40 * 30]
