"""Pictures behind an index: what is known of each, and two ways to see it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.accounting import Accounting
from maga_desk.domain.catalogue import Catalogue
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.groupings import Grouping, grouped
from maga_desk.domain.pixels import Bytes, Indices, Pixels
from maga_desk.domain.preprocessing import Framing
from maga_desk.domain.room import PICTURES
from maga_desk.domain.twins import Twins, find_twins, samples_of

if TYPE_CHECKING:
    from hashlib import _Hash

    from PIL import Image

SplitName = Literal["train", "test", "held-out"]
Opener = Callable[[str], "Image.Image"]
"""Gives the picture of a name as its source has it, in RGB; raises ``DataError`` where it is gone."""
FileOf = Callable[[str], str]
"""Gives the path of the file that is the picture of a name alone; empty where there is none of its own, as in archives
and tables. Whether it still lies there is not looked at."""
Column = NDArray[Any] | tuple[Any, ...]

_HELD_OUT_SEED = 20_231
_SMOOTH = 2  # Pillow's bilinear, which it is not imported for here
_CHUNK, _CHUNK_BYTES = 1024, 256 * 2**20  # pictures at once, and the most that they take


@dataclass(frozen=True, eq=False)
class PictureIndex:
    """Training, test or held-out pictures. What backs the pixels is its own affair: ask the index.

    :param backing: the pictures as the classifier sees them.
    :param labels: ``(N,) int64`` index into the set's ``classes``.
    :param kinds: ``(N,) int64`` index into the set's ``kinds``.
    :param names: N names like ``train/cat/0001.jpg``.
    :param columns: what else is known of each picture, N values a name (``subject``, ``group``).
    :param opener: opens originals; ``None`` where there are no others than the classifier's pixels.
    :param file_of: says where a picture's own file lies; ``None`` where no picture has one.
    :param framing: how an original was brought to the classifier's size.
    :param versions: ``(N,) int64``: of each picture a number that is another once its file has changed; ``None`` where
        nothing says whether it has.
    """

    backing: Pixels
    labels: Indices
    kinds: Indices
    names: tuple[str, ...]
    split: SplitName = "train"
    columns: Mapping[str, Column] = field(default_factory=dict)
    opener: Opener | None = None
    file_of: FileOf | None = None
    framing: Framing = field(default_factory=Framing)
    versions: Indices | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the classifier's pictures."""
        return self.backing.size

    def pixels(self, positions: Indices) -> Bytes:
        """The classifier's pictures at these positions ``(n,) int64``: ``(n, 3, H, W) uint8`` RGB."""
        return self.backing.at(positions)

    def picture(self, position: int) -> Bytes:
        """One of them: ``(3, H, W) uint8`` RGB."""
        found: Bytes = self.backing.at(np.array([position]))[0]
        return found

    def whole(self) -> Bytes:
        """All of them in memory, ``(N, 3, H, W) uint8``: for what is made into a tensor."""
        return self.backing.whole()

    def chunks(self) -> Iterator[Bytes]:
        """All of them in order, some at a time: ``(n, 3, H, W) uint8``."""
        count = max(1, min(_CHUNK, _CHUNK_BYTES // (3 * self.size[0] * self.size[1]))) if len(self) else _CHUNK
        for start in range(0, len(self), count):
            yield self.backing.at(np.arange(start, min(start + count, len(self))))

    def open(self, position: int, largest: int = 1024) -> Image.Image:
        """A picture in RGB as its source has it, at most ``largest`` pixels a side.

        Where the source has no originals, or this one is gone, the pixels that the classifier sees.
        """
        from PIL import Image, ImageOps

        if self.opener is not None:
            with suppress(DataError), PICTURES.turn(largest):
                original = self.opener(self.names[position])
                fits = max(original.size) <= largest
                return original if fits else ImageOps.contain(original, (largest, largest))
        return Image.fromarray(np.ascontiguousarray(self.picture(position).transpose(1, 2, 0)))

    def file(self, position: int) -> str:
        """The path of the file that is this picture alone; empty where it has none of its own."""
        return self.file_of(self.names[position]) if self.file_of is not None else ""

    def detail(self, position: int, largest: int) -> tuple[Image.Image, int]:
        """What the classifier sees of a picture, from its original: as large as that is, at most ``largest`` pixels a
        side. A padded picture comes without its padding.

        :returns: it, and how many pixels were decoded for it.
        :raises DataError: there is no original, or it is gone.
        """
        if self.opener is None:
            raise DataError("there are no originals")
        with PICTURES.turn(largest):
            original = self.opener(self.names[position])
            box = self.framing.part((original.height, original.width), self.size)
            width, height = box[2] - box[0], box[3] - box[1]
            if self.framing.resize == "squash":  # as wide as what stays, in the shape that it is given
                width, height = max(width, height * self.size[1] / self.size[0]), 0.0
                height = width * self.size[0] / self.size[1]
            scale = min(1.0, largest / max(width, height))
            sides = max(1, round(width * scale)), max(1, round(height * scale))
            return original.resize(sides, _SMOOTH, box=box, reducing_gap=2.0), original.width * original.height

    def take(self, positions: Indices) -> PictureIndex:
        """The pictures at these positions, in this order."""
        return replace(
            self,
            backing=self.backing.take(positions),
            labels=self.labels[positions],
            kinds=self.kinds[positions],
            names=tuple(self.names[i] for i in positions),
            columns={name: chosen(values, positions) for name, values in self.columns.items()},
            versions=None if self.versions is None else self.versions[positions],
        )

    def hash_into(self, digest: _Hash) -> None:
        """Feed labels and pixels to a hash; the samples are taken on the way, so that all pixels are read once."""
        digest.update(self.labels.tobytes())
        samples = [np.empty(0, dtype=np.uint64)]
        for chunk in self.chunks():
            digest.update(np.ascontiguousarray(chunk).data)
            samples.append(samples_of(chunk))
        self.__dict__["samples"] = np.concatenate(samples)

    @cached_property
    def samples(self) -> NDArray[np.uint64]:
        """A number of a part of each picture, ``(N,)``: where two differ, the pictures do."""
        return np.concatenate([np.empty(0, dtype=np.uint64), *map(samples_of, self.chunks())])


def chosen(values: Column, positions: Indices) -> Column:
    """A column's values at these positions."""
    return values[positions] if isinstance(values, np.ndarray) else tuple(values[i] for i in positions)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Pictures with two levels of labels: ``kinds`` (as folders are called) and ``classes`` (as the model names them).

    Without families both are the same. ``skipped`` names files that could not be read. ``held_out`` are pictures that
    no net was trained on and no audit looks at; none unless asked for. ``found`` accounts for every file there.
    """

    train: PictureIndex
    test: PictureIndex
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    families: Mapping[str, str] | None = None
    skipped: tuple[str, ...] = ()
    held_out: PictureIndex | None = None
    found: Accounting = field(default_factory=Accounting)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.train.size

    def catalogue(self) -> Catalogue:
        """What forget sets are resolved against."""
        train = self.train
        return Catalogue(train.names, train.labels, train.kinds, self.classes, self.kinds, train.columns)

    def with_families(self, families: Mapping[str, str]) -> ImageSet:
        """The same pictures labelled by family; classes are the family names, sorted.

        :raises DataError: a kind without a family.
        """
        orphans = [kind for kind in self.kinds if kind not in families]
        if orphans:
            raise DataError(f"no family is given for {name_some(orphans)}")
        known = {kind: families[kind] for kind in self.kinds}
        return self.with_classes(tuple(sorted(set(known.values()))), known)

    def with_classes(self, classes: tuple[str, ...], families: Mapping[str, str] | None) -> ImageSet:
        """Relabel to ``classes`` (a model's order of names); ``families`` maps kinds to them, ``None`` means itself.

        :raises DataError: a kind that maps to no class.
        """
        position = {name: i for i, name in enumerate(classes)}
        try:
            table = np.array([position[families[k] if families else k] for k in self.kinds], dtype=np.int64)
        except KeyError as error:
            raise DataError(
                f"the model has no class called {error}", todo=f"it knows: {name_some(classes, 20)}"
            ) from error
        held_out = self.held_out
        return replace(
            self,
            train=replace(self.train, labels=table[self.train.kinds]),
            test=replace(self.test, labels=table[self.test.kinds]),
            held_out=replace(held_out, labels=table[held_out.kinds]) if held_out else None,
            classes=classes,
            families=dict(families) if families else None,
        )

    def holding_out(self, share: float) -> ImageSet:
        """The same pictures with a share of the test pictures set apart, of every kind alike and always the same ones.

        :param share: 0 (nothing is set apart) to below 1; every kind with two test pictures keeps one.
        """
        if share == 0:
            return self
        rng, apart = np.random.default_rng(_HELD_OUT_SEED), np.zeros(len(self.test), dtype=bool)
        for kind in range(len(self.kinds)):
            mine = rng.permutation(np.flatnonzero(self.test.kinds == kind))
            apart[mine[: min(round(share * len(mine)), len(mine) - 1)]] = True
        held_out = replace(self.test.take(np.flatnonzero(apart)), split="held-out")
        return replace(self, test=self.test.take(np.flatnonzero(~apart)), held_out=held_out)

    def judged_on_held_out(self) -> ImageSet:
        """The same with half of the held-out pictures in the place of the test pictures; the others stay held out.

        :raises DataError: none is.
        """
        if self.held_out is None:
            raise DataError("no pictures are held out to judge on", where="[data] held_out", todo="e.g. held_out = 0.3")
        half = np.arange(len(self.held_out)) % 2 == 0
        rest = self.held_out.take(np.flatnonzero(~half))
        test = replace(self.held_out.take(np.flatnonzero(half)), split="test")
        return replace(self, test=test, held_out=rest if len(rest) else None)

    def grouping(self, column: str) -> Grouping:
        """Of whom pictures are, by a column of the training pictures; it is read once."""
        if column not in self._groupings:
            self._groupings[column] = grouped(self.train.columns[column], self.test.columns.get(column, ()))
        return self._groupings[column]

    @cached_property
    def _groupings(self) -> dict[str, Grouping]:
        return {}

    @cached_property
    def _marks(self) -> list[bytes]:
        """A hash of every training picture: its pixels and its class's name."""
        marks: list[bytes] = []
        for chunk in self.train.chunks():
            for picture in chunk:
                marks.append(self._mark(len(marks), picture))
        return marks

    def _mark(self, position: int, picture: Bytes) -> bytes:
        name, size = self.classes[self.train.labels[position]].encode(), f"{self.size[0]}x{self.size[1]}".encode()
        return hashlib.sha256(b"\0".join((name, size, picture.tobytes()))).digest()

    def marks_of(self, positions: Indices) -> list[bytes]:
        """A hash of each of these training pictures, ``(n,) int64``: of its pixels and its class's name."""
        if "_marks" in self.__dict__ or len(positions) == len(self.train):
            return [self._marks[i] for i in positions]
        return [self._mark(int(i), self.train.picture(int(i))) for i in positions]

    def list_digest(self, positions: Indices) -> str:
        """A hash of some training pictures as a set: of pixels and class names, whatever files, order and numbers are.

        :param positions: ``(n,) int64``. How it is made is in ``resources/docs/measures.md``.
        """
        marks = self._marks
        return hashlib.sha256(b"".join(sorted(marks[i] for i in positions))).hexdigest()

    def recall(self, fingerprint: str, samples: NDArray[np.uint64]) -> None:
        """Take what an earlier opening computed from the very same training pictures, labels and names of classes."""
        self.__dict__["fingerprint"], self.train.__dict__["samples"] = fingerprint, samples

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the training pictures and labels: the same data gives the same text."""
        shape = (len(self.train), 3, *self.train.size)
        digest = hashlib.sha256(repr((shape, self.classes)).encode())
        self.train.hash_into(digest)
        return digest.hexdigest()[:16]

    @cached_property
    def twins(self) -> Twins:
        """Pictures with the very same pixels as others, of all splits."""
        return find_twins(self.train, [each for each in (self.test, self.held_out) if each is not None])

    @cached_property
    def test_digest(self) -> str:
        """A hash of the test pictures and labels."""
        digest = hashlib.sha256(repr((len(self.test), self.size)).encode())
        self.test.hash_into(digest)
        return digest.hexdigest()

    @cached_property
    def held_out_digest(self) -> str:
        """A hash of the held-out pictures and labels; empty where there are none."""
        if self.held_out is None:
            return ""
        digest = hashlib.sha256()
        self.held_out.hash_into(digest)
        return digest.hexdigest()
