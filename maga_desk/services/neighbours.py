"""The nearest neighbours of every picture, by the features of the model that is open.

Exact up to :data:`EXACT` pictures, and for any number on a GPU. Beyond that, where every picture is compared with every
other, the package ``usearch`` answers by a graph of small worlds (HNSW; Malkov and Yashunin, TPAMI 2020) in a fraction
of the time; where it is not installed the answer stays exact and takes its time. ``tests/benchmarks/bench_map.py``
measures which share of the true neighbours it finds.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from importlib import util
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.events import Event, Progress
from maga_desk.services.features import Rows

if TYPE_CHECKING:
    import torch

EXACT = 50_000
"""Pictures up to which a processor compares each with each."""

_CELLS, _PART = 2**22, 4096  # comparisons in a block; rows that the index takes between two checkpoints
_STAGE = "Finding neighbours"


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of each row the K nearest rows, itself first.

    :param places: ``(N, K) int64``; of fewer than K rows the last columns repeat the row itself.
    :param cosines: ``(N, K) float32``, descending.
    :param exact: whether they were compared with all; else ``usearch`` found them, which misses some.
    """

    places: NDArray[np.int64]
    cosines: NDArray[np.float32]
    exact: bool


def can_search() -> bool:
    """Whether the package that searches approximately is installed."""
    return util.find_spec("usearch") is not None


def neighbours(
    rows: Rows, count: int, control: RunControl, device: torch.device | None = None, *, exact: bool | None = None
) -> Generator[Event, None, Neighbours]:
    """The nearest rows of each row.

    :param rows: ``(N, K) float32`` of length 1.
    :param count: how many, each row itself among them.
    :param exact: ``None``: as the size and the machine suggest.
    :raises Cancelled: in between.
    """
    gpu = device is not None and device.type == "cuda"
    if exact is None:
        exact = len(rows) <= EXACT or gpu or not can_search()
    taken = min(count, len(rows))
    found = yield from (_compared(rows, taken, control, device if gpu else None) if exact else _searched(
        rows, taken, control
    ))  # fmt: skip
    return _itself_first(*found, count, exact)


def _compared(
    rows: Rows, count: int, control: RunControl, device: torch.device | None
) -> Generator[Event, None, tuple[NDArray[np.int64], NDArray[np.float32]]]:
    import torch

    places = np.zeros((len(rows), count), dtype=np.int64)
    cosines = np.zeros((len(rows), count), dtype=np.float32)
    where = device or torch.device("cpu")
    whole = torch.from_numpy(np.asarray(rows)).to(where)
    step = max(1, _CELLS // max(1, len(rows)))
    for start in range(0, len(rows), step):
        control.checkpoint()
        best = (whole[start : start + step] @ whole.T).topk(count, dim=1)
        places[start : start + step] = best.indices.cpu().numpy()
        cosines[start : start + step] = best.values.cpu().numpy()
        yield Progress(_STAGE, min(start + step, len(rows)), len(rows))
    return places, cosines


def _searched(
    rows: Rows, count: int, control: RunControl
) -> Generator[Event, None, tuple[NDArray[np.int64], NDArray[np.float32]]]:
    from usearch.index import Index

    index = Index(ndim=rows.shape[1], metric="ip", dtype="f32")
    places = np.zeros((len(rows), count), dtype=np.int64)
    cosines = np.zeros((len(rows), count), dtype=np.float32)
    for start in range(0, len(rows), _PART):
        part = np.arange(start, min(start + _PART, len(rows)))
        aside(lambda part=part: index.add(part, rows[part]), control)  # type: ignore[misc]
        yield Progress("Building the search index", int(part[-1]) + 1, len(rows))
    for start in range(0, len(rows), _PART):
        here = slice(start, start + _PART)
        answer = aside(lambda here=here: index.search(rows[here], count), control)  # type: ignore[misc]
        places[here], cosines[here] = answer.keys.astype(np.int64), 1 - answer.distances
        yield Progress(_STAGE, min(start + _PART, len(rows)), len(rows))
    return places, cosines


def _itself_first(places: NDArray[np.int64], cosines: NDArray[np.float32], count: int, exact: bool) -> Neighbours:
    """Put each row itself before what is as near, and fill up to ``count`` columns."""
    own = np.arange(len(places))[:, None]
    if places.shape[1]:
        key = np.where(places == own, np.float32(4), cosines)  # no cosine is above 1
        missing = ~(places == own).any(axis=1)
        order = np.argsort(-key, axis=1, kind="stable")
        places, cosines = np.take_along_axis(places, order, 1), np.take_along_axis(cosines, order, 1)
        places[missing, 1:], cosines[missing, 1:] = places[missing, :-1], cosines[missing, :-1]
        places[:, 0], cosines[:, 0] = own[:, 0], 1.0
    short = count - places.shape[1]
    if short > 0:
        places = np.concatenate([places, np.repeat(own, short, axis=1)], axis=1)
        cosines = np.concatenate([cosines, np.ones((len(places), short), dtype=np.float32)], axis=1)
    return Neighbours(places, cosines, exact)
