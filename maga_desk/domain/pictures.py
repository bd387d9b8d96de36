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

    Without families both are the same. ``skipped`` names files that could not be read.
    """

    train: Split
    test: Split
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    families: Mapping[str, str] | None = None
    skipped: tuple[str, ...] = ()
    origin: str = ""
    notes: tuple[str, ...] = field(default=())

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
        return replace(
            self,
            train=replace(self.train, labels=table[self.train.kinds]),
            test=replace(self.test, labels=table[self.test.kinds]),
            classes=classes,
            families=dict(families) if families else None,
        )

    def fingerprint(self) -> str:
        """A short hash of the training pictures and labels: the same data gives the same text."""
        digest = hashlib.sha256(repr((self.train.images.shape, self.classes)).encode())
        digest.update(self.train.labels.tobytes())
        digest.update(np.ascontiguousarray(self.train.images).data)
        return digest.hexdigest()[:16]
