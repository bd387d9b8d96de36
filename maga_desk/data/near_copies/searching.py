"""The search for near copies over all splits: memory goes with the number of pictures, never with that of pairs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.data.near_copies.alike import are_flat, best_beside, seen_alike
from maga_desk.data.near_copies.buckets import Buckets, best_of_each
from maga_desk.data.near_copies.thumbs import SIDE, VIEWS, WHOLE, Floats, grey_of, small
from maga_desk.domain.control import RunControl
from maga_desk.domain.copies import NearCopies, splits_of
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import Bytes, Indices

VERSION = 1
"""Raised whenever the same pictures give other copies."""
ENOUGH = 0.90
"""The correlation from which two pictures count as near copies: chosen on one half of the made set (finding.md)."""
_MAYBE = 0.60
"""Before the two are laid on each other more closely: a cut copy gains that much by it."""
_PARTNERS = 16
"""Near copies that are kept of each picture, the most alike: what is alike hangs together by them all the same."""
_PROPOSED = 24
"""Candidates of each picture that are looked at, of one that may be cut or mirrored a third of that."""
_AT_ONCE, _COLOUR = 2048, 8


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of pictures, each once.

    :param first: ``(n,) int64``; ``second`` likewise: ``first`` as ``VIEWS[view]`` shows it looks like ``second``.
    :param score: ``(n,) float32``.
    """

    first: Indices
    second: Indices
    view: Indices
    score: NDArray[np.float32]

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> Candidates:
        return Candidates(self.first[which], self.second[which], self.view[which], self.score[which])

    def bounded(self) -> Candidates:
        """Without pairs that are among the best partners of neither picture."""
        return self.take(
            best_of_each(self.first, self.score, _PARTNERS) | best_of_each(self.second, self.score, _PARTNERS)
        )


def merged(parts: list[Candidates]) -> Candidates:
    """All of them; of each pair the better view, and of each picture the best partners."""
    whole = Candidates(
        np.concatenate([each.first for each in parts]),
        np.concatenate([each.second for each in parts]),
        np.concatenate([each.view for each in parts]),
        np.concatenate([each.score for each in parts]),
    )
    low, high = np.minimum(whole.first, whole.second), np.maximum(whole.first, whole.second)
    order = np.lexsort((-whole.score, high, low))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    return whole.take(order[new]).bounded()


_NOTHING: Indices = np.zeros(0, dtype=np.int64)
_NONE = Candidates(_NOTHING, _NOTHING, _NOTHING, np.zeros(0, dtype=np.float32))


def search(images: ImageSet, control: RunControl) -> Generator[Event, None, NearCopies]:
    """Pairs of pictures that show the same though their pixels differ. Of exact copies, one stands for all.

    :raises Cancelled: in between.
    """
    thumbs = yield from _all_small(images, control)
    chosen = np.setdiff1d(np.arange(len(thumbs)), repeated(images))
    found = yield from near_among(thumbs, chosen, control)
    return found


def repeated(images: ImageSet) -> Indices:
    """``(n,) int64`` places of pictures that an earlier one stands for: the same pixels."""
    starts, place = list[dict[str, int]](), 0
    for split in splits_of(images):
        starts.append({name: place + i for i, name in enumerate(split.names)} if len(starts) else {})
        place += len(split)
    others = {name: number for each in starts[1:] for name, number in each.items()}
    places = [twin.position if twin.train else others[twin.name] for group in images.twins.groups for twin in group[1:]]
    return np.array(places, dtype=np.int64)


def _all_small(images: ImageSet, control: RunControl) -> Generator[Event, None, Bytes]:
    """All pictures of all splits, ``(N, 3, SIDE, SIDE) uint8``."""
    splits = splits_of(images)
    total, done = sum(map(len, splits)), 0
    thumbs = np.empty((total, 3, SIDE, SIDE), dtype=np.uint8)
    for split in splits:
        for chunk in split.chunks():
            control.checkpoint()
            thumbs[done : done + len(chunk)] = small(chunk)
            done += len(chunk)
            yield Progress("Making pictures small", done, total)
    return thumbs


