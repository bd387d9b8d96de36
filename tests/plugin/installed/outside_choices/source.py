"""A source: arrays in a folder, read through the operating system's memory map; nothing is copied before it is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maga_desk.data.sources.source import Contents, Listing, Source, SourceRequest
from maga_desk.domain.choices import Options, SourceInfo
from maga_desk.domain.errors import DataError


class MappedPixels:
    """Some of the pictures in a ``.npy`` file of ``(N, 3, H, W) uint8``."""

    def __init__(self, file: Path, positions: NDArray[np.int64] | None = None) -> None:
        self.file = file
        self._map = np.load(file, mmap_mode="r")
        self._positions = np.arange(len(self._map)) if positions is None else positions

    @property
    def size(self) -> tuple[int, int]:
        return self._map.shape[2], self._map.shape[3]

    def __len__(self) -> int:
        return len(self._positions)

    def at(self, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        return np.array(self._map[self._positions[positions]])

    def take(self, positions: NDArray[np.int64]) -> MappedPixels:
        return MappedPixels(self.file, self._positions[positions])

    def whole(self) -> NDArray[np.uint8]:
        return self.at(np.arange(len(self)))


class ArraysOptions(Options):
    """Its own keys."""

    groups: int = Field(1, ge=1, le=100, title="Groups", description="Of how many people the pictures are")


def read(request: SourceRequest) -> Contents:
    """``train.npy`` and ``test.npy``, with ``train-labels.npy`` and ``test-labels.npy``, and ``classes.txt``."""
    folder, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, ArraysOptions)
    try:
        classes = tuple((folder / "classes.txt").read_text(encoding="utf-8").split())
        train, test = (_listing(folder, split, classes, options.groups) for split in ("train", "test"))
    except OSError as error:
        raise DataError(f"cannot read the arrays: {error.strerror}", where=str(folder)) from error
    return Contents(classes, train, test)


def _listing(folder: Path, split: str, classes: tuple[str, ...], groups: int) -> Listing:
    kinds = np.load(folder / f"{split}-labels.npy").astype(np.int64)
    names = tuple(f"{split}/{classes[kind]}/{number:04}" for number, kind in enumerate(kinds))
    pixels = MappedPixels(folder / f"{split}.npy")
    return Listing(names, kinds, pixels=pixels, columns={"group": np.arange(len(kinds)) % groups})


SOURCE = Source(
    SourceInfo(
        name="arrays",
        title="Arrays",
        summary="Pictures in NumPy files, mapped into memory.",
        path="folder",
        path_help="a folder with train.npy, test.npy, their labels and classes.txt",
        options=ArraysOptions,
    ),
    read,
)
