"""What forget sets are written against: the names and labels of the training pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import ForgetError, name_some
from maga_desk.domain.nearest import nearest
from maga_desk.domain.positions import labelled

Indices = NDArray[np.int64]
_LISTED = 20  # names that are all said


@dataclass(frozen=True)
class Catalogue:
    """The training pictures, as they are named.

    :param names: N picture names, like ``train/cat/0001.jpg``.
    :param labels: ``(N,) int64``, the model's class of each picture.
    :param kinds: ``(N,) int64``, the finest label known of each picture; equal to ``labels`` without families.
    :param columns: what else the source says of each picture, N values a name.
    """

    names: Sequence[str]
    labels: Indices
    kinds: Indices
    class_names: tuple[str, ...]
    kind_names: tuple[str, ...]
    columns: Mapping[str, NDArray[Any] | Sequence[Any]] = field(default_factory=dict)


def masked_by_name(wanted: Sequence[str], labels: Indices, names: tuple[str, ...], what: str) -> NDArray[np.bool_]:
    """``(N,) bool``: pictures of these classes or kinds.

    Accented letters are one character or two, as a system has it; to a person they are the same name.

    :param what: ``class`` or ``kind``.
    :raises ForgetError: none is called so, or it has no training pictures.
    """
    if not wanted:
        return np.zeros(len(labels), dtype=bool)
    places = {unicodedata.normalize("NFC", name): place for place, name in enumerate(names)}
    places |= {name: place for place, name in enumerate(names)}
    found = [places.get(name, places.get(unicodedata.normalize("NFC", name))) for name in wanted]
    unknown = [name for name, place in zip(wanted, found, strict=True) if place is None]
    if unknown:
        near = nearest(unknown[0], names) if len(names) > _LISTED else []
        raise ForgetError(
            f"no {what} is called {name_some([repr(n) for n in unknown])}",
            todo=f"the nearest to {unknown[0]!r}: {name_some(near)}" if near else f"known: {name_some(names, _LISTED)}",
        )
    there = np.bincount(labels, minlength=len(names))
    empty = [name for name, place in zip(wanted, found, strict=True) if place is not None and not there[place]]
    if empty:
        raise ForgetError(
            f"{what} {name_some(empty)} has no training pictures here",
            todo="nothing of it can be forgotten without them; see whether its files are where they were",
        )
    return labelled(labels, [place for place in found if place is not None])
