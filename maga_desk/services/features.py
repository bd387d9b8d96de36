"""What the model that is open sees in pictures: one computation that likeness, the map and copies share.

Features are the head's input. They are read once for a model and its pictures, kept in memory with the workspace, and
on the disk under a name made of the weights, the pictures and the way they are read: features of another model are
never taken for these.

A table of N pictures with D features is held whole where it takes no more than :data:`MOST_BYTES`. Of more, the main
directions that fit are kept, from the covariance of some thousand pictures that are evenly spread: 100,000 pictures
with 2,048 features keep 671 of them. How much of the variance these hold is known, and said wherever it matters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.data.keeping import DiskShelf, Kept, KeptName, owner_of
from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.events import Event, Progress
from maga_desk.services.keeping import kept_shelf

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.data.batches import Pictures
    from maga_desk.services.workspace import Workspace

Rows = NDArray[np.float32]
VERSION = 1
"""Raised whenever the same net, pictures and runtime give other rows."""
MOST_BYTES = 256 * 2**20
"""What the rows of the training pictures take at most."""

_FEWEST = 32  # directions that are kept of however many pictures
_SAMPLE, _PART = 8192, 1024  # pictures from which directions are found, and that are read between two checkpoints
_NOTHING = 1e-5  # of the typical length: what differs less from the mean does not differ
_STAGE = "Reading features"


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """Features of the training pictures, less their mean, of length 1.

    :param rows: ``(N, K) float32``; all zero for a picture that does not differ from the mean.
    :param width: D, how many features the model has.
    :param held: the share of the variance, 0 to 1, that the K directions hold; 1 where all D are kept.
    :param frame: what brings other pictures of this model into the same directions.
    """

    rows: Rows
    width: int
    held: float
    frame: FeatureFrame

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return self.frame.basis is None

    def said(self) -> str:
        """What was left out, a sentence; empty where nothing was."""
        if self.whole:
            return ""
        kept = f"{self.rows.shape[1]:,} main directions of {self.width:,} features"
        return f"Approximate: the {kept}, which hold {100 * self.held:.1f} % of the variance."


@dataclass(frozen=True, eq=False)
class FeatureFrame:
    """From a model's features to rows: ``normalised(features @ basis - mean)``.

    :param mean: ``(K,) float32`` of the training pictures.
    :param least: rows of this length or less are nothing.
    :param basis: ``(D, K) float32``, ``None`` where K is D.
    """

    mean: Rows
    least: float
    basis: Rows | None

    def within(self, features: Rows) -> Rows:
        """``(n, D)`` in the kept directions, ``(n, K)``."""
        return features if self.basis is None else features @ self.basis

    def settle(self, rows: Rows) -> None:
        """Take the mean off rows ``(n, K)`` and bring each to length 1, in place."""
        for start in range(0, len(rows), _PART):
            part = rows[start : start + _PART]
            part -= self.mean
            length = np.linalg.norm(part, axis=1, keepdims=True)
            part /= np.where(length > self.least, length, np.inf)


def features_of(workspace: Workspace, control: RunControl) -> Generator[Event, None, PictureFeatures]:
    """The features of all training pictures; read at the first call, or found on the disk.

    :raises Cancelled: in between; nothing is kept then.
    """
    found = workspace.features.get("train")
    if found is None:
        entry = yield from entry_of(workspace, "features", control)
        shelf = kept_shelf()
        kept = shelf.find(entry, control.checkpoint)
        found = _unpacked(kept) if kept is not None else None
        if found is None or len(found.rows) != len(workspace.images.train):
            found = yield from _read(workspace, control)
            _keep(shelf, entry, found)
        workspace.features["train"] = found
    return found


def test_features_of(workspace: Workspace, control: RunControl) -> Generator[Event, None, Rows]:
    """The test pictures in the same directions, ``(M, K) float32``, of length 1 or 0.

    :raises Cancelled: in between.
    """
    train = yield from features_of(workspace, control)
    rows: Rows | None = workspace.features.get("test")
    if rows is None:
        pictures = workspace.pictures.test
        rows = np.zeros((len(pictures), train.rows.shape[1]), dtype=np.float32)
        for place, part in _passes(workspace, pictures, np.arange(len(pictures)), control):
            rows[place] = train.frame.within(part)
            yield Progress("Reading features of the test pictures", int(place[-1]) + 1, len(pictures))
        train.frame.settle(rows)
        workspace.features["test"] = rows
    return rows


def _read(workspace: Workspace, control: RunControl) -> Generator[Event, None, PictureFeatures]:
    pictures = workspace.pictures.train
    count = len(pictures)
    first = np.unique(np.linspace(0, count - 1, min(count, _SAMPLE)).astype(np.int64)) if count else np.arange(0)
    rest = np.setdiff1d(np.arange(count), first, assume_unique=True)
    yield Progress(_STAGE, 0, count)
    sample: list[Rows] = []
    for _, part in _passes(workspace, pictures, first, control):
        sample.append(part)
        yield Progress(_STAGE, sum(map(len, sample)), count)
    taken = np.concatenate(sample) if sample else np.zeros((0, 1), dtype=np.float32)
    width = taken.shape[1]
    kept = min(width, max(_FEWEST, MOST_BYTES // (4 * max(1, count))))
    basis, held = (None, 1.0) if kept == width else aside(partial(_directions, taken, kept), control)
    frame = FeatureFrame(np.zeros(kept, dtype=np.float32), 0.0, basis)
    rows = np.empty((count, kept), dtype=np.float32)
    rows[first] = frame.within(taken)
    done = len(first)
    sample.clear()
    for place, part in _passes(workspace, pictures, rest, control):
        rows[place] = frame.within(part)
        done += len(place)
        yield Progress(_STAGE, done, count)
    mean, typical = _middle(rows)
    frame = FeatureFrame(mean, _NOTHING * typical, basis)
    frame.settle(rows)
    return PictureFeatures(rows, width, held, frame)


def _passes(
    workspace: Workspace, pictures: Pictures, positions: NDArray[np.int64], control: RunControl
) -> Iterator[tuple[NDArray[np.int64], Rows]]:
    """Positions, and their pictures' features ``(n, D)``, part after part."""
    import torch

    from maga_desk.models.inference import features

    for start in range(0, len(positions), _PART):
        part = positions[start : start + _PART]
        found = features(workspace.model, pictures, workspace.runtime, torch.from_numpy(part), control).flatten(1)
        yield part, np.nan_to_num(found.numpy(), nan=0.0, posinf=0.0, neginf=0.0)


