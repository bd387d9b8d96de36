"""Picture files of any kind to RGB bytes of one size. Pillow only; nothing in a file is executed."""

from __future__ import annotations

import math
import os
import threading
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from maga_desk.data.sources.kinds import ARRAYS, DICOM, formats, has_dicom
from maga_desk.domain.errors import DataError
from maga_desk.domain.preprocessing import Framing, Size, colour_of

MAX_PIXELS = 100_000_000  # a decoded picture beyond this is refused before its pixels are allocated
VERSION = 2
"""Raised whenever decoding or fitting gives other pixels."""


def to_pixels(rgb: Image.Image, size: Size, framing: Framing = Framing()) -> NDArray[np.uint8]:  # noqa: B008 (frozen)
    """A picture as ``(3, H, W) uint8`` RGB, brought to ``size`` (H, W)."""
    if (rgb.height, rgb.width) != size or framing.crop != 1:
        rgb = _framed(rgb, size, framing)
    pixels = np.frombuffer(rgb.tobytes(), dtype=np.uint8)
    return np.ascontiguousarray(pixels.reshape(*size, 3).transpose(2, 0, 1))


def _framed(rgb: Image.Image, size: Size, framing: Framing) -> Image.Image:
    """The picture scaled for ``size / crop``; then the middle of it, filled up around where it is smaller."""
    method = Image.Resampling[framing.interpolation.upper()]
    height, width = size
    if framing.resize == "cover" and framing.crop == 1:
        return ImageOps.fit(rgb, (width, height), method=method)
    wanted = [math.floor(side / framing.crop + 1e-6) for side in size]
    if framing.resize == "squash":
        scaled = rgb.resize((wanted[1], wanted[0]), method)
    else:
        scales = wanted[0] / rgb.height, wanted[1] / rgb.width
        scale = max(scales) if framing.resize == "cover" else min(scales)
        sides = [max(1, math.floor(side * scale + 1e-6)) for side in (rgb.height, rgb.width)]  # as the libraries round
        scaled = rgb.resize((sides[1], sides[0]), method)
    left, top = round((scaled.width - width) / 2), round((scaled.height - height) / 2)
    if framing.fill == "black" or (left >= 0 and top >= 0):
        return scaled.crop((left, top, left + width, top + height))
    return _filled(scaled, size, (max(0, -left), max(0, -top)), (max(0, left), max(0, top)), framing.fill)


def _filled(scaled: Image.Image, size: Size, at: tuple[int, int], cut: tuple[int, int], fill: str) -> Image.Image:
    """A picture in the middle of a larger one.

    :param at: columns and rows before it; ``cut``: of itself that are left out before.
    """
    height, width = size
    inside = scaled.crop((*cut, min(scaled.width, cut[0] + width - at[0]), min(scaled.height, cut[1] + height - at[1])))
    if fill == "edge":
        rest = (at[1], height - at[1] - inside.height), (at[0], width - at[0] - inside.width), (0, 0)
        return Image.fromarray(np.pad(np.asarray(inside), rest, mode="edge"))
    whole = Image.new("RGB", (width, height), colour_of(fill))
    whole.paste(inside, at)
    return whole


class _Quiet:
    """While open anywhere, no thread warns: Python's filters belong to the whole process, and Pillow warns of much that
    is no fault. Opening it again inside costs next to nothing.
    """

    def __init__(self) -> None:
        self._lock, self._depth = threading.Lock(), 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore")
            self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._caught.__exit__(kind, error, trace)


without_warnings = _Quiet()
"""Around much decoding."""


def decode_rgb(file: Path | str | BinaryIO, where: str | None = None) -> Image.Image:
    """Read a picture in its own size.

    Grey, palette, RGBA (over white), 16-bit and CMYK pictures are converted; the EXIF orientation is applied. Arrays
    (``.npy``) are ``(H, W)``, ``(H, W, 1 or 3)`` or ``(1 or 3, H, W)``: bytes, 16 bits, or floats in 0..1 or 0..255.

    :param file: a path, or a stream, which is closed.
    :param where: its name for messages and its suffix; default: the path.
    :raises DataError: unreadable, truncated, or more than ``MAX_PIXELS``.
    """
    where = where if where is not None else str(file)
    special = _special(where)
    with without_warnings, special(file, where) if special else _opened(file, where) as picture:
        try:
            picture.load()
            if picture.mode == "RGB" and _stands_upright(picture):
                return picture
            return _to_rgb(ImageOps.exif_transpose(picture)).copy()
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise DataError(f"unreadable picture ({error})", where=where) from error


