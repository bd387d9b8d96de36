"""MNIST's IDX files, with and without .gz: MNIST, Fashion-MNIST, KMNIST, QMNIST, EMNIST and what is saved like them."""

from __future__ import annotations

import gzip
import math
import os
import re
import struct
import zlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import Field

from maga_desk.data.sources.arrays import ArrayPair, ArrayRef, from_pairs
from maga_desk.data.sources.labelled import SplitOptions, assembled, split_word
from maga_desk.data.sources.parts import Array, check_unpacked, stamps_of
from maga_desk.data.sources.source import SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some

_NAME = re.compile(
    r"(?P<set>.*?)(?P<split>train|t10k|test|val|valid)(?P<more>[-_.]?\d*k?)[-_.](?P<role>images|labels)"
    r"(?P<end>[-_.]idx\d(?:[-_.]\w+)?)?(?P<packed>\.gz)?$",
    re.IGNORECASE,
)
_ROLE = re.compile("images|labels", re.IGNORECASE)
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_LONGEST_RATIO = 1040  # of what deflate can make smaller
_DEPTH = 3
_FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


class IdxOptions(SplitOptions):
    """Its own keys."""

    set: str = Field(
        "", title="Set", description="Which one, where several lie together: balanced, letters ... of EMNIST"
    )


@dataclass(frozen=True)
class _File:
    path: Path
    set: str
    split: str
    role: str
    packed: bool


def recognise(path: Path) -> Recognition | None:
    files = _files(path)
    if not {"images", "labels"} <= {each.role for each in files}:
        return None
    return Recognition(SIGNED, f"{name_some([each.path.name for each in files], 2)} are IDX files")


def read(request: SourceRequest) -> Contents:
    """Read the labels; pictures are read when they are looked at.

    :raises DataError: damaged files, headers that do not fit, several sets.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, IdxOptions)
    where = str(path)
    files, found = _chosen(_files(path), path, options.set)
    pairs = list[ArrayPair]()
    for split in sorted({each.split for each in files}, key=("train", "val", "test").index):
        roles = {each.role: each for each in files if each.split == split}
        if set(roles) != {"images", "labels"}:
            (there,) = roles.values()
            missing = "labels" if there.role == "images" else "images"
            raise DataError(f"its {missing} are missing", where=str(there.path))
        pictures, labels = (_ref(roles[role].path) for role in ("images", "labels"))
        if pictures.shape[0] != labels.shape[0]:
            raise DataError(
                f"{pictures.shape[0]:,} pictures, but {labels.name} has {labels.shape[0]:,} labels",
                where=str(roles["images"].path),
            )
        pairs.append(ArrayPair(split, pictures, labels))
    given = from_pairs(pairs, stamps_of([each.path for each in files]), where, found)
    if "fashion" in where.lower() and np.asarray(given.labels).max(initial=0) < len(_FASHION):
        given = replace(given, classes=_FASHION)
    return assembled(given, where, options.split_seed)


def _files(path: Path) -> list[_File]:
    """What is called like an IDX file, of each the unpacked one; beside a path that names one of them, its set."""
    if path.is_file():
        known = _named(path)
        if known is None:
            return []
        return [each for each in _files(path.parent) if each.set == known.set and each.path.parent == path.parent]
    found = list[_File]()
    for folder, folders, names in os.walk(path):
        depth = len(Path(folder).relative_to(path).parts)
        folders[:] = sorted(folders)[:50] if depth < _DEPTH else []
        called = sorted(name for name in names if _ROLE.search(name))  # of very many others in a moment
        found += [each for name in called if (each := _named(Path(folder, name))) is not None]
    return found


def _named(path: Path) -> _File | None:
    match = _NAME.fullmatch(path.name)
    if match is None or not (match["end"] or match["packed"]) or not _has_magic(path, bool(match["packed"])):
        return None
    split = split_word(match["split"]) or "train"
    name = re.sub(r"[-_.]+$", "", match["set"] + match["more"].strip("-_.") * (match["more"].strip("-_.") != "10k"))
    return _File(path, name.lower(), split, match["role"].lower(), bool(match["packed"]))


def _has_magic(path: Path, packed: bool) -> bool:
    try:
        with open(path, "rb") as stream:
            start = stream.read(4)
    except OSError:
        return False
    return start[:2] == (b"\x1f\x8b" if packed else b"\0\0")


def _chosen(files: list[_File], path: Path, name: str) -> tuple[list[_File], Accounting]:
    """One set's files: of a file and its .gz the first."""
    sets = sorted({each.set for each in files})
    wanted = [each for each in sets if name.lower() in each] if name else sets
    exact = [each for each in wanted if re.split(r"[-_.]", each)[-1] == name.lower()] if name else []
    wanted = exact or wanted
    if not sets:
        raise DataError("no IDX files in it", where=str(path), todo="expected train-images-idx3-ubyte and its like")
    if not wanted:
        raise DataError("no IDX files of that set", where=str(path), todo=f"choose one of: {', '.join(sets)}")
    if len(wanted) > 1:
        raise DataError(
            f"{len(wanted)} sets lie here: {name_some(wanted, 8)}",
            where=str(path),
            todo="name one in [data.options] set",
        )
    best, twice = dict[tuple[str, str], _File](), list[str]()
    for each in sorted((each for each in files if each.set == wanted[0]), key=lambda each: each.packed):
        if (each.split, each.role) in best:
            twice.append(each.path.name)
        else:
            best[each.split, each.role] = each
    title = {"": "IDX files, as MNIST's"}.get(wanted[0], f"IDX files of {wanted[0]}")
    found = Accounting(layout=title, others=(PassedOver("the same in another file", tuple(twice)),) if twice else ())
    others = tuple(each.path.name for each in files if each.set != wanted[0])
    if others:
        found = replace(found, others=(*found.others, PassedOver("of other sets", others)))
    if "emnist" in wanted[0]:
        found = found.guessed("EMNIST's pictures lie on their side, as they are published.")
    return list(best.values()), found


