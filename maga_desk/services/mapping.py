"""The training pictures on a map, by the features of the model that is open.

Principal components are there at once and exact. UMAP (McInnes, Healy and Melville, arXiv 1802.03426; the package
``umap-learn``) is laid out beside them by a process of its own, so that neither the window nor other jobs wait for it.
It starts from the principal components, as Kobak and Linderman (Nature Biotechnology 39, 2021) advise, which with the
seed and one thread makes it the same each time.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Generator
from contextlib import suppress
from functools import partial
from importlib import metadata, util
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Ended, Event, Progress, Started
from maga_desk.domain.picture_map import PictureMap
from maga_desk.services.features import PictureFeatures, Rows, entry_of, features_of
from maga_desk.services.keeping import kept_shelf
from maga_desk.services.neighbours import Neighbours, neighbours
from maga_desk.services.umap_process import lay_out

if TYPE_CHECKING:
    from maga_desk.services.workspace import Workspace

PCA, UMAP = "PCA", "UMAP"
FEWEST = 10
"""Pictures below which there is nothing to lay out."""

_NEIGHBOURS, _DIRECTIONS = 15, 64  # of a point, itself among them; in which they are looked for
_BLOCK, _WAIT = 4096, 0.1  # rows at once; seconds between two looks at the process
_LAYOUT = "Laying UMAP out"


def has_umap() -> bool:
    """Whether the package is installed."""
    return util.find_spec("umap") is not None


def plane_of(workspace: Workspace, control: RunControl) -> Generator[Event, None, PictureMap]:
    """The two directions in which the features differ most.

    :raises Cancelled: in between.
    """
    yield Started("Laying out the map")
    features = yield from features_of(workspace, control)
    yield Progress("Laying out the map", 0, 0)
    points, share = aside(partial(components, features.rows, 2), control)
    said = (
        f"Principal components: the plane holds {100 * share:.0f} % of the variance of the features, each of length 1."
        if share > 0
        else "The features do not differ: all pictures lie in one place."
    )
    yield Ended("finished")
    return PictureMap(PCA, f"{said} {features.said()}".rstrip(), points.astype(np.float64))


def umap_of(workspace: Workspace, seed: int, control: RunControl) -> Generator[Event, None, PictureMap]:
    """Neighbours kept together (UMAP).

    :raises UserError: the package is not installed, or there are too few pictures.
    :raises Cancelled: in between; the process is ended.
    """
    yield Started(_LAYOUT)
    if not has_umap():
        raise UserError("UMAP is not installed", todo="pip install 'maga-desk[map]' brings it")
    features = yield from features_of(workspace, control)
    rows = features.rows
    if len(rows) < FEWEST:
        raise UserError(f"UMAP needs {FEWEST} pictures or more")
    entry = yield from entry_of(workspace, "umap", control, seed, metadata.version("umap-learn"))
    shelf = kept_shelf()
    kept = shelf.find(entry, control.checkpoint)
    if kept is None or kept.array.shape != (len(rows), 2):
        main, share = aside(partial(components, rows, _DIRECTIONS), control)
        near = yield from neighbours(_of_length_one(main), _NEIGHBOURS, control, workspace.runtime.device)
        points = yield from _laid_out(near, main[:, :2], seed, control)
        said = _said(features, share, near)
        shelf.keep(entry, [points], {"said": said})
    else:
        points, said = kept.array, str(kept.facts["said"])
    yield Ended("finished")
    return PictureMap(UMAP, said, points.astype(np.float64))


def components(rows: Rows, count: int) -> tuple[Rows, float]:
    """The main directions of rows ``(N, K)``: coordinates ``(N, count) float32``, and the share of the variance.

    Exact, from the covariance, which is summed in blocks; of each direction the largest entry is positive, so that the
    same features always give the same picture. Of fewer than ``count`` directions the last coordinates are 0.
    """
    width = rows.shape[1]
    points = np.zeros((len(rows), count), dtype=np.float32)
    if not len(rows):
        return points, 0.0
    mean = rows.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((width, width))
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        covariance += part.T @ part
    covariance -= len(rows) * np.outer(mean, mean)
    values, vectors = np.linalg.eigh(covariance)
    total = float(values.clip(0).sum())
    if total <= 1e-9 * len(rows):
        return points, 0.0
    taken = min(count, width)
    main = vectors[:, ::-1][:, :taken]
    main = main * np.sign(main[np.abs(main).argmax(axis=0), np.arange(taken)])
    for start in range(0, len(rows), _BLOCK):
        points[start : start + _BLOCK, :taken] = (rows[start : start + _BLOCK] - mean) @ main
    return points, float(values[::-1][:taken].clip(0).sum()) / total


def _of_length_one(rows: Rows) -> Rows:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1), dtype=np.float32)


def _said(features: PictureFeatures, share: float, near: Neighbours) -> str:
    """What of the map is approximate."""
    many = features.rows.shape[1] > _DIRECTIONS
    within = (
        f"in the {_DIRECTIONS} main directions ({100 * share:.0f} % of the variance)" if many else "in all features"
    )
    how = "compared each with each" if near.exact else "found by a search index that misses a few in a hundred"
    kept = near.places.shape[1] - 1
    text = f"UMAP keeps the {kept} nearest pictures {within} together, {how}; distances between groups mean little."
    return f"{text} {features.said()}".rstrip()


def _laid_out(near: Neighbours, start: Rows, seed: int, control: RunControl) -> Generator[Event, None, Rows]:
    """Let a process of its own lay the points out.

    :raises Cancelled: in between; the process is ended.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    begun: dict[str, Any] = {
        "places": near.places.astype(np.int32),
        "away": (1 - near.cosines).clip(0).astype(np.float32),
        "start": start,
        "seed": seed,
    }
    process = context.Process(target=lay_out, args=(theirs,), name="umap", daemon=True)
    process.start()
    theirs.close()
    try:
        ours.send(begun)
        points = yield from _heard(ours, process, control)
    finally:
        if process.is_alive():
            process.terminate()
        process.join()
        ours.close()
    return points


def _pause_with(control: RunControl, process: int) -> None:
    """Hold the process for as long as the control is paused.

    :raises Cancelled: the control was cancelled.
    """
    if not control.paused:
        control.checkpoint()
        return
    with suppress(psutil.Error):
        psutil.Process(process).suspend()
    try:
        control.checkpoint()
    finally:
        with suppress(psutil.Error):
            psutil.Process(process).resume()


def _heard(pipe: Any, process: Any, control: RunControl) -> Generator[Event, None, Rows]:
    """What the process tells until it has the points."""
    yield Progress("Starting UMAP", 0, 0)
    since = 0.0
    while True:
        _pause_with(control, process.pid)
        if not pipe.poll(_WAIT):
            if not process.is_alive() and not pipe.poll(0):
                raise RuntimeError(f"the process that lays UMAP out ended with status {process.exitcode}")
            continue
        try:
            told = pipe.recv()
        except EOFError:
            process.join()
            raise RuntimeError(f"the process that lays UMAP out ended with status {process.exitcode}") from None
        if isinstance(told, tuple):
            done, total = told
            since = since or time.monotonic()
            left = (time.monotonic() - since) / done * (total - done) if done else None
            yield Progress(_LAYOUT, done, total, left)
        elif isinstance(told, str):
            raise RuntimeError(told)
        else:
            found: NDArray[np.float32] = told
            return found
