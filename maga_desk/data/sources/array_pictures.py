"""Arrays that are pictures: ``.npy`` files and DICOM. Nothing is made room for that a file only claims."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maga_desk.data.sources.kinds import ARRAYS, DICOM, SEVERAL, has_dicom
from maga_desk.data.sources.limits import admit, check_pixels
from maga_desk.domain.errors import DataError

File = Path | str | BinaryIO
_ROWS = 256  # of an array that are converted at once
_DICOM_BYTES = 32  # for each value: pydicom computes in float64, several times over
_DEFLATED, _DEFLATE_RATIO = "1.2.840.10008.1.2.1.99", 1032  # a transfer syntax, and how far zlib packs at most


def reader_of(name: str) -> Callable[[File, str], Image.Image] | None:
    """What reads a file whose name ends so, within a turn of the room; ``None``: it is no array.

    A reader raises ``DataError`` where the file is no such picture, or is too large.
    """
    suffix = os.path.splitext(name)[1].lower()
    return _of_array if suffix in ARRAYS else _of_dicom if suffix in DICOM else None


def _of_array(file: File, where: str) -> Image.Image:
    _make_room(file, where)
    try:
        values = np.load(file, allow_pickle=False)
        if not isinstance(values, np.ndarray):
            raise ValueError("several arrays")
        return _picture_of(values)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise DataError(f"no array that is a picture ({error})", where=where) from error


def _make_room(file: File, where: str) -> None:
    """For what an array file says that it has; numpy makes room for that before it reads any of it."""
    with open(file, "rb") if isinstance(file, str | Path) else nullcontext(file) as stream:
        start = stream.tell()
        try:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
        except (OSError, ValueError, EOFError, RecursionError, MemoryError) as error:
            raise DataError(f"no array that is a picture ({error})", where=where) from error
        finally:
            stream.seek(start)
    values = math.prod(shape)
    pixels = values // (3 if len(shape) == 3 and 3 in (shape[0], shape[2]) else 1)
    check_pixels(pixels, where)
    size = " x ".join(map(str, shape))
    admit(values * (dtype.itemsize + (dtype != np.uint8)) + 4 * pixels, where, f"an array of {size} {dtype} values")


def _picture_of(values: NDArray[Any]) -> Image.Image:
    """:raises ValueError: of another shape or kind than a picture's."""
    if values.ndim == 3 and values.shape[0] in (1, 3) and values.shape[2] not in (1, 3):
        values = values.transpose(1, 2, 0)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] != 3) or not values.size:
        raise ValueError(f"its shape is {values.shape}")
    picture = Image.fromarray(np.ascontiguousarray(values if values.dtype == np.uint8 else _as_bytes(values)))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _as_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers of another kind in the range that they use: 0..1, bytes or 16 bits.

    :raises ValueError: they are no numbers.
    """
    if values.dtype.kind not in "uif":
        raise ValueError(f"its type is {values.dtype}")

    def some() -> Iterator[tuple[int, NDArray[np.float32]]]:
        for row in range(0, len(values), _ROWS):
            yield row, np.nan_to_num(values[row : row + _ROWS].astype(np.float32))

    most = max(float(part.max(initial=0)) for _, part in some())
    top = np.float32(65535.0 if most > 255 else 255.0 if most > 1 else 1.0)
    found = np.empty(values.shape, dtype=np.uint8)
    for row, part in some():
        found[row : row + _ROWS] = (part / top * 255).clip(0, 255).astype(np.uint8)
    return found


def _of_dicom(file: File, where: str) -> Image.Image:
    """As a viewer shows it: with the file's own window, the first frame."""
    if not has_dicom():
        raise DataError("DICOM pictures need the package pydicom", where=where)
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    try:
        _check_deflated(file, where)
        about = pydicom.dcmread(file)
        pixels = math.prod(int(about.get(key) or 1) for key in ("Rows", "Columns", "NumberOfFrames"))
        check_pixels(pixels, where)
        admit(_DICOM_BYTES * pixels * int(about.get("SamplesPerPixel") or 1), where, f"a picture of {pixels:,} values")
        values = np.asarray(apply_voi_lut(apply_modality_lut(about.pixel_array, about), about), dtype=np.float32)
        several = int(getattr(about, "NumberOfFrames", 1) or 1) > 1
        values = values[0] if several else values
        low, high = float(values.min()), float(values.max())
        scaled = (values - low) / (high - low or 1.0)
        if about.get("PhotometricInterpretation") == "MONOCHROME1":
            scaled = 1 - scaled
        picture = _picture_of((255 * scaled).astype(np.uint8))
        if several:
            picture.info[SEVERAL] = True
        return picture
    except DataError:
        raise
    except Exception as error:  # of whatever kind its plugins raise
        raise DataError(f"unreadable picture ({error})", where=where) from error


def _check_deflated(file: File, where: str) -> None:
    """Make room for what a deflated file may unpack to: pydicom unpacks it whole before it reads anything."""
    from pydicom.filereader import _read_file_meta_info, read_preamble

    with open(file, "rb") if isinstance(file, str | Path) else nullcontext(file) as stream:
        start = stream.tell()
        try:
            read_preamble(stream, force=True)
            syntax = str(_read_file_meta_info(stream).get("TransferSyntaxUID", ""))
            packed = stream.seek(0, os.SEEK_END) - start
        finally:
            stream.seek(start)
    if syntax == _DEFLATED:
        admit(packed * _DEFLATE_RATIO, where, f"{packed:,} deflated bytes")