def _ref(path: Path) -> ArrayRef:
    """What a file holds by its header, which is compared with what there is room for.

    :raises DataError: no IDX file, cut off, or its header lies.
    """
    packed = path.suffix == ".gz"
    try:
        with gzip.open(path, "rb") if packed else open(path, "rb") as stream:
            head = stream.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or not 1 <= head[3] <= 4:
                raise DataError("it does not begin as an IDX file does", where=str(path))
            sizes = stream.read(4 * head[3])
            if len(sizes) < 4 * head[3]:
                raise DataError("it is cut off", where=str(path))
        size = path.stat().st_size
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot be read ({error})", where=str(path)) from error
    shape, dtype = struct.unpack(f">{head[3]}I", sizes), np.dtype(_TYPES[head[2]])
    start, nbytes = 4 + 4 * head[3], math.prod(shape) * dtype.itemsize
    room = size * _LONGEST_RATIO if packed else size
    if start + nbytes > room:
        said = "x".join(f"{each:,}" for each in shape)
        raise DataError(
            f"it is cut off, or its header lies: {said} values do not fit in {size:,} bytes", where=str(path)
        )
    if packed:
        check_unpacked("its header", nbytes, size, str(path))
    if 0 in shape:
        raise DataError("there is nothing in it", where=str(path))
    unpack = partial(_unpacked, path, start, shape, dtype)
    mapped = partial(np.memmap, path, dtype, "r", start, shape)
    return ArrayRef(str(path), path.name, shape, dtype, unpack if packed else mapped)


def _unpacked(path: Path, start: int, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    nbytes = math.prod(shape) * dtype.itemsize
    try:
        with gzip.open(path, "rb") as stream:
            stream.read(start)
            data = stream.read(nbytes)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot be read ({error})", where=str(path)) from error
    if len(data) < nbytes:
        raise DataError("it is cut off", where=str(path))
    return np.frombuffer(data, dtype).reshape(shape)


SOURCE = Source(
    SourceInfo(
        name="idx",
        title="IDX files (MNIST)",
        summary="MNIST, Fashion-MNIST, KMNIST, EMNIST as published: *-images-idx3-ubyte with its labels, also .gz.",
        path="folder or file",
        path_help="a folder with train-images-idx3-ubyte and the files beside it, or one of them",
        options=IdxOptions,
    ),
    read,
    recognise,
)
