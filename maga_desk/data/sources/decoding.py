"""From a listing to the classifier's pixels: decoded once, then kept and mapped."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import PIL
from numpy.typing import NDArray

from maga_desk.data.keeping import GIGABYTE, DiskShelf, Draft, Kept, KeptName, owner_of
from maga_desk.data.sources.decode import INTERPOLATION, VERSION, to_pixels, without_warnings
from maga_desk.data.sources.source import Listing
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError
from maga_desk.domain.pixels import Bytes, InMemory, Mapped, Pixels
from maga_desk.domain.specs.run import DataSpec

_LARGEST_DEFAULT_SIDE = 224
_TRIED = 64  # pictures, to find one that can be read
_FIRST, _SHORTEST, _LONGEST = 16, 0.1, 0.3  # pictures in the first slice; seconds between two looks at the control


@dataclass(frozen=True)
class Decoding:
    """How, and who is told.

    :param spec: the spec's ``[data]``.
    :param control: asked several times a second.
    :param report: told how many pictures are done.
    :param say: told a line for a person.
    :param shelf: where the result is kept; ``None``: nowhere.
    """

    spec: DataSpec
    control: RunControl
    report: Callable[[int], None]
    say: Callable[[str], object]
    shelf: DiskShelf | None = None


class Decoded(NamedTuple):
    """What came of a listing.

    :param pixels: the pictures that can be read, in order.
    :param lost: ``(m,) int64`` positions of those that cannot.
    :param first: width and height of the first picture as its source has it; ``None``: it cannot be read.
    """

    pixels: Pixels
    lost: NDArray[np.int64]
    first: tuple[int, int] | None


def decoded(listing: Listing, side: int | None, how: Decoding) -> Decoded:
    """Decode a listing, or take what is kept of it.

    :param side: in pixels; ``None``: the first picture's shorter side, at most 224.
    :raises DataError: no side is given, and none of the first pictures can be read.
    :raises Cancelled: in between.
    """
    entry = _entry(listing, side, how.spec) if how.shelf is not None else None
    kept = _found(listing, entry, how) if entry is not None else None
    if kept is not None:
        how.report(len(listing.names))
        first = kept.facts["first"]
        return Decoded(Mapped(kept.array), np.array(kept.facts["lost"], dtype=np.int64), first and (first[0], first[1]))
    side = side or _default_side(listing, how.spec)
    with contextlib.closing(_Rows(len(listing.names), side, entry, how)) as rows:
        lost, sizes = list[int](), list[tuple[int, int]]()
        for start, pictures, readable in _slices(listing, side, how, sizes):
            lost += (start + np.flatnonzero(~readable)).tolist()
            rows.add(pictures[readable] if not readable.all() else pictures)
        first = sizes[0] if sizes else None
        return Decoded(rows.whole(listing, lost, first), np.array(lost, dtype=np.int64), first)


def _entry(listing: Listing, side: int | None, spec: DataSpec) -> KeptName | None:
    """The name under which the decoded pictures are kept; ``None`` where nothing says whether they have changed."""
    if listing.stamps is None:
        return None
    options = json.dumps([spec.source, spec.options], sort_keys=True, default=str)
    names = "\0".join(listing.names)
    settings = f"{VERSION} {PIL.__version__} {side} rgb {INTERPOLATION.name}"
    text = "\0\0".join((spec.path or "", options, settings, listing.stamps.digest(), names))
    key = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return KeptName(owner_of(spec.path or spec.source), "pictures", key)


def _found(listing: Listing, entry: KeptName, how: Decoding) -> Kept | None:
    """What is kept, if it is what decoding would give now."""
    assert how.shelf is not None and listing.stamps is not None and listing.opener is not None
    kept = how.shelf.find(entry, how.control.checkpoint)
    if kept is None:
        return None
    try:
        changed = listing.stamps.young(kept.facts["taken"]) != kept.facts["young"]
    except OSError:
        return None
    for position in kept.facts["lost"]:  # a fault of the disk or the network may have passed
        how.control.checkpoint()
        with contextlib.suppress(DataError):
            listing.opener(listing.names[position])
            changed = True
        if changed:
            break
    return None if changed else kept


def _default_side(listing: Listing, spec: DataSpec) -> int:
    assert listing.opener is not None
    for name in listing.names[:_TRIED]:
        try:
            return max(8, min(_LARGEST_DEFAULT_SIDE, *listing.opener(name).size))
        except DataError:
            continue
    where = spec.path or f"[data] source = {spec.source}"
    raise DataError(f"none of the first {_TRIED} pictures can be read", where=where)


def _slices(
    listing: Listing, side: int, how: Decoding, sizes: list[tuple[int, int]]
) -> Iterator[tuple[int, Bytes, NDArray[np.bool_]]]:
    """The pictures some at a time: the first one's position, ``(n, 3, side, side) uint8``, ``(n,)`` which are readable.
    The first picture's own size is put into ``sizes``.

    A slice takes some tenths of a second, whether the pictures are thumbnails or photographs.
    """
    opener, names, length = listing.opener, listing.names, _FIRST
    assert opener is not None

    def fill(first: int, last: int) -> None:
        for position in range(first, last):
            try:
                picture = opener(names[position])
                if position == 0:
                    sizes.append(picture.size)
                pictures[position - start] = to_pixels(picture, (side, side))
            except DataError:
                readable[position - start] = False

    workers, start = os.cpu_count() or 2, 0
    with without_warnings, ThreadPoolExecutor(max_workers=min(8, workers)) as pool:
        while start < len(names):
            how.control.checkpoint()
            began, stop = time.perf_counter(), min(start + length, len(names))
            pictures = np.zeros((stop - start, 3, side, side), dtype=np.uint8)
            readable = np.ones(stop - start, dtype=bool)
            bounds = np.linspace(start, stop, min(4 * workers, stop - start) + 1).astype(int).tolist()
            list(pool.map(fill, bounds[:-1], bounds[1:]))
            yield start, pictures, readable
            start = stop
            how.report(start)
            took = time.perf_counter() - began
            length = 2 * length if took < _SHORTEST else max(1, length // 2) if took > _LONGEST else length


class _Rows:
    """Pictures that are being decoded: written to the shelf; in memory where that cannot be."""

    def __init__(self, count: int, side: int, entry: KeptName | None, how: Decoding) -> None:
        self._shape, self._how = (count, 3, side, side), how
        self._draft: Draft | None = None
        self._array: Bytes | None = None
        self._done = 0
        shelf, nbytes = how.shelf, int(np.prod(self._shape))
        if entry is not None and shelf is not None and shelf.limit:
            if shelf.takes(nbytes):
                try:
                    self._draft = shelf.begin(entry, self._shape[1:], "uint8", count)
                except OSError as error:
                    self._give_up(error)
            else:
                how.say(
                    f"Decoded, these pictures take {nbytes / GIGABYTE:,.1f} GB, more than the "
                    f"{shelf.limit / GIGABYTE:g} GB that may be kept (Edit > Settings): each opening decodes them."
                )

    def add(self, pictures: Bytes) -> None:
        if self._draft is not None:
            try:
                self._draft.add(pictures)
            except OSError as error:
                self._to_memory(error)
        if self._draft is None:
            if self._array is None:
                self._array = np.empty(self._shape, dtype=np.uint8)
            self._array[self._done : self._done + len(pictures)] = pictures
        self._done += len(pictures)

    def whole(self, listing: Listing, lost: list[int], first: tuple[int, int] | None) -> Pixels:
        """All of them; kept, where they could be."""
        if self._draft is not None:
            assert listing.stamps is not None
            try:
                young = listing.stamps.young()
                kept = self._draft.seal({"lost": lost, "taken": listing.stamps.taken, "young": young, "first": first})
                return Mapped(kept.array)
            except OSError as error:
                self._to_memory(error)
        array = np.empty((0, *self._shape[1:]), dtype=np.uint8) if self._array is None else self._array
        return InMemory(array[: self._done])

    def close(self) -> None:
        if self._draft is not None:
            self._draft.drop()

    def _to_memory(self, error: OSError) -> None:
        assert self._draft is not None
        self._array = np.empty(self._shape, dtype=np.uint8)
        self._array[: self._done] = self._draft.added()
        self._draft.drop()
        self._draft = None
        self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self._how.say(f"The decoded pictures cannot be kept ({reason}): the next opening decodes them anew.")
