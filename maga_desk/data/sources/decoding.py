"""From a listing to the classifier's pixels: decoded once, then kept and mapped."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image

from maga_desk.data.keeping import GIGABYTE, DiskShelf, Draft, Kept, KeptName, owner_of
from maga_desk.data.sources.decode import VERSION, to_pixels, without_warnings
from maga_desk.data.sources.kinds import SEVERAL
from maga_desk.data.sources.source import Listing
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError
from maga_desk.domain.pixels import Bytes, InMemory, Mapped, Pixels
from maga_desk.domain.preprocessing import Framing, Size
from maga_desk.domain.room import PICTURES
from maga_desk.domain.specs.run import DataSpec

_LARGEST_DEFAULT_SIDE = 224
_TRIED = 64  # pictures, to find one that can be read
_FIRST, _SHORTEST, _LONGEST = 16, 0.1, 0.3  # pictures in the first slice; seconds between two looks at the control
_SLICE = 64 * 2**20  # bytes of a slice at most


@dataclass(frozen=True)
class Decoding:
    """How, and who is told.

    :param spec: the spec's ``[data]``.
    :param control: asked several times a second.
    :param report: told how many pictures are done.
    :param say: told a line for a person.
    :param shelf: where the result is kept; ``None``: nowhere.
    :param framing: how a picture is brought to its size.
    """

    spec: DataSpec
    control: RunControl
    report: Callable[[int], None]
    say: Callable[[str], object]
    shelf: DiskShelf | None = None
    framing: Framing = field(default_factory=Framing)


class Decoded(NamedTuple):
    """What came of a listing.

    :param pixels: the pictures that can be read, in order.
    :param lost: ``(m,) int64`` positions of those that cannot.
    :param first: width and height of the first picture as its source has it; ``None``: it cannot be read.
    :param cut: the share of a picture's area that is cut off, on average, 0 to 1.
    :param several: how many of the files hold further pictures: frames or pages, of which the first is used.
    """

    pixels: Pixels
    lost: NDArray[np.int64]
    first: tuple[int, int] | None
    cut: float = 0.0
    several: int = 0


def decoded(listing: Listing, size: Size | None, how: Decoding) -> Decoded:
    """Decode a listing, or take what is kept of it.

    :param size: ``None``: the first picture's shorter side, at most 224.
    :raises DataError: no side is given, and none of the first pictures can be read.
    :raises Cancelled: in between.
    """
    entry = _entry(listing, size, how) if how.shelf is not None else None
    kept = _found(listing, entry, how) if entry is not None else None
    if kept is not None:
        how.report(len(listing.names))
        pixels = Mapped(kept.array, kept.sha256)
        return _Seen.of(kept.facts, how.framing, pixels.size).decoded(pixels, kept.facts["lost"])
    size = size or default_size(listing, how.spec)
    with contextlib.closing(_Rows(len(listing.names), size, entry, how)) as rows:
        lost, seen = list[int](), _Seen()
        for start, pictures, readable in _slices(listing, size, how, seen):
            lost += (start + np.flatnonzero(~readable)).tolist()
            rows.add(pictures[readable] if not readable.all() else pictures)
        return seen.decoded(rows.whole(listing, lost, seen), lost)


class _Seen:
    """What was seen of the files: the first one's size, the share that is cut off, how many hold several pictures."""

    def __init__(self, first: tuple[int, int] | None = None, cut: float = 0.0, several: int = 0) -> None:
        self.first, self._cuts, self._several = first, [cut] if cut else [], [True] * several

    @classmethod
    def of(cls, facts: Mapping[str, Any], framing: Framing, size: Size) -> _Seen:
        """As it was noted; the first entries that were kept have the first picture alone."""
        first = facts["first"] and (facts["first"][0], facts["first"][1])
        alone = framing.cut((first[1], first[0]), size) if first else 0.0
        return cls(first, float(facts.get("cut", alone)), int(facts.get("several", 0)))

    def add(self, position: int, picture: Image.Image, framing: Framing, size: Size) -> None:
        if position == 0:
            self.first = picture.size
        if SEVERAL in picture.info:
            self._several.append(True)  # a list, as several threads add to it
        self._cuts.append(framing.cut((picture.height, picture.width), size))

    @property
    def cut(self) -> float:
        return sum(self._cuts) / len(self._cuts) if self._cuts else 0.0

    @property
    def several(self) -> int:
        return len(self._several)

    def decoded(self, pixels: Pixels, lost: list[int]) -> Decoded:
        return Decoded(pixels, np.array(lost, dtype=np.int64), self.first, self.cut, self.several)

    def facts(self) -> dict[str, Any]:
        return {"first": self.first, "cut": self.cut, "several": self.several}


