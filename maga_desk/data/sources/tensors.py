"""Pictures in PyTorch tensors: .pt files with images and labels, read with ``weights_only``: no code of theirs runs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maga_desk.data.sources.arrays import ArrayOptions, ArrayRef, of_arrays
from maga_desk.data.sources.labelled import split_in
from maga_desk.data.sources.parts import Array, check_count, stamps_of
from maga_desk.data.sources.source import LAID_OUT, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some

_SUFFIXES = (".pt", ".pth")
_MOST, _MOST_ENTRIES = 64, 1000


def recognise(path: Path) -> Recognition | None:
    """By names: files of weights end alike."""
    files = _files(path)
    if path.is_file() and files:
        return Recognition(LAID_OUT, f"it is a PyTorch file ({path.suffix})")
    named = [file.name for file in files if split_in(file.stem)]
    return Recognition(LAID_OUT, f"{name_some(named, 2)} are PyTorch files") if named else None


def read(request: SourceRequest) -> Contents:
    """Read the tensors, mapped where the format allows.

    :raises DataError: no tensors of pictures and labels.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, ArrayOptions)
    where = str(path)
    files = _files(path)
    if not files:
        raise DataError("no .pt files in it", where=where)
    if len(files) > _MOST:
        raise DataError(f"{len(files):,} PyTorch files: a picture a file is not read", where=where)
    stamps = stamps_of(files)
    refs = [ref for file in files for ref in _refs(file)]
    return of_arrays("PyTorch tensors", refs, stamps, where, options, what="tensors")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() in _SUFFIXES else []
    try:
        return sorted(each for each in path.iterdir() if each.suffix.lower() in _SUFFIXES and each.is_file())
    except OSError:
        return []


def _refs(file: Path) -> Iterator[ArrayRef]:
    import torch

    try:
        held = _loaded(file)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        refused = isinstance(error, pickle.UnpicklingError)
        raise DataError(
            "it holds objects that could run code, and none was executed" if refused else "damaged, or no PyTorch file",
            where=str(file),
            todo="save a dict of tensors: torch.save({'images': x, 'labels': y}, ...)",
        ) from error
    for name, value in _named(held, ""):
        if isinstance(value, torch.Tensor):
            if value.numel() * value.element_size() > value.untyped_storage().nbytes():
                raise DataError(f"{name or 'its tensor'} says to be larger than it is", where=str(file))
            if not value.is_quantized and value.layout == torch.strided:
                array = _array(value)
                yield ArrayRef(str(file), f"{file.stem}:{name}", array.shape, array.dtype, lambda array=array: array)  # type: ignore[misc]
        elif _is_list(value):
            array = np.asarray(value)
            yield ArrayRef(str(file), f"{file.stem}:{name}", array.shape, array.dtype, lambda array=array: array)  # type: ignore[misc]


def _loaded(file: Path) -> Any:
    import torch

    try:
        return torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except RuntimeError:  # the format before 1.6 cannot be mapped
        return torch.load(file, map_location="cpu", weights_only=True)


def _named(held: Any, name: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Everything in nested dictionaries and tuples with its keys as a name.

    :raises DataError: there are more entries than arrays of a set.
    """
    below: list[tuple[Any, Any]] = []
    if isinstance(held, Mapping):
        below = list(held.items())
    elif isinstance(held, tuple | list) and not _is_list(held):
        below = [(f"arr_{number}", each) for number, each in enumerate(held)]
    if not below or depth > 3:
        yield name, held
        return
    check_count(len(below), _MOST_ENTRIES, "entries", name or "the file")
    for key, each in below:
        yield from _named(each, f"{name}/{key}" if name else str(key), depth + 1)


def _is_list(value: Any) -> bool:
    """Whether it is a list of labels."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, int | str) for each in value)


def _array(tensor: Any) -> Array:
    import torch

    tensor = tensor.detach()
    found: Array = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return found


SOURCE = Source(
    SourceInfo(
        name="tensors",
        title="PyTorch tensors",
        summary="A .pt file with images and labels, or training.pt and test.pt; no code in it is run.",
        path="folder or file",
        path_help="a .pt file with images and labels, or a folder with training.pt and test.pt",
        suffixes=_SUFFIXES,
        options=ArrayOptions,
    ),
    read,
    recognise,
)
