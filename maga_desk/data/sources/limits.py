"""How large a picture may be, told from what its file claims, before room is made for its pixels."""

from __future__ import annotations

import os

from PIL import Image

from maga_desk.domain.errors import DataError
from maga_desk.domain.room import PICTURES

MAX_PIXELS = 100_000_000
"""A picture beyond this is refused whatever its format."""

_TODO = "scale it down first"


def check_pixels(count: int, where: str, size: str = "") -> None:
    """:raises DataError: more than ``MAX_PIXELS``."""
    if count > MAX_PIXELS:
        raise DataError(f"{size or f'{count:,}'} pixels is too large", where=where, todo=_TODO)


def admit(nbytes: int, where: str, what: str) -> None:
    """Wait for room to decode a picture; it is held to the end of the turn.

    :param nbytes: that decoding takes at most.
    :param what: the picture, in words.
    :raises DataError: no picture may take so much.
    """
    if nbytes > PICTURES.most:
        need, most = (each / 2**30 for each in (nbytes, PICTURES.most))
        raise DataError(f"{what} would take {need:.1f} GB to decode, {most:.1f} are allowed", where=where, todo=_TODO)
    PICTURES.take(nbytes)


def admit_file(nbytes: int, where: str) -> None:
    """Likewise for a picture's file that is taken out of an archive whole.

    :raises DataError: no picture's file is so large.
    """
    if nbytes > _LARGEST_FILE:
        raise DataError(f"{nbytes / 2**20:,.0f} MiB are too large for a picture's file", where=where)
    PICTURES.take(nbytes)


_LARGEST_FILE = 256 * 2**20

_OWN = {"AVIF": 12, "HEIF": 12, "JPEG2000": 16, "TIFF": 4, "WEBP": 12}
"""Bytes a pixel that a format's decoder has for itself."""

_PROGRESSIVE = 6  # likewise, of JPEGs in several passes: all coefficients
_NESTED = frozenset({"CUR", "ICNS", "ICO"})  # hold PNGs, whose own size is seen when they are decoded
_PIXELS_A_BYTE = 8 * 1032  # that a PNG can have: of one bit each, by the furthest that zlib packs
_IN_PYTHON = frozenset({"BLP", "DDS", "FITS", "FTEX", "IM", "IMT", "MSP", "QOI", "SGI", "SPIDER", "XBM", "XPM"})
_MOST_IN_PYTHON = 4_000_000  # pixels of formats that Pillow decodes in Python, a million a second or so


def make_room_to_open(head: bytes, where: str) -> None:
    """For a WebP file, whose decoder takes room for all pixels when it is opened.

    :param head: the file's first 30 bytes.
    :raises DataError: it is too large.
    """
    size = _webp_size(head)
    if size is not None:
        said = f"{size[0]} x {size[1]}"
        check_pixels(size[0] * size[1], where, said)
        admit(size[0] * size[1] * (8 + _OWN["WEBP"]), where, f"a WEBP picture of {said} pixels")


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """Width and height; ``None`` of other files."""
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return None

    def number(first: int, last: int) -> int:
        return int.from_bytes(head[first:last], "little")

    if head[12:16] == b"VP8X":
        return number(24, 27) + 1, number(27, 30) + 1
    if head[12:16] == b"VP8L":
        return (number(21, 25) & 0x3FFF) + 1, (number(21, 25) >> 14 & 0x3FFF) + 1
    return number(26, 28) & 0x3FFF, number(28, 30) & 0x3FFF


def make_room(picture: Image.Image, where: str) -> None:
    """For an opened picture, from what its header says; of WebP it was made before.

    :raises DataError: it is too large.
    """
    width, height = picture.size
    size, form = f"{width} x {height}", picture.format or ""
    check_pixels(width * height, where, size)
    if form in _IN_PYTHON and width * height > _MOST_IN_PYTHON:
        raise DataError(f"{size} pixels is too large for {form}", where=where, todo="save it as PNG")
    if form == "WEBP":
        return
    pixels = width * height
    if form in _NESTED:
        pixels = max(pixels, min(MAX_PIXELS, _length(picture) * _PIXELS_A_BYTE))
    plain = picture.mode == "RGB" and not _may_be_turned(picture)
    several = "progressive" in picture.info or "progression" in picture.info
    own = _PROGRESSIVE if several else _OWN.get(form, 0)
    admit(pixels * ((4 if plain else 8) + own), where, f"a {form} picture of {size} pixels")


def _may_be_turned(picture: Image.Image) -> bool:
    """Whether the file may still say so; JPEG and TIFF say it in their headers."""
    if picture.format == "TIFF":
        return bool(picture.getexif().get(ORIENTATION, 1) != 1)
    return picture.format != "JPEG" or "exif" in picture.info


ORIENTATION = 0x112
"""EXIF's key."""


def _length(picture: Image.Image) -> int:
    """Bytes of the file that a picture was opened from."""
    stream = getattr(picture, "fp", None)
    if stream is None:
        return MAX_PIXELS
    at = stream.tell()
    length: int = stream.seek(0, os.SEEK_END)
    stream.seek(at)
    return length