def _entry(listing: Listing, size: Size | None, how: Decoding) -> KeptName | None:
    """The name under which the decoded pictures are kept; ``None`` where nothing says whether they have changed."""
    if listing.stamps is None:
        return None
    spec, framing = how.spec, how.framing
    options = json.dumps([spec.source, spec.options], sort_keys=True, default=str)
    names = "\0".join(listing.names)
    side = size[0] if size and size[0] == size[1] else size and f"{size[0]}x{size[1]}"
    settings = f"{VERSION} {PIL.__version__} {side} rgb {framing.interpolation.upper()}"
    if (framing.resize, framing.crop) != ("cover", 1.0):  # later than the first entries, whose key is what it was
        settings += f" {framing.resize} {framing.crop!r}" + (f" {framing.fill}" if framing.fill != "black" else "")
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
        with contextlib.suppress(DataError), PICTURES.turn():
            listing.opener(listing.names[position])
            changed = True
        if changed:
            break
    return None if changed else kept


def default_size(listing: Listing, spec: DataSpec) -> Size:
    """The first picture's shorter side, at most 224, twice.

    :raises DataError: none of the first pictures can be read.
    """
    assert listing.opener is not None
    for name in listing.names[:_TRIED]:
        try:
            with PICTURES.turn():
                side = max(8, min(_LARGEST_DEFAULT_SIDE, *listing.opener(name).size))
            return side, side
        except DataError:
            continue
    where = spec.path or f"[data] source = {spec.source}"
    raise DataError(f"none of the first {_TRIED} pictures can be read", where=where)


def _slices(listing: Listing, size: Size, how: Decoding, seen: _Seen) -> Iterator[tuple[int, Bytes, NDArray[np.bool_]]]:
    """The pictures some at a time: the first one's position, ``(n, 3, H, W) uint8``, ``(n,)`` which are readable.
    Their own sizes are put into ``seen``.

    A slice takes some tenths of a second, whether the pictures are thumbnails or photographs.
    """
    opener, names, most = listing.opener, listing.names, max(1, _SLICE // (3 * size[0] * size[1]))
    length = min(_FIRST, most)
    assert opener is not None

    def fill(first: int, last: int) -> None:
        for position in range(first, last):
            with PICTURES.turn():
                readable[position - start] = shown(position)

    def shown(position: int) -> bool:
        try:
            picture = opener(names[position])
            pictures[position - start] = to_pixels(picture, size, how.framing)
        except DataError:
            return False
        seen.add(position, picture, how.framing, size)
        return True

    workers, start = os.cpu_count() or 2, 0
    with without_warnings, ThreadPoolExecutor(max_workers=min(8, workers)) as pool:
        while start < len(names):
            how.control.checkpoint()
            began, stop = time.perf_counter(), min(start + length, len(names))
            pictures = np.zeros((stop - start, 3, *size), dtype=np.uint8)
            readable = np.ones(stop - start, dtype=bool)
            bounds = np.linspace(start, stop, min(4 * workers, stop - start) + 1).astype(int).tolist()
            list(pool.map(fill, bounds[:-1], bounds[1:]))
            yield start, pictures, readable
            start = stop
            how.report(start)
            took = time.perf_counter() - began
            length = 2 * length if took < _SHORTEST else max(1, length // 2) if took > _LONGEST else length
            length = min(length, most)


class _Rows:
    """Pictures that are being decoded: written to the shelf; in memory where that cannot be."""

    def __init__(self, count: int, size: Size, entry: KeptName | None, how: Decoding) -> None:
        self._shape, self._how = (count, 3, *size), how
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

    def whole(self, listing: Listing, lost: list[int], seen: _Seen) -> Pixels:
        """All of them; kept, where they could be."""
        if self._draft is not None:
            assert listing.stamps is not None
            try:
                young = listing.stamps.young()
                noted = {"lost": lost, "taken": listing.stamps.taken, "young": young}
                kept = self._draft.seal({**noted, **seen.facts()})
                return Mapped(kept.array, kept.sha256)
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
