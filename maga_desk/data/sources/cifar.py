"""CIFAR-10 and CIFAR-100 as published: Python pickles or .bin files, in a folder or in the .tar.gz as downloaded."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maga_desk.data.sources.arrays import PixelLayout
from maga_desk.data.sources.labelled import Labelled, SplitOptions, assembled
from maga_desk.data.sources.parts import Array, LoadedParts, check_count, guarded, located_parts, stamps_of
from maga_desk.data.sources.safe_pickle import Refused, plain
from maga_desk.data.sources.source import SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.accounting import Accounting
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError, name_some

_BATCH = re.compile(r"(data_batch_\d+|test_batch|train|test)(\.bin)?")
_NAMES = re.compile(r"batches\.meta|meta|(batches\.meta|fine_label_names|coarse_label_names)\.txt")
_LARGEST = 2**30  # bytes of one file
_MOST = 64
_LAYOUT = PixelLayout("CHW", (3, 32, 32))
_WRAPPED = "cifar-*"


class CifarOptions(SplitOptions):
    """Its own keys."""

    labels: Literal["fine", "coarse", "families"] = Field(
        "fine", title="Labels", description="Of CIFAR-100. fine: 100 classes; coarse: 20 classes; families: 100 kinds "
        "in 20 classes, for models that know the 20",
    )  # fmt: skip


@dataclass(frozen=True)
class _Batch:
    """Pictures ``(n, 3072) uint8`` and labels of one file; ``coarse`` of CIFAR-100 alone."""

    name: str
    pictures: Array
    labels: Sequence[int] | NDArray[Any]
    coarse: Sequence[int] | NDArray[Any] | None = None
    files: Sequence[str] = ()

    @property
    def split(self) -> str:
        return "test" if self.name.startswith("test") else "train"


def recognise(path: Path) -> Recognition | None:
    if path.is_file():
        if re.fullmatch(r"cifar-100?-(python|binary)\.(tar\.gz|tgz|tar)", path.name.lower()):
            return Recognition(SIGNED, "it is called as CIFAR's archive is")
        path = path.parent if _BATCH.fullmatch(path.name) else path
    folder = _folder(path)
    if folder is None:
        return None
    names = sorted(each.name for each in folder.iterdir() if _BATCH.fullmatch(each.name) and each.is_file())
    signed = any(_NAMES.fullmatch(each.name) for each in folder.iterdir())
    batches = [name for name in names if "batch" in name]
    if not (batches or (signed and names)):
        return None
    return Recognition(SIGNED, f"{name_some(batches or names, 3)} are CIFAR's files")


def read(request: SourceRequest) -> Contents:
    """Read the labels; pictures are read anew when they are looked at.

    :raises DataError: damaged or malicious files, labels beyond the named classes.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, CifarOptions)
    where, seed = str(path), options.split_seed
    batches, names, given = _read_all(path, request.control)
    coarse = _labels(batches, "coarse", where) if all(batch.coarse is not None for batch in batches) else None
    if coarse is None:
        if options.labels != "fine":
            raise DataError("it has no coarse labels: only CIFAR-100 has", where="[data.options] labels")
        return assembled(given, where, seed)
    shown = names.get("coarse") or [str(i) for i in range(int(coarse.max(initial=0)) + 1)]
    if int(coarse.max(initial=0)) >= len(shown):
        raise DataError(f"coarse label {coarse.max()} is beyond its {len(shown)} classes", where=where)
    given = replace(given, columns={**given.columns, "coarse": tuple(shown[i] for i in coarse.tolist())})
    if options.labels == "coarse":
        return assembled(replace(given, labels=coarse, classes=shown), where, seed)
    contents = assembled(given, where, seed)
    if options.labels == "fine":
        return contents
    kinds, family = contents.train.kinds, contents.train.columns["coarse"]
    return replace(contents, families={contents.kinds[k]: family[i] for i, k in enumerate(kinds.tolist())})


def _read_all(path: Path, control: RunControl) -> tuple[list[_Batch], dict[str, list[str]], Labelled]:
    """The batches without their pictures, the classes' names, and all pictures by their fine labels."""
    where, files = str(path), _opened(path)
    batches, names = list[_Batch](), dict[str, list[str]]()
    sizes, readers = list[int](), list[tuple[str, Callable[[], Array]]]()
    for file in files:
        control.checkpoint()
        if _NAMES.fullmatch(file.name):
            names |= _label_names(file)
            continue
        batch = _batch(file)
        batches.append(replace(batch, pictures=batch.pictures[:0]))
        sizes.append(len(batch.pictures))
        readers.append((file.where, partial(_pictures, file)))
    if not batches:
        raise DataError("no data_batch_1 or train in it", where=where, todo="expected CIFAR's files as published")
    stamps = stamps_of(sorted({Path(file.where) for file in files}))
    parts, located = LoadedParts(readers, stamps), located_parts(sizes)

    def opened(position: int) -> Any:
        part, place = located(position)
        return _LAYOUT.picture(parts[part][place])

    hundred = batches[0].coarse is not None
    shown = name_some([batch.name for batch in batches], 6)
    found = Accounting(layout=f"CIFAR-{100 if hundred else 10} as published ({shown})")
    if "fine" not in names:
        found = found.guessed("The file with the classes' names is missing: they are numbers.")
    stems = [name for batch in batches for name in batch.files]
    fine = _labels(batches, "labels", where)
    columns = {"file": tuple(stems)} if len(stems) == len(fine) else {}
    splits = np.concatenate([np.full(size, batch.split) for size, batch in zip(sizes, batches, strict=True)])
    given = Labelled(fine, guarded(opened), stamps, splits, names.get("fine"), columns=columns, found=found)
    return batches, names, given


