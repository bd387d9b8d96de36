"""WebDataset's shards: tar files in which ``key.jpg`` and ``key.cls`` or ``key.json`` lie side by side."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from maga_desk.data.sources.columns import LABEL_NAMES, single
from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.kinds import suffixes
from maga_desk.data.sources.labelled import Labelled, SplitOptions, assembled, split_in
from maga_desk.data.sources.limits import admit_file
from maga_desk.data.sources.parts import check_count, check_unchanged, guarded, stamps_of
from maga_desk.data.sources.source import SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.data.sources.stamps import Stamps
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.outside import json_of

_LABELS = ("cls", "label", "txt", "json", "class")
_MOST_SHARDS, _LARGEST_LABEL, _LARGEST_PICTURE = 10_000, 2**20, 2**28
_LOOKED_AT = 40  # members, to see what a tar file is


@dataclass
class _Sample:
    """A picture's place, and what its label's file says."""

    shard: int
    offset: int = -1
    size: int = 0
    label: Any = None
    said: dict[str, Any] = field(default_factory=dict)


def recognise(path: Path) -> Recognition | None:
    for shard in _shards(path)[:1]:
        try:
            with tarfile.open(shard, "r:") as archive:
                names = [member.name for _, member in zip(range(_LOOKED_AT), archive, strict=False)]
        except (OSError, EOFError, tarfile.TarError):
            return None
        ends = {name: _split(name)[1] for name in names}
        labelled = {_split(name)[0] for name, end in ends.items() if end in _LABELS}
        if any(f".{end}" in suffixes() and _split(name)[0] in labelled for name, end in ends.items()):
            return Recognition(SIGNED, f"in {shard.name} pictures and their labels lie side by side")
    return None


def read(request: SourceRequest) -> Contents:
    """Look through the shards' headers and read the small files of labels; unpacks nothing and opens no picture.

    :raises DataError: damaged shards, or no labels in them.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, SplitOptions)
    where, shards = str(path), _shards(path)
    if not shards:
        raise DataError("no .tar files in it", where=where)
    check_count(len(shards), _MOST_SHARDS, "shards", where)
    stamps = stamps_of(shards)
    samples, lost, others = dict[str, _Sample](), list[str](), list[str]()
    for number, shard in enumerate(shards):
        for key, sample in _samples(shard, number, request.control, others):
            if sample.offset < 0:
                lost.append(key)
            else:
                samples[f"{shard.stem}/{key}" if key in samples else key] = sample
    found = Accounting(layout=f"WebDataset: {name_some([each.name for each in shards], 3)}")
    if lost:
        found = replace(found, skipped=(PassedOver("labels without a picture", tuple(lost)),))
    if others:
        found = replace(found, others=(PassedOver("neither pictures nor labels", tuple(others)),))
    held = list(samples.values())
    labels = [each.label for each in held]
    several = [label for label in labels if isinstance(label, list)]
    if several:
        raise DataError(f"multi-label: several classes a picture (such as {several[0]})", where=where, todo=(
            "one class a picture is needed"))  # fmt: skip
    splits = [split_in(each.name) or (split_in(each.parent.name) if each.parent != path else "") for each in shards]
    numbers = all(label is None or isinstance(label, int) for label in labels)
    given = Labelled(
        [-1 if label is None else label for label in labels] if numbers else [_word(label) for label in labels],
        guarded(_opener(shards, held, stamps)),
        stamps,
        np.array([splits[each.shard] for each in held], dtype="<U5"),
        _names(path, shards) if numbers else None,
        list(samples),
        columns=_columns(held),
        found=found,
    )
    return assembled(given, where, options.split_seed)


def _word(label: Any) -> str:
    return "" if label is None else str(label)


