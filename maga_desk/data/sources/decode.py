"""Picture files of any kind to RGB bytes of one size. Pillow only; nothing in a file is executed."""

from __future__ import annotations

import math
import struct
import threading
import warnings
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from maga_desk.data.sources.array_pictures import reader_of
from maga_desk.data.sources.kinds import SEVERAL, formats
from maga_desk.data.sources.limits import ORIENTATION, check_pixels, make_room, make_room_to_open
from maga_desk.domain.errors import DataError
from maga_desk.domain.preprocessing import Framing, Size, colour_of
from maga_desk.domain.room import PICTURES

VERSION = 2
"""Raised whenever decoding or fitting gives other pixels."""


def to_pixels(rgb: Image.Image, size: Size, framing: Framing = Framing()) -> NDArray[np.uint8]:  # noqa: B008 (frozen)
    """A picture as ``(3, H, W) uint8`` RGB, brought to ``size`` (H, W).

    :raises DataError: it is so long that it cannot be scaled.
    """
    if (rgb.height, rgb.width) != size or framing.crop != 1:
        rgb = _framed(rgb, size, framing)
    pixels = np.frombuffer(rgb.tobytes(), dtype=np.uint8)
    return np.ascontiguousarray(pixels.reshape(*size, 3).transpose(2, 0, 1))


def _framed(rgb: Image.Image, size: Size, framing: Framing) -> Image.Image:
    """The picture scaled for ``size / crop``; then the middle of it, filled up around where it is smaller.

    :raises DataError: it is so long that it cannot be scaled.
    """
    method = Image.Resampling[framing.interpolation.upper()]
    height, width = size
    if framing.resize == "cover" and framing.crop == 1:
        return ImageOps.fit(rgb, (width, height), method=method)
    wanted = [math.floor(side / framing.crop + 1e-6) for side in size]
    if framing.resize == "squash":
        sides = wanted
    else:
        scales = wanted[0] / rgb.height, wanted[1] / rgb.width
        scale = max(scales) if framing.resize == "cover" else min(scales)
        sides = [max(1, math.floor(side * scale + 1e-6)) for side in (rgb.height, rgb.width)]  # as the libraries round
    check_pixels(sides[0] * sides[1], "", f"scaled to {sides[1]} x {sides[0]}, its")
    PICTURES.take(4 * sides[0] * sides[1])
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

    Within a turn of the room for pictures, what it takes is held until that ends: a large picture waits for another.
    Where the turn asks for a small form only, a large JPEG is decoded at a half, a quarter or an eighth.

    :param file: a path, or a stream, which is closed.
    :param where: its name for messages and its suffix; default: the path.
    :raises DataError: unreadable, truncated, or too large (``limits.py``).
    """
    where = where if where is not None else str(file)
    special = reader_of(where)
    with PICTURES.turn(), without_warnings, special(file, where) if special else _opened(file, where) as picture:
        try:
            several = SEVERAL in picture.info or _has_several(picture)
            picture.load()
            if several:
                picture.info[SEVERAL] = True
            if picture.mode == "RGB" and _stands_upright(picture):
                return picture
            turn = _TURNS.get(picture.getexif().get(ORIENTATION, 1))
            rgb = _to_rgb(picture)
            if rgb is not picture:
                picture.close()  # its pixels are not needed any more
            upright = rgb if turn is None else rgb.transpose(turn)
            if several:
                upright.info[SEVERAL] = True
            return upright
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise DataError(f"unreadable picture ({error})", where=where) from error
        except (MemoryError, OverflowError) as error:  # of lines that are too long, too
            raise DataError("unreadable picture (there is no memory for it)", where=where) from error


_SINGLE = frozenset({"JPEG", "MPO", "ICO", "ICNS"})
"""Formats whose further pictures are the same one again: a preview, another size, a map of its brightness."""


def _has_several(picture: Image.Image) -> bool:
    return picture.format not in _SINGLE and bool(getattr(picture, "is_animated", False))


def _stands_upright(picture: Image.Image) -> bool:
    """Whether nothing in a loaded picture of a common format can say that it is to be turned, or see-through."""
    return picture.format in _COMMON and _SAYS_MORE.isdisjoint(picture.info)


_COMMON = frozenset({"JPEG", "PNG", "BMP", "PPM"})
_SAYS_MORE = frozenset({"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp", "transparency"})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _opened(file: Path | str | BinaryIO, where: str) -> Image.Image:
    """A picture whose pixels are not decoded yet, with room for them."""
    try:
        make_room_to_open(_head(file), where)
        picture = Image.open(file, formats=formats())
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError("not a picture that can be read", where=where) from error
    try:
        make_room(picture, where)
    except DataError:
        picture.close()
        raise
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, struct.error) as error:  # in its EXIF
        picture.close()
        raise DataError("not a picture that can be read", where=where) from error
    largest = PICTURES.largest
    if largest is not None and picture.width * picture.height > _LARGE:
        picture.draft("RGB", (largest, largest))  # JPEGs alone
    return picture


def _head(file: Path | str | BinaryIO) -> bytes:
    """Its first bytes; a stream stays where it is."""
    if isinstance(file, str | Path):
        with open(file, "rb") as stream:
            return stream.read(_HEAD)
    start = file.tell()
    head = file.read(_HEAD)
    file.seek(start)
    return head


_HEAD = 30
_LARGE = 16_000_000  # pixels of a JPEG that is decoded smaller where a small form of it is all that is wanted
_BAND = 4_000_000  # pixels that are converted at once


def _to_rgb(picture: Image.Image) -> Image.Image:
    """Of a loaded picture; itself, where it is RGB. Band by band, so that a large one is there twice and no more."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    rows = max(1, _BAND // max(1, picture.width))
    bands = [(top, min(top + rows, picture.height)) for top in range(0, picture.height, rows)]
    grey = picture.mode.startswith(("I", "F"))  # 16- and 32-bit grey: scale by the range in use, as viewers do
    most = max((_values(picture, *band).max(initial=0) for band in bands), default=0) if grey else 0
    top = 65535.0 if most > 255 else 1.0 if most <= 1 and picture.mode == "F" else 255.0
    rgb = Image.new("RGB", picture.size)
    for band in bands:
        if grey:
            values = (_values(picture, *band) / top * 255).clip(0, 255).astype(np.uint8)
            converted = Image.fromarray(values).convert("RGB")
        else:
            converted = _seen_on_white(picture.crop((0, band[0], picture.width, band[1])))
        rgb.paste(converted, (0, band[0]))
    return rgb


def _values(picture: Image.Image, top: int, bottom: int) -> NDArray[np.float32]:
    return np.asarray(picture.crop((0, top, picture.width, bottom)), dtype=np.float32)


def _seen_on_white(part: Image.Image) -> Image.Image:
    if "A" in part.getbands() or "transparency" in part.info:
        layer = part.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return part.convert("RGB")
