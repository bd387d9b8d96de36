"""Picture files of any kind to RGB bytes of one size. Pillow only; nothing in a file is executed."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from maga_desk.domain.errors import DataError

MAX_PIXELS = 100_000_000  # a decoded picture beyond this is refused before its pixels are allocated
VERSION = 1
"""Raised whenever decoding or fitting gives other pixels."""

INTERPOLATION = Image.Resampling.BILINEAR
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})


def to_pixels(rgb: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture as ``(3, H, W) uint8`` RGB, resized to cover ``size`` (H, W) and cropped to its centre."""
    if (rgb.height, rgb.width) != size:
        rgb = ImageOps.fit(rgb, (size[1], size[0]), method=INTERPOLATION)
    pixels = np.frombuffer(rgb.tobytes(), dtype=np.uint8)
    return np.ascontiguousarray(pixels.reshape(*size, 3).transpose(2, 0, 1))


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


def decode_rgb(path: Path | str) -> Image.Image:
    """Read a picture in its own size.

    Grey, palette, RGBA (over white), 16-bit and CMYK pictures are converted; the EXIF orientation is applied.

    :raises DataError: unreadable, truncated, or more than ``MAX_PIXELS``.
    """
    with without_warnings, _opened(path) as picture:
        try:
            picture.load()
            if picture.mode == "RGB" and _stands_upright(picture):
                return picture
            return _to_rgb(ImageOps.exif_transpose(picture)).copy()
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise DataError(f"unreadable picture ({error})", where=str(path)) from error


def _stands_upright(picture: Image.Image) -> bool:
    """Whether nothing in a loaded picture of a common format can say that it is to be turned, or see-through."""
    return picture.format in _COMMON and _SAYS_MORE.isdisjoint(picture.info)


_COMMON = frozenset({"JPEG", "PNG", "BMP", "PPM"})
_SAYS_MORE = frozenset({"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp", "transparency"})


def _opened(path: Path | str) -> Image.Image:
    try:
        picture = Image.open(path)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError("not a picture that can be read", where=str(path)) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:  # Pillow's own bound only warns
        picture.close()
        raise DataError(f"{width} x {height} pixels is too large", where=str(path), todo="scale it down first")
    return picture


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):  # 16- and 32-bit grey: scale by the range in use, as viewers do
        values = np.asarray(picture, dtype=np.float32)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray((values / top * 255).clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in picture.getbands() or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture.convert("RGB")
