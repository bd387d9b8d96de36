"""What a process of its own does: lays out a map by UMAP. It imports no torch, and nobody waits for it.

A process, since UMAP's compiled loops hold Python's lock for a second and more, in which a window could not even draw.
"""

from __future__ import annotations

import os
import traceback
import warnings
from typing import Any

import numpy as np


class _Counter:
    """Takes what ``tqdm`` would write to a terminal, the number of the epoch, and passes it on."""

    def __init__(self, pipe: Any, total: int) -> None:
        self._pipe, self._total = pipe, total

    def write(self, text: str) -> None:
        number = text.strip()
        if number.isdigit():
            self._pipe.send((int(number), self._total))

    def flush(self) -> None:
        return


def lay_out(pipe: Any) -> None:
    """Receive a dictionary, send ``(epoch, epochs)`` now and then and the points ``(N, 2) float32`` last; text is a
    fault.

    :param pipe: one end of ``multiprocessing.Pipe``. The dictionary has ``places`` ``(N, K) int32`` and ``away``
        ``(N, K) float32``: the nearest of each point, itself first, and how far away; ``start`` ``(N, 2) float32``
        and ``seed``.
    """
    try:
        if hasattr(os, "nice"):
            os.nice(10)  # what a person waits for goes first
        pipe.send(_points(pipe, **pipe.recv()))
    except (EOFError, BrokenPipeError):
        return  # nobody waits any more
    except Exception:  # it is told where somebody can read it
        pipe.send(traceback.format_exc())
    finally:
        pipe.close()


def _points(pipe: Any, places: Any, away: Any, start: Any, seed: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries that it imports
        from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

        count, draw = len(places), np.random.RandomState(seed % 2**32)
        graph, _, _ = fuzzy_simplicial_set(
            np.zeros((count, 1), dtype=np.float32), places.shape[1], draw, "cosine", knn_indices=places, knn_dists=away
        )
        a, b = find_ab_params(1.0, 0.1)
        epochs = 500 if count <= 10_000 else 200  # as the package has it
        begun = _begun(start, draw)
        points, _ = simplicial_set_embedding(
            begun, graph, n_components=2, initial_alpha=1.0, a=a, b=b, gamma=1.0, negative_sample_rate=5,
            n_epochs=epochs, init=begun, random_state=draw, metric="cosine", metric_kwds={}, densmap=False,
            densmap_kwds={}, output_dens=False, parallel=False, verbose=False,
            tqdm_kwds={"file": _Counter(pipe, epochs), "bar_format": "{n}", "mininterval": 0.2, "disable": False},
        )  # fmt: skip
    return np.ascontiguousarray(np.nan_to_num(points), dtype=np.float32)


def _begun(start: Any, draw: Any) -> Any:
    """Where the points begin: a square of ten, as the package's own beginnings, and no two in the same place."""
    span = float(np.ptp(start, axis=0).max()) or 1.0
    begun = (start - start.min(axis=0)) * (10 / span)
    return np.ascontiguousarray(begun + draw.normal(scale=1e-4, size=begun.shape), dtype=np.float32)
