"""What a file is: a picture that can be read, one that cannot, or no picture. By its name, else by its first bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import util
from typing import Literal, NamedTuple

from PIL import Image

SEVERAL = "several pictures"
"""What a picture's ``info`` has where its file holds further ones: frames or pages, of which this is the first."""

HEAD = 144  # bytes that are looked at where the name does not tell

_DECODED = (
    "AVIF BLP BMP CUR DCX DDS DIB FITS FLI FTEX GBR GIF HEIF ICNS ICO IM IMT JPEG JPEG2000 MCIDAS MPO MSP PCD PCX "
    "PIXAR PNG PPM PSD QOI SGI SPIDER SUN TGA TIFF WEBP XBM XPM XVTHUMB"
)
_READ = frozenset(_DECODED.split())
"""The formats that Pillow decodes itself. It hands EPS and WMF to other programs, and what a newer Pillow or a plugin
adds is read only once it was looked at and stands here."""

HEIF = frozenset({".heic", ".heif", ".hif"})
DICOM = frozenset({".dcm", ".dicom", ".ima"})
ARRAYS = frozenset({".npy"})
_FOREIGN = {
    "camera raw files are not read, convert them": ".cr2 .cr3 .nef .arw .dng .orf .rw2 .raf .srw .pef .raw",
    "vector drawings are not read": ".svg .eps .ps .ai .wmf .emf",
    "JPEG XL is not read, convert them": ".jxl",
    "videos are not read": ".mp4 .mov .avi .mkv .webm .mpg .mpeg .m4v .wmv",
    "archives in a folder are not looked into; unpack them, or name one as the path": ".zip .tar .tgz .gz .bz2 .xz .7z "
    ".rar",
}
_NO_READING = {suffix: reason for reason, suffixes in _FOREIGN.items() for suffix in suffixes.split()}
_OTHER_SUFFIXES = (
    ".txt .csv .tsv .json .jsonl .xml .yaml .yml .toml .md .rst .html .htm .pdf .doc .docx .xls .xlsx .py .ipynb .sh "
    ".bat .log .db .ini .cfg .pt .pth .safetensors .onnx .pkl .pickle .npz .mat .h5 .hdf5 .hdf .parquet .arrow .lock "
    ".wav .mp3 .sqlite .url .lnk .bak .names .data"
)
_NO_PICTURES = frozenset(_OTHER_SUFFIXES.split())
_SYSTEM = frozenset({".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".localized", "icon\r", ".directory"})
_SYSTEM_FOLDERS = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"})
_MAGIC = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"qoif",
    b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ", b"P5\n", b"P6\n", b"P4\n", b"P5 ", b"P6 ", b"8BPS",
)  # fmt: skip
_FTYP = {b"avif": "avif", b"avis": "avif", b"heic": "heif", b"heix": "heif", b"mif1": "heif", b"hevc": "heif"}


class FileKind(NamedTuple):
    """:param reason: why it is not used; empty for a picture."""

    what: Literal["picture", "skipped", "other"]
    reason: str = ""


_PICTURE = FileKind("picture")
_SYSTEM_FILE = FileKind("other", "left by the system")
_NONE = FileKind("other", "not pictures")


@cache
def formats() -> tuple[str, ...]:
    """Pillow's names of the formats that are read here."""
    Image.init()
    if has_heif():
        import pillow_heif

        pillow_heif.register_heif_opener()
    return tuple(sorted(set(Image.OPEN) & _READ))


@cache
def suffixes() -> frozenset[str]:
    """How files of these formats end, in lower case."""
    known = formats()
    return frozenset(each for each, form in Image.registered_extensions().items() if form in known) | ARRAYS


@cache
def has_heif() -> bool:
    return util.find_spec("pillow_heif") is not None


@cache
def has_dicom() -> bool:
    return util.find_spec("pydicom") is not None


@lru_cache(maxsize=4096)
def _of_folder(folder: str) -> tuple[bool, bool]:
    """Whether a path of folders is the system's own, and whether it is hidden: asked for every file in it."""
    parts = folder.split("/")
    return any(each.lower() in _SYSTEM_FOLDERS for each in parts), any(each.startswith(".") for each in parts)


def is_plainly_picture(name: str) -> bool:
    """Whether :func:`kind_of` calls it a picture by its name alone; quicker, as nearly all files of a set are."""
    start = name.rfind("/") + 1
    dot = name.rfind(".", start + 1)
    if dot < 0 or name.startswith(".", start) or name[dot:].lower() not in suffixes():
        return False
    return _of_folder(name[: max(0, start - 1)]) == (False, False)


def kind_of(name: str, head: Callable[[], bytes]) -> FileKind:
    """What a file is.

    :param name: its path with slashes.
    :param head: gives its first :data:`HEAD` bytes; asked only where the name does not tell. May raise ``OSError``.
    """
    folder, _, last = name.rpartition("/")
    system, hidden = _of_folder(folder)
    if system or last.lower() in _SYSTEM or last.startswith("._"):
        return _SYSTEM_FILE
    suffix = os.path.splitext(last)[1].lower()
    if hidden or last.startswith("."):
        looks = suffix in suffixes() or suffix in HEIF
        return FileKind("skipped", "hidden") if looks else FileKind("other", "hidden, not pictures")
    if suffix in suffixes():
        return _PICTURE
    if suffix in HEIF:
        return _heif()
    if suffix in DICOM:
        return _dicom()
    if suffix in _NO_READING:
        return FileKind("skipped", _NO_READING[suffix])
    if suffix in _NO_PICTURES:
        return _NONE
    try:
        return _by_content(head())
    except OSError as error:
        return FileKind("skipped", f"cannot be read ({error.strerror or error})")


def _heif() -> FileKind:
    return _PICTURE if has_heif() else FileKind("skipped", "HEIC pictures need the package pillow-heif")


def _dicom() -> FileKind:
    return _PICTURE if has_dicom() else FileKind("skipped", "DICOM pictures need the package pydicom")


def _by_content(head: bytes) -> FileKind:
    if head.startswith(_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head.startswith(b"\x93NUMPY"):
        return _PICTURE
    if head[4:8] == b"ftyp":
        brand = _FTYP.get(head[8:12])
        return _PICTURE if brand == "avif" else _heif() if brand else FileKind("skipped", "videos are not read")
    if head[128:132] == b"DICM":
        return _dicom()
    return _NONE