def _directions(sample: Rows, kept: int) -> tuple[Rows, float]:
    """The ``kept`` main directions of a sample ``(n, D)``, as columns, and the share of its variance that they hold."""
    centred = sample - sample.mean(axis=0)
    values, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    total = float(values.clip(0).sum())
    held = float(values[-kept:].clip(0).sum()) / total if total > 0 else 1.0
    return np.ascontiguousarray(vectors[:, ::-1][:, :kept], dtype=np.float32), held


def _middle(rows: Rows) -> tuple[Rows, float]:
    """The mean of rows, and their typical length before it is taken off."""
    total, squares = np.zeros(rows.shape[1]), 0.0
    for start in range(0, len(rows), _PART):
        part = rows[start : start + _PART].astype(np.float64)
        total += part.sum(axis=0)
        squares += float((part**2).sum())
    count = max(1, len(rows))
    return (total / count).astype(np.float32), float(np.sqrt(squares / count))


def entry_of(workspace: Workspace, kind: str, control: RunControl, *more: object) -> Generator[Event, None, KeptName]:
    """The name under which what is made of the features is kept: of everything that they depend on.

    :param more: what else it depends on.
    """
    if "weights" not in workspace.features:
        yield Progress("Recognising the model", 0, 0)
        workspace.features["weights"] = aside(partial(_weights, workspace.model), control)
    depends_on = (
        VERSION, MOST_BYTES, workspace.features["weights"], type(workspace.model).__qualname__, workspace.card.arch,
        workspace.images.fingerprint, workspace.info.mean, workspace.info.std, workspace.info.order,
        workspace.runtime.device_title, workspace.runtime, *more,
    )  # fmt: skip
    data = workspace.spec.data
    key = hashlib.sha256(repr(depends_on).encode()).hexdigest()
    return KeptName(owner_of(data.path or data.source), kind, key)


def _weights(model: nn.Module) -> str:
    """A hash of all that a net holds."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(repr((name, tuple(tensor.shape), str(tensor.dtype))).encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _keep(shelf: DiskShelf, entry: KeptName, found: PictureFeatures) -> None:
    """Rows, mean and directions under each other."""
    basis = found.frame.basis
    parts = [found.rows, found.frame.mean[None], *([] if basis is None else [basis])]
    facts = {"count": len(found.rows), "width": found.width, "held": found.held, "least": found.frame.least}
    shelf.keep(entry, parts, facts)


def _unpacked(kept: Kept) -> PictureFeatures:
    count, facts = int(kept.facts["count"]), kept.facts
    basis = kept.array[count + 1 :] if len(kept.array) > count + 1 else None
    frame = FeatureFrame(kept.array[count], float(facts["least"]), basis)
    return PictureFeatures(kept.array[:count], int(facts["width"]), float(facts["held"]), frame)