def _shards(path: Path) -> list[Path]:
    """The tar files of a folder or of its splits' folders; beside a path that names one of several, these."""
    try:
        if path.is_file():
            return [path] if path.suffix.lower() == ".tar" else []
        return sorted([*path.glob("*.tar"), *path.glob("*/*.tar")])
    except OSError:
        return []


def _split(name: str) -> tuple[str, str]:
    """A member's key and its end, as WebDataset takes them: at the first dot of the file's name."""
    folder, mark, file = name.rpartition("/")
    stem, _, end = file.partition(".")
    return f"{folder}{mark}{stem}", end.lower()


def _samples(shard: Path, number: int, control: RunControl, others: list[str]) -> Iterator[tuple[str, _Sample]]:
    found = dict[str, _Sample]()
    try:
        with tarfile.open(shard, "r:") as archive:
            for member in archive:
                control.checkpoint()
                key, end = _split(member.name)
                last = end.rpartition(".")[2]
                if not member.isfile():
                    continue
                if f".{last}" in suffixes() and member.size <= _LARGEST_PICTURE:
                    sample = found.setdefault(key, _Sample(number))
                    sample.offset, sample.size = member.offset_data, member.size
                elif last in _LABELS and member.size <= _LARGEST_LABEL:
                    stream = archive.extractfile(member)
                    _label(found.setdefault(key, _Sample(number)), last, stream.read() if stream else b"")
                elif not last.endswith("index"):
                    others.append(member.name)
            size = shard.stat().st_size
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DataError(f"damaged, or no tar file ({error})", where=str(shard)) from error
    if any(each.offset + each.size > size for each in found.values()):
        raise DataError("it is cut off", where=str(shard))
    yield from found.items()


def _label(sample: _Sample, end: str, data: bytes) -> None:
    text = data.decode("utf-8", "replace").strip()
    if end == "json":
        try:
            held = json_of(text)
        except (ValueError, RecursionError):
            return
        if isinstance(held, dict):
            sample.said = {key: each for key, each in held.items() if isinstance(each, str | int | float)}
            name = next((key for key in LABEL_NAMES if key in held), None)
            held = held[name] if name else None
            sample.said.pop(name or "", None)
        label = single(held)
        if sample.label is None and isinstance(label, str | int | list):
            sample.label = label
    elif sample.label is None or end == "cls":
        sample.label = int(text) if text.lstrip("-").isdigit() and len(text) < 10 else text or None


def _names(path: Path, shards: list[Path]) -> list[str] | None:
    """The classes' names, where a file beside the shards has them."""
    for folder in dict.fromkeys([path if path.is_dir() else path.parent, *(shard.parent for shard in shards[:5])]):
        for name in ("classnames.txt", "classes.txt", "labels.txt"):
            try:
                if (folder / name).stat().st_size < _LARGEST_LABEL:
                    return (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
    return None


def _columns(held: list[_Sample]) -> dict[str, tuple[str, ...]]:
    names = list(dict.fromkeys(name for each in held[:1000] for name in each.said))[:50]
    return {name: tuple(_word(each.said.get(name))[:200] for each in held) for name in names}


def _opener(shards: list[Path], held: list[_Sample], stamps: Stamps) -> Callable[[int], Image.Image]:
    listed = stamps.values.tolist()

    def opened(position: int) -> Image.Image:
        sample = held[position]
        shard = shards[sample.shard]
        check_unchanged(str(shard), listed[sample.shard])
        admit_file(sample.size, str(shard))
        with open(shard, "rb") as stream:
            stream.seek(sample.offset)
            return decode_rgb(io.BytesIO(stream.read(sample.size)), str(shard))

    return opened


SOURCE = Source(
    SourceInfo(
        name="webdataset",
        title="WebDataset",
        summary="Tar files with key.jpg and key.cls (or .json with a label) side by side; read without unpacking.",
        path="folder or file",
        path_help="a folder with .tar shards, or one of them",
        suffixes=(".tar",),
        options=SplitOptions,
    ),
    read,
    recognise,
)