def _labels(batches: list[_Batch], which: str, where: str) -> NDArray[np.int64]:
    found = []
    for batch in batches:
        try:
            values = np.asarray(getattr(batch, which))
        except ValueError as error:
            raise DataError("its labels are no whole numbers", where=f"{where}: {batch.name}") from error
        if values.dtype.kind not in "iu" or values.ndim != 1:
            raise DataError("its labels are no whole numbers", where=f"{where}: {batch.name}")
        found.append(values.astype(np.int64))
    return np.concatenate(found)


@dataclass(frozen=True)
class _Packed:
    """One of CIFAR's files, wherever it lies."""

    name: str
    where: str
    read: Callable[[], bytes]


def _folder(path: Path) -> Path | None:
    """The folder with the files: the given one, or the only one below it that is called as CIFAR's is."""
    if not path.is_dir():
        return None
    try:
        if any(_BATCH.fullmatch(each.name) and each.is_file() for each in path.iterdir()):
            return path
        below = [each for each in path.glob(_WRAPPED) if each.is_dir()]
        return below[0] if len(below) == 1 else None
    except OSError:
        return None


def _opened(path: Path) -> list[_Packed]:
    try:
        if path.is_file() and tarfile.is_tarfile(path):
            return list(_in_archive(path))
        folder = _folder(path.parent if path.is_file() else path)
        if folder is None:
            raise DataError("no CIFAR files in it", where=str(path), todo="expected data_batch_1 ... or train and test")
        files = sorted(each for each in folder.iterdir() if each.is_file())
        known = [each for each in files if _BATCH.fullmatch(each.name) or _NAMES.fullmatch(each.name)]
        check_count(len(known), _MOST, "files of CIFAR", str(path))
        return [_Packed(each.name, str(each), partial(_bytes, each)) for each in known]
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"damaged, or cut off ({error})", where=str(path)) from error


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError("far too large for a file of CIFAR", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read: {error.strerror}", where=str(path)) from error


def _in_archive(path: Path) -> Iterator[_Packed]:
    """The files of an archive, unpacked into memory: there is no other way to a place in the middle of it."""
    for name, data in _members(path):
        yield _Packed(name, str(path), partial(bytes, data))


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    with tarfile.open(path, "r|*") as archive:
        for count, member in enumerate(archive):
            name, total = member.name.rpartition("/")[2], total + member.size
            if count > _MOST or total > 2 * _LARGEST:
                raise DataError("there is far more in it than in CIFAR's archive", where=str(path))
            if not member.isfile() or not (_BATCH.fullmatch(name) or _NAMES.fullmatch(name)):
                continue
            stream = archive.extractfile(member)
            if stream is not None:
                yield name, stream.read()


def _dictionary(file: _Packed, data: bytes) -> Mapping[str, Any]:
    try:
        held = plain(data)
    except Refused as error:
        raise DataError(
            f"refused: {error}, and nothing of it was executed", where=f"{file.where}: {file.name}"
        ) from error
    if not isinstance(held, dict):
        raise DataError("it is not one of CIFAR's files", where=file.where)
    return {key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key): held[key] for key in held}


def _label_names(file: _Packed) -> dict[str, list[str]]:
    data = file.read()
    if file.name.endswith(".txt"):
        lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
        return {"coarse" if file.name.startswith("coarse") else "fine": lines}
    held, found = _dictionary(file, data), {}
    for key, which in (("label_names", "fine"), ("fine_label_names", "fine"), ("coarse_label_names", "coarse")):
        if isinstance(held.get(key), list):
            found[which] = [x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in held[key]]
    return found


def _batch(file: _Packed) -> _Batch:
    data, where = file.read(), f"{file.where}: {file.name}"
    if file.name.endswith(".bin"):
        head = 2 if "batch" not in file.name else 1
        if not data or len(data) % (3072 + head):
            raise DataError(f"it is cut off: its length is not a multiple of {3072 + head} bytes", where=where)
        rows = np.frombuffer(data, np.uint8).reshape(-1, 3072 + head)
        return _Batch(file.name, rows[:, head:], rows[:, head - 1], rows[:, 0] if head == 2 else None)
    held = _dictionary(file, data)
    try:
        pictures = np.asarray(held["data"])
        fine = held["labels"] if "labels" in held else held["fine_labels"]
    except (KeyError, ValueError) as error:
        raise DataError("it has no data and labels", where=where) from error
    if pictures.dtype != np.uint8 or pictures.ndim != 2 or pictures.shape[1] != 3072:
        raise DataError("its pictures are not 3072 bytes each", where=where)
    names = [x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in held.get("filenames") or ()]
    coarse = held.get("coarse_labels")
    for said, values in (("labels", fine), ("coarse labels", coarse)):
        if values is not None and len(values) != len(pictures):
            raise DataError(f"{len(pictures):,} pictures, but {len(values):,} {said}", where=where)
    return _Batch(file.name, pictures, fine, coarse, names if len(names) == len(pictures) else ())


def _pictures(file: _Packed) -> Array:
    return _batch(file).pictures


SOURCE = Source(
    SourceInfo(
        name="cifar",
        title="CIFAR-10 or CIFAR-100",
        summary="As published: Python pickles (read without running anything in them) or .bin, in a folder or .tar.gz.",
        path="folder or file",
        path_help="cifar-10-batches-py, cifar-100-python, their .bin folders, or the .tar.gz",
        suffixes=(".tar.gz", ".tgz"),
        options=CifarOptions,
    ),
    read,
    recognise,
)
