"""From what a source lists to an image set: the subset, decoding, held-out pictures and families, alike for all."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from maga_desk.data.families import read_families
from maga_desk.data.sources.decode import to_pixels
from maga_desk.data.sources.registry import SOURCES
from maga_desk.data.sources.source import Contents, Listing, Report, SourceRequest
from maga_desk.domain.choices import read_options
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.pictures import ImageSet, PictureIndex, SplitName, chosen
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.run import DataSpec

_CHUNK = 512  # pictures between two looks at the control
_LARGEST_DEFAULT_SIDE = 224


def load_pictures(
    spec: DataSpec,
    *,
    size: int | None = None,
    control: RunControl | None = None,
    report: Report = lambda done, total: None,
) -> ImageSet:
    """The pictures that a spec names, labelled by family if it names families.

    A picture that the subset leaves out is never opened.

    :param size: the side that the model expects, when known; ``spec.size`` wins. Without both: the pixels' own where
        the source brings them, else the first picture's shorter side, at most 224.
    :param report: called with (done, total) now and then.
    :raises DataError: an unknown source, or pictures that cannot be used.
    :raises SpecError: a wrong key in ``[data] options``.
    """
    source = SOURCES.find(spec.source)
    options = read_options(source.info.options, spec.options, "[data] options")
    if source.info.path and not spec.path:
        raise DataError(f"no {source.info.path} is given", where="[data] path")
    control = control or RunControl()
    contents = source.read(SourceRequest(spec, options, spec.size or size, control, report))
    if len(contents.kinds) < 2:
        what = f"only one class ({contents.kinds[0]})" if contents.kinds else "no classes"
        raise DataError(what, where=_where(spec), todo="two or more are needed")
    images = _read(contents, spec, spec.size or size, control, report).holding_out(spec.held_out)
    images = images.judged_on_held_out() if spec.judge_on == "held-out" else images
    return images.with_families(read_families(spec.families)) if spec.families else images


def _read(contents: Contents, spec: DataSpec, size: int | None, control: RunControl, report: Report) -> ImageSet:
    train, test = _subset(contents.train, spec.train_limit, spec.subset_seed), contents.test
    side = size or _default_side(train, spec)
    total = len(train.names) + len(test.names)
    kept, lost = _index(train, "train", side, control, lambda done: report(done, total))
    kept_test, lost_test = _index(test, "test", side, control, lambda done: report(len(train.names) + done, total))
    if not len(kept) or not len(kept_test):
        raise DataError("none of the pictures can be read", where=_where(spec))
    emptied = [name for i, name in enumerate(contents.kinds) if not (kept.kinds == i).any()]
    if emptied and spec.train_limit is None:
        raise DataError(f"no readable training picture of {name_some(emptied)}", where=_where(spec))
    return ImageSet(kept, kept_test, contents.kinds, contents.kinds, skipped=(*lost, *lost_test))


def _where(spec: DataSpec) -> str:
    return spec.path or f"[data] source = {spec.source}"


def _subset(listing: Listing, limit: int | None, seed: int) -> Listing:
    count = len(listing.names)
    if limit is None or limit >= count:
        return listing
    return _some(listing, np.sort(np.random.default_rng(seed).choice(count, size=limit, replace=False)))


def _some(listing: Listing, positions: np.ndarray) -> Listing:
    return replace(
        listing,
        names=tuple(listing.names[i] for i in positions),
        kinds=listing.kinds[positions],
        pixels=None if listing.pixels is None else listing.pixels.take(positions),
        columns={name: chosen(values, positions) for name, values in listing.columns.items()},
    )


def _default_side(listing: Listing, spec: DataSpec) -> int:
    if listing.pixels is not None:
        return listing.pixels.size[0]
    assert listing.opener is not None
    for name in listing.names[:64]:
        try:
            return max(8, min(_LARGEST_DEFAULT_SIDE, *listing.opener(name).size))
        except DataError:
            continue
    raise DataError("none of the first 64 pictures can be read", where=_where(spec))


def _index(
    listing: Listing, split: SplitName, side: int, control: RunControl, report: Callable[[int], None]
) -> tuple[PictureIndex, list[str]]:
    """The pictures that can be read, and the names of the others."""
    pixels, lost = listing.pixels, list[str]()
    if pixels is None:
        decoded, readable = _decoded(listing, side, control, report)
        if not readable.all():
            lost = [listing.names[i] for i in np.flatnonzero(~readable)]
            kept = np.flatnonzero(readable)
            listing, decoded = _some(listing, kept), decoded[kept]
        pixels = InMemory(decoded)
    elif pixels.size != (side, side):
        height, width = pixels.size
        raise DataError(f"the pictures are {width} x {height} pixels, not {side} x {side}", where="[data] size")
    found = PictureIndex(pixels, listing.kinds, listing.kinds, listing.names, split, listing.columns, listing.opener)
    return found, lost


def _decoded(
    listing: Listing, side: int, control: RunControl, report: Callable[[int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """``(N, 3, side, side) uint8``, and ``(N,) bool``: which of them could be read."""
    opener, count = listing.opener, len(listing.names)
    assert opener is not None
    images = np.empty((count, 3, side, side), dtype=np.uint8)
    readable = np.ones(count, dtype=bool)

    def fill(position: int) -> None:
        try:
            images[position] = to_pixels(opener(listing.names[position]), (side, side))
        except DataError:
            readable[position] = False

    with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 2) + 1)) as pool:
        for start in range(0, count, _CHUNK):
            control.checkpoint()
            stop = min(start + _CHUNK, count)
            list(pool.map(fill, range(start, stop)))
            report(stop)
    return images, readable
