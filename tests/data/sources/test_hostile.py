"""Pictures that were made to do more than be looked at."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maga_desk.data.sources import kinds
from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.errors import DataError
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