def _special(name: str) -> Callable[[Path | str | BinaryIO, str], Image.Image] | None:
    suffix = os.path.splitext(name)[1].lower()
    return _of_array if suffix in ARRAYS else _of_dicom if suffix in DICOM else None


def _of_array(file: Path | str | BinaryIO, where: str) -> Image.Image:
    _check_pixels(_claimed(file, where), where)
    try:
        values = np.load(file, allow_pickle=False)
        if not isinstance(values, np.ndarray):
            raise ValueError("several arrays")
        return _picture_of(values)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise DataError(f"no array that is a picture ({error})", where=where) from error


def _claimed(file: Path | str | BinaryIO, where: str) -> int:
    """How many pixels an array file says that it has; numpy makes room for them before it reads one."""
    with open(file, "rb") if isinstance(file, str | Path) else nullcontext(file) as stream:
        start = stream.tell()
        try:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape = read(stream)[0]
            coloured = len(shape) == 3 and 3 in (shape[0], shape[2])
            return math.prod(shape) // (3 if coloured else 1)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"no array that is a picture ({error})", where=where) from error
        finally:
            stream.seek(start)


def _check_pixels(count: int, where: str, size: str = "") -> None:
    """:raises DataError: more than ``MAX_PIXELS``."""
    if count > MAX_PIXELS:
        raise DataError(f"{size or f'{count:,}'} pixels is too large", where=where, todo="scale it down first")


def _picture_of(values: NDArray[Any]) -> Image.Image:
    """:raises ValueError: of another shape or kind than a picture's."""
    if values.ndim == 3 and values.shape[0] in (1, 3) and values.shape[2] not in (1, 3):
        values = values.transpose(1, 2, 0)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] != 3) or not values.size:
        raise ValueError(f"its shape is {values.shape}")
    if values.dtype != np.uint8:
        if values.dtype.kind not in "uif":
            raise ValueError(f"its type is {values.dtype}")
        values = np.nan_to_num(values.astype(np.float32))
        most = values.max(initial=0)
        top = 65535.0 if most > 255 else 255.0 if most > 1 else 1.0
        values = (values / top * 255).clip(0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(values)).convert("RGB")


def _of_dicom(file: Path | str | BinaryIO, where: str) -> Image.Image:
    """As a viewer shows it: with the file's own window, the first frame."""
    if not has_dicom():
        raise DataError("DICOM pictures need the package pydicom", where=where)
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    try:
        about = pydicom.dcmread(file)
        _check_pixels(math.prod(int(about.get(key) or 1) for key in ("Rows", "Columns", "NumberOfFrames")), where)
        values = np.asarray(apply_voi_lut(apply_modality_lut(about.pixel_array, about), about), dtype=np.float32)
        values = values[0] if int(getattr(about, "NumberOfFrames", 1) or 1) > 1 else values
        low, high = float(values.min()), float(values.max())
        scaled = (values - low) / (high - low or 1.0)
        if about.get("PhotometricInterpretation") == "MONOCHROME1":
            scaled = 1 - scaled
        return _picture_of((255 * scaled).astype(np.uint8))
    except DataError:
        raise
    except Exception as error:  # of whatever kind its plugins raise
        raise DataError(f"unreadable picture ({error})", where=where) from error


def _stands_upright(picture: Image.Image) -> bool:
    """Whether nothing in a loaded picture of a common format can say that it is to be turned, or see-through."""
    return picture.format in _COMMON and _SAYS_MORE.isdisjoint(picture.info)


_COMMON = frozenset({"JPEG", "PNG", "BMP", "PPM"})
_SAYS_MORE = frozenset({"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp", "transparency"})


def _opened(file: Path | str | BinaryIO, where: str) -> Image.Image:
    try:
        picture = Image.open(file, formats=formats())
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError("not a picture that can be read", where=where) from error
    width, height = picture.size
    try:
        _check_pixels(width * height, where, f"{width} x {height}")  # Pillow's own bound only warns
    except DataError:
        picture.close()
        raise
    return picture


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):  # 16- and 32-bit grey: scale by the range in use, as viewers do
        values = np.asarray(picture, dtype=np.float32)
        most = values.max(initial=0)
        top = 65535.0 if most > 255 else 1.0 if most <= 1 and picture.mode == "F" else 255.0
        return Image.fromarray((values / top * 255).clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in picture.getbands() or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture.convert("RGB")