def near_among(
    thumbs: Bytes, chosen: Indices, control: RunControl, enough: float = ENOUGH
) -> Generator[Event, None, NearCopies]:
    """Near copies among small pictures.

    :param thumbs: ``(N, 3, SIDE, SIDE) uint8``.
    :param chosen: ``(n,) int64`` those that are compared.
    :param enough: the correlation from which two are copies.
    """
    flat = are_flat(thumbs[chosen]) if len(chosen) else np.zeros(0, dtype=bool)
    found = yield from _proposed(thumbs, chosen[~flat], control)
    score = np.empty(len(found.first), dtype=np.float32)
    for start in range(0, len(score), _AT_ONCE):
        control.checkpoint()
        part = slice(start, start + _AT_ONCE)
        score[part] = best_beside(thumbs, found.first[part], found.second[part], found.view[part])
        yield Progress("Comparing near copies", min(start + _AT_ONCE, len(score)), len(score))
    sure = np.flatnonzero(score >= enough)
    plain = _plain(thumbs, chosen[flat])
    hows = np.array([view.how for view in VIEWS], dtype=np.int64)
    first, second = found.first[sure], found.second[sure]
    return NearCopies(
        np.concatenate([np.minimum(first, second), plain[0]]),
        np.concatenate([np.maximum(first, second), plain[1]]),
        np.concatenate([100.0 * score[sure].astype(np.float64).clip(0, 1), plain[2]]),
        np.concatenate([hows[found.view[sure]], np.zeros(len(plain[0]), dtype=np.int64)]),
    )


def _proposed(thumbs: Bytes, chosen: Indices, control: RunControl) -> Generator[Event, None, Candidates]:
    """Pairs that hashes propose and that may be copies, by one look at the pixels."""
    if not len(chosen):
        return _NONE
    buckets, found, done = Buckets(_waves(thumbs, chosen)), [_NONE], 0
    for part in _parts(chosen):
        grey, seen = grey_of(thumbs[part]), list[Candidates]()
        for number, view in enumerate(VIEWS):
            control.checkpoint()
            who, other = buckets.near(view.waves(grey), _PROPOSED if number == 0 else _PROPOSED // 3)
            first, second = part[who], chosen[other]
            new = first < second if number == 0 else first != second  # as they are, each sees the other
            first, second = first[new], second[new]
            score = seen_alike(thumbs, first, second, view)
            some = Candidates(first, second, np.full(len(first), number, dtype=np.int64), score)
            seen.append(some.take(score >= _MAYBE))
        found.append(merged(seen))
        done += len(part)
        yield Progress("Looking for near copies", done, len(chosen))
    return merged(found)


def _waves(thumbs: Bytes, chosen: Indices) -> Floats:
    return np.concatenate([WHOLE.waves(grey_of(thumbs[part])) for part in _parts(chosen)])


def _parts(places: Indices) -> Iterator[Indices]:
    for start in range(0, len(places), _AT_ONCE):
        yield places[start : start + _AT_ONCE]


def _plain(thumbs: Bytes, flat: Indices) -> tuple[Indices, Indices, NDArray[np.float64]]:
    """Pictures of one colour each: those of nearly the same colour hang together by the first of them."""
    if not len(flat):
        return _NOTHING, _NOTHING, np.zeros(0)
    colours = thumbs[flat].reshape(len(flat), 3, -1).mean(axis=2, dtype=np.float64)
    _, which = np.unique((colours / _COLOUR).astype(np.int64), axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.argsort(which, kind="stable")
    begins = np.flatnonzero(np.append(True, np.diff(which[order]) != 0))
    leader = np.repeat(order[begins], np.diff(np.append(begins, len(order))))
    pairs = order != leader
    apart = np.abs(colours[order] - colours[leader]).max(axis=1)
    return flat[leader[pairs]], flat[order[pairs]], 100 * (1 - apart[pairs] / 255)
