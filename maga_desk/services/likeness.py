"""How like pictures are to some of them, by the features of the model that is open."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event, Progress, Started
from maga_desk.domain.pixels import Indices

if TYPE_CHECKING:
    from maga_desk.services.workspace import Workspace

_PARTS, _AT_ONCE = 20, 256


@dataclass(frozen=True, eq=False)
class PictureLikeness:
    """What a comparison gave.

    :param features: ``(N, D) float32`` penultimate features of the training pictures, less their mean, of length 1: for
        the next comparison.
    :param percent: ``(N,) float64``: 100 times the cosine to the nearest of the pictures that were given, at least 0.
    """

    features: NDArray[np.float32]
    percent: NDArray[np.float64]


def likeness_to(
    workspace: Workspace, given: Indices, control: RunControl, features: NDArray[np.float32] | None = None
) -> Generator[Event, None, PictureLikeness]:
    """Compare all training pictures with some of them.

    :param given: ``(n,) int64``, at least one.
    :param features: from an earlier comparison in this workspace.
    :raises Cancelled: in between.
    """
    yield Started("Comparing pictures")
    if features is None:
        features = yield from _features(workspace, control)
    nearest = np.full(len(features), -1.0, dtype=np.float32)
    for start in range(0, len(given), _AT_ONCE):
        control.checkpoint()
        some = features[given[start : start + _AT_ONCE]]
        np.maximum(nearest, (features @ some.T).max(axis=1), out=nearest)
        yield Progress("Comparing pictures", min(start + _AT_ONCE, len(given)), len(given))
    yield Ended("finished")
    return PictureLikeness(features, 100 * nearest.astype(np.float64).clip(0, 1))


def _features(workspace: Workspace, control: RunControl) -> Generator[Event, None, NDArray[np.float32]]:
    import torch

    from maga_desk.models.inference import features

    train, found = workspace.pictures.train, list[torch.Tensor]()
    parts = [part for part in torch.arange(len(train)).chunk(_PARTS) if len(part)]
    for number, part in enumerate(parts):
        yield Progress("Reading features", number, len(parts))
        found.append(features(workspace.model, train, workspace.runtime, part, control).flatten(1))
    whole = torch.cat(found)
    whole = torch.nn.functional.normalize(whole - whole.mean(dim=0), dim=1)
    taken: NDArray[np.float32] = whole.numpy()
    return taken
