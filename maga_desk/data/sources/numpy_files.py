"""Pictures in NumPy's files: NPZ with MedMNIST's keys, x_train/y_train or images/labels, and pairs of NPY files."""

from __future__ import annotations

import math
import os
import re
import struct
import zipfile
import zlib
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from maga_desk.data.sources.arrays import ArrayOptions, ArrayRef, of_arrays, paired, says_role
from maga_desk.data.sources.parts import Array, check_unpacked, stamps_of
from maga_desk.data.sources.source import LAID_OUT, PERHAPS, SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some

_MOST_FILES = 200
_FAULTS = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError)


def recognise(path: Path) -> Recognition | None:
    files = _files(path)
    if not files:
        return None
    if path.is_file():
        return Recognition(LAID_OUT, f"it is a NumPy file ({path.suffix})")
    try:
        refs = [ref for file in files[:_MOST_FILES] for ref in _refs(file)]
        pairs, _ = paired(refs, str(path))
    except DataError:
        named = any(says_role(file.stem) for file in files)
        sure = LAID_OUT if named else PERHAPS / 2
        return Recognition(sure, f"{name_some([file.name for file in files], 2)} are NumPy files")
    return Recognition(SIGNED, f"{pairs[0].pictures.name} and {pairs[0].labels.name} are arrays of pictures and labels")


def read(request: SourceRequest) -> Contents:
    """Read the labels; pictures are mapped, or unpacked when they are looked at.

    :raises DataError: arrays that are no pictures with labels, or damaged files.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, ArrayOptions)
    where = str(path)
    files = _files(path)
    if not files:
        raise DataError("no .npz or .npy files in it", where=where)
    if len(files) > _MOST_FILES:
        raise DataError(f"{len(files):,} NumPy files: a picture a file is not read", where=where, todo=(
            "save the pictures as one array of N x H x W x 3 and the labels as another"))  # fmt: skip
    if path.is_file() and path.suffix.lower() == ".npy":
        files = _files(path.parent)  # its labels lie in a file beside it
    refs = [ref for file in files for ref in _refs(file)]
    return of_arrays("NumPy arrays", refs, stamps_of(files), where, options)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() in (".npz", ".npy") else []
    try:
        return sorted(each for each in path.iterdir() if each.suffix.lower() in (".npz", ".npy"))
    except OSError:
        return []


def _refs(file: Path) -> list[ArrayRef]:
    """The arrays of a file by their headers, which are compared with what there is.

    :raises DataError: damaged, or a header that lies.
    """
    try:
        if file.suffix.lower() == ".npy":
            with open(file, "rb") as stream:
                shape, fortran, dtype = _header(stream)
                start, size = stream.tell(), os.fstat(stream.fileno()).st_size
            _check(file.stem, shape, dtype, size - start, str(file))
            return [ArrayRef(str(file), file.stem, shape, dtype, _mapped(file, start, shape, fortran, dtype))]
        with zipfile.ZipFile(file) as archive:
            members = [each for each in archive.infolist() if each.filename.endswith(".npy")]
            return [_member(file, archive, each) for each in members]
    except _FAULTS as error:
        raise DataError(f"damaged, or no NumPy file ({error})", where=str(file)) from error


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    version = npy.read_magic(stream)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read_header(stream)
    return shape, fortran, dtype


def _check(name: str, shape: tuple[int, ...], dtype: np.dtype[np.generic], room: int, where: str) -> None:
    if dtype.kind != "O" and math.prod(shape) * dtype.itemsize > room:
        said = "x".join(f"{each:,}" for each in shape)
        raise DataError(f"{name} is cut off, or its header lies: {said} values in {max(room, 0):,} bytes", where=where)


def _mapped(
    file: Path, start: int, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[np.generic]
) -> partial[Array]:
    if dtype.kind == "O":
        return partial(np.empty, (0,), object)
    if 0 in shape:
        return partial(np.empty, shape, dtype)
    return partial(np.memmap, file, dtype, "r", start, shape, "F" if fortran else "C")


def _member(file: Path, archive: zipfile.ZipFile, about: zipfile.ZipInfo) -> ArrayRef:
    with archive.open(about) as stream:
        shape, fortran, dtype = _header(stream)
        start = stream.tell()
    name = about.filename.removesuffix(".npy")
    _check(name, shape, dtype, about.file_size - start, str(file))
    label = name if re.search("train|test|val", name, re.IGNORECASE) else f"{file.stem}:{name}"
    if about.compress_type == zipfile.ZIP_STORED and not about.flag_bits & 1:
        with open(file, "rb") as raw:
            raw.seek(about.header_offset)
            names = struct.unpack("<4s22xHH", raw.read(30))
            end = raw.seek(0, os.SEEK_END)
        start += about.header_offset + 30 + names[1] + names[2]
        _check(name, shape, dtype, end - start, str(file))
        return ArrayRef(str(file), label, shape, dtype, _mapped(file, start, shape, fortran, dtype))
    check_unpacked(name, about.file_size, about.compress_size, str(file))
    return ArrayRef(str(file), label, shape, dtype, partial(_unpacked, file, about.filename))


def _unpacked(file: Path, member: str) -> Array:
    try:
        with zipfile.ZipFile(file) as archive, archive.open(member) as stream:
            array: Array = npy.read_array(stream, allow_pickle=False)
            return array
    except _FAULTS as error:
        raise DataError(f"{member} cannot be read ({error})", where=str(file)) from error


SOURCE = Source(
    SourceInfo(
        name="numpy",
        title="NumPy files",
        summary="An .npz with pictures and labels (as MedMNIST's, or x_train and y_train), or pairs of .npy files.",
        path="folder or file",
        path_help="an .npz file, or a folder with .npz or .npy files",
        suffixes=(".npz", ".npy"),
        options=ArrayOptions,
    ),
    read,
    recognise,
)
