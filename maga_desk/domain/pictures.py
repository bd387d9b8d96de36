"""The indexed image set: decoded once, kept as bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.forget import Catalogue

Bytes = NDArray[np.uint8]
Indices = NDArray[np.int64]

_HELD_OUT_SEED = 20_231


@dataclass(frozen=True)
class Split:
    """Training or test pictures.

    :param images: ``(N, 3, H, W) uint8`` RGB.
    :param labels: ``(N,) int64`` index into the set's ``classes``.
    :param kinds: ``(N,) int64`` index into the set's ``kinds``.
    :param names: N names like ``train/cat/0001.jpg``.
    """

    images: Bytes
    labels: Indices
    kinds: Indices
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def take(self, indices: Indices) -> Split:
        """The pictures at these positions, in this order."""
        return Split(
            self.images[indices], self.labels[indices], self.kinds[indices], tuple(self.names[i] for i in indices)
        )


@dataclass(frozen=True)
class ImageSet:
    """Pictures with two levels of labels: ``kinds`` (what a folder is called) and ``classes`` (what the model says).

    Without families both are the same. ``skipped`` names files that could not be read. ``held_out`` are pictures that
    no net was trained on and no audit looks at; none unless asked for.
    """

    train: Split
    test: Split
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    families: Mapping[str, str] | None = None
    skipped: tuple[str, ...] = ()
    origin: str = ""
    notes: tuple[str, ...] = field(default=())
    held_out: Split | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.train.images.shape[2]), int(self.train.images.shape[3])

    def catalogue(self) -> Catalogue:
        """What forget sets are resolved against."""
        return Catalogue(self.train.names, self.train.labels, self.train.kinds, self.classes, self.kinds)

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
        test, held_out = (self.test.take(np.flatnonzero(side)) for side in (~apart, apart))
        return replace(self, test=test, held_out=held_out)

    def judged_on_held_out(self) -> ImageSet:
        """The same with half of the held-out pictures in the place of the test pictures; the others stay held out.

        :raises DataError: none is.
        """
        if self.held_out is None:
            raise DataError("no pictures are held out to judge on", where="[data] held_out", todo="e.g. held_out = 0.3")
        half = np.arange(len(self.held_out)) % 2 == 0
        rest = self.held_out.take(np.flatnonzero(~half))
        return replace(self, test=self.held_out.take(np.flatnonzero(half)), held_out=rest if len(rest) else None)

    def fingerprint(self) -> str:
        """A short hash of the training pictures and labels: the same data gives the same text."""
        digest = hashlib.sha256(repr((self.train.images.shape, self.classes)).encode())
        digest.update(self.train.labels.tobytes())
        digest.update(np.ascontiguousarray(self.train.images).data)
        return digest.hexdigest()[:16]
