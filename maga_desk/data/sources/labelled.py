"""From labelled pictures, as published files have them, to what a source gives: classes, splits, names and checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from maga_desk.data.sources.source import Contents, Listing
from maga_desk.data.sources.stamps import Stamps
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.choices import Options
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.pictures import Column, chosen
from maga_desk.domain.pixels import Indices

MOST_CLASSES = 50_000
_TEST_SHARE = 0.2
_SPLITS = {
    "train": "train", "training": "train", "trn": "train", "tr": "train",
    "test": "test", "testing": "test", "tst": "test", "te": "test", "t10k": "test", "eval": "test",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
}  # fmt: skip


class SplitOptions(Options):
    """How pictures without a split are split."""

    split_seed: int = Field(0, ge=0, title="Split seed", description="Seed of the split, where the file says none")


@dataclass(frozen=True, eq=False)
class Labelled:
    """N pictures with what a file says of them.

    :param labels: N of them, all text or all whole numbers; ``None``, ``""`` and numbers below 0 are none.
    :param opened: opens the picture at a position; raises ``DataError`` where it cannot.
    :param splits: N of ``train``, ``test``, ``val`` or ``""`` (not said).
    :param classes: the names of the numbers, where the file says them.
    :param stems: N names as the file has them; by number otherwise.
    :param paths: of the N files that the pictures are, where each is one.
    :param columns: what else is known of each picture.
    :param group: a column whose pictures stay on one side of a split that is made.
    :param files: what the stamps are of.
    :param found: the layout, guesses and what was skipped so far.
    """

    labels: Sequence[Any] | NDArray[Any]
    opened: Callable[[int], Image.Image]
    stamps: Stamps | None
    splits: NDArray[Any]
    classes: Sequence[str] | None = None
    stems: Sequence[str] | None = None
    paths: Sequence[str] | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    group: str | None = None
    found: Accounting = field(default_factory=Accounting)


def split_word(text: str) -> str:
    """``train``, ``test`` or ``val`` by a word in any case; ``""`` where it is none of their names."""
    return _SPLITS.get(text.strip().lower(), "")


def split_in(name: str) -> str:
    """The split that a file's or column's name says among its words: ``X_train.npy``, ``data/test-00000-of-1``."""
    words = re.findall(r"[a-z]+(?:10k)?", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return next((_SPLITS[word] for word in words if len(word) > 2 and word in _SPLITS), "")


def assembled(given: Labelled, where: str, seed: int = 0) -> Contents:
    """Classes, splits and names.

    :raises DataError: no labels, far too many, or numbers beyond the named classes.
    """
    count = len(given.labels)
    if not count:
        raise DataError("no pictures in it", where=where)
    kinds, classes = _classes(given, where)
    found, usable = given.found, kinds >= 0
    if not usable.any():
        raise DataError("its pictures have no labels", where=where, todo="a labelled set is needed")
    stems = _Stems(given.stems, given.splits)
    splits, found = _splits(given, kinds, usable, found, seed)
    found = _skip(found, "they have no label", stems.some(~usable))
    unused = usable & (splits == "val")
    found = _skip(found, "validation pictures, used for nothing", stems.some(unused))
    train = usable & (splits == "train")
    trained = np.zeros(len(classes), dtype=bool)
    trained[kinds[train]] = True
    strange = usable & (splits == "test") & ~trained[kinds]
    found = _skip(found, "their class has no training picture", stems.some(strange))
    test = usable & (splits == "test") & ~strange
    if not train.any() or not test.any():
        raise DataError(f"no {'test' if train.any() else 'training'} pictures in it", where=where)
    if not trained.all():
        absent = [name for name, there in zip(classes, trained, strict=True) if not there]
        found = found.guessed(f"{len(absent):,} of {len(classes):,} classes have no pictures: {name_some(absent)}.")
    number = np.cumsum(trained) - 1
    taken = tuple(name for name, there in zip(classes, trained, strict=True) if there)
    naming = _Naming(taken, number[kinds], stems, given)
    return Contents(
        taken, naming.listing("train", np.flatnonzero(train)), naming.listing("test", np.flatnonzero(test)), found=found
    )


class _Stems:
    """Names of pictures: as given, or their numbers in the split as the file has it."""

    def __init__(self, given: Sequence[str] | None, splits: NDArray[Any]) -> None:
        self.given, self._splits = given, splits
        self._numbers, self._digits = np.arange(len(splits)), len(str(len(splits) - 1))
        if given is None:
            for split in np.unique(splits).tolist():
                mine = np.flatnonzero(splits == split)
                self._numbers[mine] = np.arange(len(mine))

    def __getitem__(self, position: int) -> str:
        return self.given[position] if self.given is not None else f"{self._numbers[position]:0{self._digits}}"

    def some(self, mask: NDArray[np.bool_]) -> list[str]:
        """Of the pictures ``(N,)`` that are marked."""
        before = [""] * len(mask) if self.given is not None else [f"{each}/" if each else "" for each in self._splits]
        return [before[i] + self[i] for i in np.flatnonzero(mask).tolist()]


@dataclass(frozen=True, eq=False)
class _Naming:
    """The pictures of both splits under their names."""

    classes: tuple[str, ...]
    kinds: Indices
    stems: _Stems
    given: Labelled

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {}

    def listing(self, split: str, positions: Indices) -> Listing:
        names = list[str]()
        for position in positions.tolist():
            name = self.stems[position]
            if self.stems.given is None:
                name = f"{split}/{self.classes[self.kinds[position]]}/{name}"
            if name in self._positions:
                name = f"{name} ({position})"
            self._positions[name] = position
            names.append(name)
        columns = {key: chosen(values, positions) for key, values in self.given.columns.items()}
        own = self._file_of if self.given.paths is not None else None
        return Listing(
            tuple(names), self.kinds[positions], self._open, columns=columns, stamps=self.given.stamps, file_of=own
        )

    def _file_of(self, name: str) -> str:
        assert self.given.paths is not None
        return self.given.paths[self._positions[name]]

    def _open(self, name: str) -> Image.Image:
        return self.given.opened(self._positions[name])


def _skip(found: Accounting, reason: str, names: Sequence[str]) -> Accounting:
    return replace(found, skipped=(*found.skipped, PassedOver(reason, tuple(names)))) if names else found


def _classes(given: Labelled, where: str) -> tuple[Indices, tuple[str, ...]]:
    """``(N,) int64`` kinds, -1 for none, and the classes' names in their order."""
    labels = given.labels
    numbers = _numbers(labels, where)
    if numbers is None:
        values = [_text(each) for each in labels]
        names = sorted(set(values) - {""}, key=_in_order)
        place = {name: i for i, name in enumerate(names)}
        place[""] = -1
        kinds = np.array([place[each] for each in values], dtype=np.int64)
    elif given.classes is not None:
        names, kinds = list(given.classes), numbers
        beyond = numbers >= len(names)
        if beyond.any():
            raise DataError(
                f"label {numbers.max()} is beyond its {len(names):,} classes (pictures: {beyond.sum():,})", where=where
            )
        kinds = np.where(numbers < 0, -1, numbers)
        names = _distinct([_text(name) or f"class {i}" for i, name in enumerate(names)])
    else:
        distinct, kinds = np.unique(np.where(numbers < 0, -1, numbers), return_inverse=True)
        kinds = kinds.reshape(-1).astype(np.int64) - int(distinct[:1].tolist() == [-1])
        names = [str(each) for each in distinct.tolist() if each >= 0]
    _check_count(len(names), kinds, where)
    return kinds, tuple(names)


