"""HDF5 files with arrays of pictures and labels (read with h5py, an extra), and LMDB, which says nothing of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from maga_desk.data.sources.arrays import ArrayOptions, ArrayRef, of_arrays
from maga_desk.data.sources.parts import Array, check_count, check_unpacked, stamps_of
from maga_desk.data.sources.source import SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.bundle import how_to_get
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some

_SUFFIXES = (".h5", ".hdf5", ".hdf", ".he5")
_MAGIC = b"\x89HDF\r\n\x1a\n"
_MOST_FILES, _MOST_ARRAYS = 100, 1000


def recognise(path: Path) -> Recognition | None:
    files = _files(path)
    if files:
        return Recognition(SIGNED, f"{name_some([each.name for each in files], 2)}: HDF5")
    lmdb = _lmdb(path)
    return Recognition(SIGNED, f"{lmdb.name} is an LMDB database") if lmdb else None


def read(request: SourceRequest) -> Contents:
    """Read the labels; pictures are read when they are looked at.

    :raises DataError: no h5py here, an LMDB database, damaged files, or arrays that are no pictures with labels.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, ArrayOptions)
    where, files = str(path), _files(path)
    if not files and (lmdb := _lmdb(path)) is not None:
        raise DataError(
            f"{lmdb.name} is an LMDB database: nothing in it says which values are pictures and which are labels",
            where=where,
            todo="write the pictures to folders, or to Parquet with columns image and label",
        )
    if not files:
        raise DataError("no HDF5 files in it", where=where)
    check_count(len(files), _MOST_FILES, "HDF5 files", where)
    refs, unread = list[ArrayRef](), list[str]()
    for file in files:
        refs += _refs(file, unread)
    return of_arrays("HDF5", refs, stamps_of(files), where, options, unread=unread)


def _files(path: Path) -> list[Path]:
    try:
        files = (
            [path] if path.is_file() else sorted(each for each in path.iterdir() if each.suffix.lower() in _SUFFIXES)
        )
        return [each for each in files if _begins(each)]
    except OSError:
        return []


def _begins(path: Path) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _lmdb(path: Path) -> Path | None:
    """An LMDB database at a path, or beside it."""
    try:
        found = [path] if path.name == "data.mdb" else [*path.glob("data.mdb"), *path.glob("*/data.mdb")]
    except OSError:
        return None
    return found[0] if found else None


def _refs(file: Path, unread: list[str]) -> Iterator[ArrayRef]:
    """A file's arrays.

    :param unread: is told of those that are not read: of text or objects, or kept in another file.
    """
    try:
        import h5py
    except ImportError as error:
        raise DataError(
            "it is HDF5, which needs h5py", where=str(file), todo=f"{how_to_get('h5py')}, or save it as .npz"
        ) from error
    sets = list[Any]()
    try:
        with h5py.File(file, "r") as held:
            held.visititems(lambda name, each: sets.append((name, each)) if isinstance(each, h5py.Dataset) else None)
            check_count(len(sets), _MOST_ARRAYS, "arrays", str(file))
            for name, each in sets:
                shown = f"{file.stem}:{name}"
                if each.dtype.kind not in "uifbS" or each.external or each.is_virtual:
                    unread.append(shown)
                    continue
                check_unpacked(name, math.prod(each.shape) * each.dtype.itemsize, file.stat().st_size, str(file))
                yield ArrayRef(str(file), shown, each.shape, each.dtype, partial(_read, file, name))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DataError(f"damaged, or cut off ({error})", where=str(file)) from error


def _read(file: Path, name: str) -> Array:
    import h5py

    try:
        with h5py.File(file, "r") as held:
            found: Array = held[name][()]
            return found
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DataError(f"{name} cannot be read ({error})", where=str(file)) from error


SOURCE = Source(
    SourceInfo(
        name="hdf5",
        title="HDF5",
        summary="Arrays of pictures and labels in .h5 files; needs h5py (the extra hdf5).",
        path="folder or file",
        path_help="an .h5 file, or a folder with some",
        suffixes=_SUFFIXES,
        options=ArrayOptions,
    ),
    read,
    recognise,
)
