"""How like pictures are to some of them, by the features of the model that is open.

Exact for any number of pictures: every picture is compared with every one that is given, block by block, on the
model's device. A search index was measured beside it and left out: where the likeness of all pictures is wanted, it
takes longer than the exact answer (``tests/benchmarks/bench_map.py``).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event, Progress, Started
from maga_desk.domain.pixels import Indices
from maga_desk.services.features import Rows, features_of

if TYPE_CHECKING:
    import torch

    from maga_desk.services.workspace import Workspace

_AT_ONCE, _CELLS = 1024, 2**22  # given pictures in a block, and comparisons (4 bytes each)


@dataclass(frozen=True, eq=False)
class PictureLikeness:
    """What a comparison gave.

    :param given: ``(n,) int64``: the pictures that all were compared with, ascending.
    :param percent: ``(N,) float64``: 100 times the cosine to the nearest of these, at least 0; 100 for themselves.
    :param said: what of it is approximate, a sentence; empty where nothing is.
    """

    given: Indices
    percent: NDArray[np.float64]
    said: str = ""


def likeness_to(workspace: Workspace, given: Indices, control: RunControl) -> Generator[Event, None, PictureLikeness]:
    """Compare all training pictures with some of them.

    :param given: ``(n,) int64``, at least one.
    :raises Cancelled: in between.
    """
    yield Started("Comparing pictures")
    features = yield from features_of(workspace, control)
    nearest = yield from nearest_to(features.rows, given, control, workspace.runtime.device)
    percent = 100 * nearest.astype(np.float64).clip(0, 1)
    yield Ended("finished")
    return PictureLikeness(np.unique(given), percent, features.said())


def nearest_to(
    rows: Rows, given: Indices, control: RunControl, device: torch.device | None = None
) -> Generator[Event, None, NDArray[np.float32]]:
    """The cosine of each row to the nearest of some, ``(N,) float32``; 1 for those themselves.

    :param rows: ``(N, K) float32`` of length 1.
    :param given: ``(n,) int64`` among the rows.
    :raises Cancelled: in between.
    """
    import torch

    where = device or torch.device("cpu")
    found = np.full(len(rows), -1.0, dtype=np.float32)
    wanted = torch.from_numpy(rows[given]).to(where)
    step = max(1, _CELLS // min(max(1, len(given)), _AT_ONCE))
    for start in range(0, len(rows), step):
        control.checkpoint()
        part = torch.from_numpy(np.asarray(rows[start : start + step])).to(where)
        best = torch.full((len(part),), -1.0, device=where)
        for some in wanted.split(_AT_ONCE):
            control.checkpoint()
            best = torch.maximum(best, (part @ some.T).amax(dim=1))
        found[start : start + step] = best.cpu().numpy()
        yield Progress("Comparing pictures", min(start + step, len(rows)), len(rows))
    found[given] = 1.0
    return found
