"""Picture files of any kind to RGB bytes of one size. Pillow only; nothing in a file is executed."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from maga_desk.domain.errors import DataError

MAX_PIXELS = 100_000_000  # a decoded picture beyond this is refused before its pixels are allocated
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})


def to_pixels(rgb: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture as ``(3, H, W) uint8`` RGB, resized to cover ``size`` (H, W) and cropped to its centre."""
    if (rgb.height, rgb.width) != size:
        rgb = ImageOps.fit(rgb, (size[1], size[0]), method=Image.Resampling.BILINEAR)
    return np.ascontiguousarray(np.asarray(rgb, dtype=np.uint8).transpose(2, 0, 1))


def decode_rgb(path: Path) -> Image.Image:
    """Read a picture in its own size.

    Grey, palette, RGBA (over white), 16-bit and CMYK pictures are converted; the EXIF orientation is applied.

    :raises DataError: unreadable, truncated, or more than ``MAX_PIXELS``.
    """
    with _opened(path) as picture:
        try:
            return _to_rgb(ImageOps.exif_transpose(picture)).copy()
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise DataError(f"unreadable picture ({error})", where=str(path)) from error


def _opened(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own bomb warning: our bound below decides
            picture = Image.open(path)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError("not a picture that can be read", where=str(path)) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
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