def _check_count(classes: int, kinds: Indices, where: str) -> None:
    labelled = int((kinds >= 0).sum())
    if classes > MOST_CLASSES:
        raise DataError(f"{classes:,} classes are too many", where=where, todo=f"at most {MOST_CLASSES:,}")
    different = len(np.unique(kinds[kinds >= 0]))
    if different > 100 and different > 0.9 * labelled:
        raise DataError(
            f"{different:,} labels for {labelled:,} pictures: almost each has its own, so they are no classes",
            where=where,
            todo="name another label",
        )


def _numbers(labels: Sequence[Any] | NDArray[Any], where: str) -> Indices | None:
    """Labels as ``(N,) int64``; ``None`` where they are text."""
    array = labels if isinstance(labels, np.ndarray) else None
    if array is None and all(isinstance(each, int) and not isinstance(each, bool) for each in labels):
        array = np.array(labels, dtype=np.int64)
    if array is None or array.dtype.kind in "OUST":
        return None
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.floor(array)).all()):
        raise DataError("its labels are numbers with fractions, no classes", where=where)
    return array.astype(np.int64)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(str(value).split())


def _in_order(name: str) -> tuple[int, int, str]:
    """Numbers by size, then text."""
    return (0, int(name), "") if name.isascii() and name.isdigit() and len(name) < 16 else (1, 0, name)


def _distinct(names: list[str]) -> list[str]:
    seen: set[str] = set()
    for i, name in enumerate(names):
        names[i] = f"{name} ({i})" if name in seen else name
        seen.add(names[i])
    return names


def _splits(
    given: Labelled, kinds: Indices, usable: NDArray[np.bool_], found: Accounting, seed: int
) -> tuple[NDArray[Any], Accounting]:
    """``train``, ``test`` or ``val`` for every picture, made where the file does not say."""
    splits = np.array(given.splits, dtype="<U5")
    there = set(np.unique(splits[usable]).tolist())
    if "train" not in there and "test" in there and "" in there:  # "test" is marked, the rest is for training
        splits[splits == ""] = "train"
    elif "" in there and "train" in there:
        splits[splits == ""] = "val"
        found = found.guessed("Pictures of no split are not used.")
    there = set(np.unique(splits[usable]).tolist())
    if "test" in there and "train" in there:
        return splits, found
    if "val" in there and "train" in there:
        splits[splits == "val"] = "test"
        return splits, found.guessed("There are no test pictures: the validation pictures are taken for them.")
    if there == {"val", "test"}:
        return splits, found
    apart, by = _set_apart(given, kinds, usable, seed)
    splits[usable] = np.where(apart[usable], "test", "train")
    share = f"{_TEST_SHARE:.0%}".replace("%", " %")
    return splits, found.guessed(
        f"No split is said: a seeded {share} of each {by} are the test pictures ({int(apart.sum()):,})."
    )


def _set_apart(given: Labelled, kinds: Indices, usable: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.bool_], str]:
    """``(N,)``: which pictures become test pictures; every class keeps a training picture."""
    rng, apart = np.random.default_rng(seed), np.zeros(len(kinds), dtype=bool)
    if given.group is not None:
        groups = np.unique(np.array([str(each) for each in given.columns[given.group]]), return_inverse=True)[1]
        order = rng.permutation(int(groups.max()) + 1)
        apart = np.isin(groups, order[: max(1, round(_TEST_SHARE * len(order)))]) & usable
        left = np.bincount(kinds[usable & ~apart], minlength=int(kinds.max()) + 1)
        if len(order) > 1 and left[np.unique(kinds[usable])].all():
            return apart, f"column {given.group}'s values"
        apart[:] = False
    for kind in np.unique(kinds[usable]).tolist():
        mine = rng.permutation(np.flatnonzero(usable & (kinds == kind)))
        apart[mine[: min(max(1, round(_TEST_SHARE * len(mine))), len(mine) - 1)]] = True
    return apart, "class"
