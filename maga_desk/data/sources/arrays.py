"""Arrays of pictures under any usual names and shapes: which is which, how pixels lie in them, and single pictures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from maga_desk.data.sources.labelled import Labelled, SplitOptions, assembled, split_in
from maga_desk.data.sources.parts import Array, LoadedParts, guarded, located_parts
from maga_desk.data.sources.source import Contents
from maga_desk.data.sources.stamps import Stamps
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.errors import DataError, name_some

_PICTURES = ("images", "image", "imgs", "img", "pictures", "pixels", "x", "xs", "data", "inputs", "input", "samples")
_LABELS = ("labels", "label", "fine", "y", "ys", "targets", "target", "classes", "class")
_TRIED = 256  # pictures whose values are looked at
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class ArrayRef:
    """An array that is not read yet.

    :param file: where it lies.
    :param name: as the file calls it, with the file's name where that says more.
    :param read: gives it, mapped where that can be.
    """

    file: str
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], Array]


@dataclass(frozen=True)
class ArrayPair:
    """Pictures and their labels."""

    split: str
    pictures: ArrayRef
    labels: ArrayRef


def paired(
    refs: Sequence[ArrayRef], where: str, pictures: str = "", labels: str = ""
) -> tuple[list[ArrayPair], list[str]]:
    """Which arrays are pictures and which their labels, by name and else by shape; and the names of those left over.

    :param pictures: a name, or a part of several, that is said for them; likewise ``labels``.
    :raises DataError: no pair is found.
    """
    roles = {ref.name: _role(ref, pictures, labels) for ref in refs}
    if not any(role == "pictures" for role in roles.values()):
        raise DataError(
            f"no array of pictures in it (it has {_shown(refs)})", where=where, todo="name it in [data.options] picture"
        )
    pairs, used = list[ArrayPair](), set[str]()
    for ref in refs:
        if roles[ref.name] != "pictures":
            continue
        split, rest = _split(ref.name), _rest(ref.name)
        mates = [each for each in refs if roles[each.name] == "labels" and _split(each.name) == split]
        mate = min(mates, key=lambda each: (_rest(each.name) != rest, _preference(each.name)), default=None)
        if mate is None:
            continue
        if mate.shape[:1] != ref.shape[:1]:
            raise DataError(
                f"{ref.name} has {ref.shape[0]:,} pictures and {mate.name} {mate.shape[0] if mate.shape else 0:,} "
                "labels", where=where,
            )  # fmt: skip
        pairs.append(ArrayPair(split, ref, mate))
        used |= {ref.name, mate.name}
    if not pairs:
        raise DataError(
            f"no labels for its pictures (it has {_shown(refs)})", where=where, todo="name them in [data.options] label"
        )
    return pairs, [ref.name for ref in refs if ref.name not in used]


def _split(name: str) -> str:
    """What the array's own name says, else its file's."""
    return split_in(name.rpartition(":")[2]) or split_in(name)


def _role(ref: ArrayRef, pictures: str, labels: str) -> str:
    if pictures and pictures in ref.name:
        return "pictures"
    if labels and labels in ref.name:
        return "labels"
    words = _words(ref.name)
    flat = len(ref.shape) == 1 or (len(ref.shape) == 2 and ref.shape[1] < 64)
    if not labels and flat and any(word in _LABELS for word in words):
        return "labels"
    if not pictures and len(ref.shape) >= 2 and not flat and any(word in _PICTURES for word in words):
        return "pictures"
    if not pictures and len(ref.shape) in (3, 4) and min(ref.shape[1:3]) > 1:
        return "pictures"
    if not labels and flat and ref.dtype.kind in "iuU" and re.fullmatch(r"(.*[/:.])?arr_\d+|\d+", ref.name):
        return "labels"
    return ""


def says_role(name: str) -> bool:
    """Whether a name has a word for pictures or labels in it."""
    return any(word in _PICTURES or word in _LABELS for word in _words(name))


def _preference(name: str) -> int:
    words = _words(name)
    return min((_LABELS.index(word) for word in words if word in _LABELS), default=len(_LABELS))


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())


def _rest(name: str) -> tuple[str, ...]:
    """What tells two pairs of one split apart: all words and numbers that say neither role nor split."""
    words = re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return tuple(word for word in words if word not in _PICTURES and word not in _LABELS and not split_in(word))


def _shown(refs: Sequence[ArrayRef]) -> str:
    return name_some([f"{ref.name} {'x'.join(map(str, ref.shape)) or 'a number'}" for ref in refs], 8) or "no arrays"


@dataclass(frozen=True)
class PixelLayout:
    """How the pixels of one array lie.

    :param order: of its axes after the first: ``HW``, ``HWC`` or ``CHW``.
    :param scale: what values are multiplied with, after ``shift`` was added, to be 0..255.
    """

    order: str
    shape: tuple[int, ...]
    shift: float = 0.0
    scale: float = 1.0
    exact: bool = True

    def picture(self, values: Array) -> Image.Image:
        """One picture in RGB."""
        array: NDArray[Any] = np.asarray(values).reshape(self.shape)
        if self.order == "CHW":
            array = array.transpose(1, 2, 0)
        if not self.exact or array.dtype != np.uint8:
            array = (array.astype(np.float64) + self.shift) * self.scale
            if not (np.isfinite(array).all() and array.min() > -1 and array.max() < 256):
                raise DataError("its values are outside the range of the others")
            array = np.rint(array).clip(0, 255).astype(np.uint8)
        array = np.ascontiguousarray(array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array)
        picture = Image.fromarray(array)
        if picture.mode == "RGBA":
            return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
        return picture.convert("RGB")


def layout_of(name: str, array: Array, where: str) -> tuple[PixelLayout, str]:
    """How an array ``(N, ...)`` of pictures lies, by its shape, type and some of its values; and what was guessed.

    :raises DataError: it holds no pictures.
    """
    kind = array.dtype.kind
    if kind not in "uifb":
        what = "Python objects, which are never read" if kind == "O" else f"values of type {array.dtype}"
        raise DataError(f"{name} holds {what}", where=where, todo="save it as uint8")
    order, shape = _order(name, array.shape, where)
    if array.dtype == np.uint8:
        return PixelLayout(order, shape), ""
    if kind == "b":
        return PixelLayout(order, shape, scale=255.0, exact=False), f"{name} holds True and False: black and white."
    step = max(1, len(array) // _TRIED)
    some = np.asarray(array[::step][:_TRIED], dtype=np.float64)
    if not some.size:
        return PixelLayout(order, shape), ""
    low, high = float(some.min()), float(some.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise DataError(f"{name} holds values that are no numbers", where=where)
    if kind == "f" and low >= 0 and high <= 1:
        return PixelLayout(order, shape, scale=255.0, exact=False), f"{name} holds 0 to 1, taken for black to white."
    if low >= 0 and high < 256:
        return PixelLayout(order, shape, exact=False), ""
    if kind == "f" and low >= -1 and high <= 1:
        return PixelLayout(order, shape, 1.0, 127.5, False), f"{name} holds -1 to 1, taken for black to white."
    if kind != "f" and low >= 0 and high < 65536:
        return PixelLayout(order, shape, 0.0, 255 / 65535, False), f"{name} holds 16-bit values, taken for 0 to 65535."
    raise DataError(
        f"{name} holds values from {low:.3g} to {high:.3g}: no pixels of 0..1 or 0..255",
        where=where,
        todo="save the pictures before they are normalised",
    )


def _order(name: str, shape: tuple[int, ...], where: str) -> tuple[str, tuple[int, ...]]:
    sides = shape[1:]
    if len(sides) == 1:
        side = math.isqrt(sides[0])
        if side > 1 and side * side == sides[0]:
            return "HW", (side, side)
        side = math.isqrt(sides[0] // 3)
        if side > 1 and 3 * side * side == sides[0]:
            return "CHW", (3, side, side)
    if len(sides) == 2:
        return "HW", sides
    if len(sides) == 3:
        last, first = sides[2] in _CHANNELS, sides[0] in _CHANNELS
        if last:
            return "HWC", sides
        if first:
            return "CHW", sides
    raise DataError(
        f"{name} has the shape {'x'.join(map(str, shape))}, which is none of pictures",
        where=where,
        todo="N x H x W, N x H x W x 3 or N x 3 x H x W is expected",
    )


def labels_of(name: str, array: Array, where: str) -> tuple[NDArray[Any], str]:
    """Labels ``(N,)`` from ``(N,)``, ``(N, 1)`` or one-hot ``(N, C)``; and what was guessed.

    :raises DataError: several labels a picture, or objects.
    """
    if array.dtype.kind == "O":
        raise DataError(f"{name} holds Python objects, which are never read", where=where, todo="save it as numbers")
    flat = array.reshape(len(array), -1)
    if flat.shape[1] == 1 or not len(array):
        return flat.reshape(-1), ""
    if flat.dtype.kind in "uifb" and np.isin(flat, (0, 1)).all():
        if (flat.sum(axis=1) == 1).all():
            return flat.argmax(axis=1), f"{name} is one-hot: {flat.shape[1]} classes."
        raise DataError(
            f"{name} is multi-label: several classes a picture", where=where, todo="one class a picture is needed"
        )
    raise DataError(f"{name} has {flat.shape[1]} values a picture, no single label", where=where)


class ArrayOptions(SplitOptions):
    """Own keys of sources that read arrays."""

    picture: str = Field(
        "", title="Pictures", description="The pictures' array, or what is alike in the names of several"
    )
    label: str = Field("", title="Labels", description="The labels' array, likewise")


def of_arrays(
    layout: str,
    refs: Sequence[ArrayRef],
    stamps: Stamps,
    where: str,
    options: ArrayOptions,
    *,
    unread: Sequence[str] = (),
    what: str = "arrays",
) -> Contents:
    """The pictures and labels among a source's arrays, and an account of all others.

    :param layout: what the files are, for people ("NumPy arrays").
    :param unread: names of those that are of another kind, or kept in other files.
    :param what: the source's word for an array.
    :raises DataError: none of them are pictures with labels, or what is in them cannot be used.
    """
    pairs, left = paired(refs, where, options.picture, options.label)
    shown = name_some([f"{pair.pictures.name} with {pair.labels.name}" for pair in pairs], 4)
    groups = {
        f"{what} that are neither pictures nor labels": left,
        f"{what} of another kind, or kept in other files": unread,
    }
    others = tuple(PassedOver(why, tuple(names)) for why, names in groups.items() if names)
    found = Accounting(layout=f"{layout}: {shown}", others=others)
    return assembled(from_pairs(pairs, stamps, where, found), where, options.split_seed)


def from_pairs(pairs: Sequence[ArrayPair], stamps: Stamps, where: str, found: Accounting) -> Labelled:
    """The pictures of all pairs, one after the other.

    :raises DataError: what is in them cannot be used.
    """
    parts = LoadedParts([(pair.pictures.file, pair.pictures.read) for pair in pairs], stamps)
    layouts, labels, splits = list[PixelLayout](), list[NDArray[Any]](), list[NDArray[Any]]()
    for number, pair in enumerate(pairs):
        layout, guess = (
            (PixelLayout(*_order(pair.pictures.name, pair.pictures.shape, where)), "")
            if pair.pictures.dtype == np.uint8
            else layout_of(pair.pictures.name, parts[number], where)
        )
        mine, hot = labels_of(pair.labels.name, pair.labels.read(), where)
        layouts.append(layout)
        labels.append(mine)
        splits.append(np.full(len(mine), pair.split, dtype="<U5"))
        found = found.guessed(*(each for each in (guess, hot) if each))
    located = located_parts([len(each) for each in labels])

    def opened(position: int) -> Image.Image:
        part, place = located(position)
        return layouts[part].picture(parts[part][place])

    return Labelled(np.concatenate(labels), guarded(opened), stamps, np.concatenate(splits), found=found)
