"""Running a net over many pictures without gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.models.footprint import at_once
from maga_desk.models.runtime import Runtime
from maga_desk.models.taps import penultimate

_BATCH = {"cpu": 128}
"""Pictures that are passed at once, at most. On a processor more of them only leave the cache, and take memory."""

_BATCH_ELSEWHERE = 512


def most_at_once(device: torch.device) -> int:
    """How many pictures are passed at once where they are small; of large ones fewer (:func:`footprint.at_once`)."""
    return _BATCH.get(device.type, _BATCH_ELSEWHERE)


def in_parts(
    positions: Tensor, model: nn.Module, pictures: Batches, runtime: Runtime, most: int, *, training: bool = False
) -> tuple[Tensor, ...]:
    """Positions ``(n,) int64`` in parts of which one fits into a pass, at most ``most``, where a sum over all is what
    counts.

    :param training: gradients are taken.
    """
    if len(positions) == 0:
        return (positions,)
    _, *shape = pictures.batch(positions[:1]).shape
    parts: tuple[Tensor, ...] = positions.split(at_once(model, (*shape,), runtime.device, most, training=training))
    return parts


class Batches(Protocol):
    """Anything that gives normalised pictures by position."""

    def __len__(self) -> int: ...

    def batch(self, indices: Tensor) -> Tensor: ...


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; the mode before is restored."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def logits(
    model: nn.Module,
    pictures: Batches,
    runtime: Runtime,
    indices: Tensor | None = None,
    control: RunControl | None = None,
) -> Tensor:
    """Logits ``(n, K) float32`` on the CPU, of all pictures or of those at ``indices`` ``(n,) int64``.

    :raises Cancelled: the control was cancelled between batches.
    """
    rows = [output for output, _ in _passes(model, pictures, runtime, indices, control, tap=False)]
    return torch.cat(rows)


def features(
    model: nn.Module,
    pictures: Batches,
    runtime: Runtime,
    indices: Tensor | None = None,
    control: RunControl | None = None,
) -> Tensor:
    """Penultimate features ``(n, D) float32`` on the CPU."""
    rows = [feature for _, feature in _passes(model, pictures, runtime, indices, control, tap=True)]
    return torch.cat(rows)


def logits_and_features(
    model: nn.Module,
    pictures: Batches,
    runtime: Runtime,
    wanted: Tensor,
    control: RunControl | None = None,
) -> tuple[Tensor, Tensor]:
    """Logits ``(N, K) float32`` of all pictures and, from the same passes, the penultimate features ``(n, D) float32``
    of those at ``wanted`` ``(n,) int64``, each at most once; both on the CPU.

    :raises Cancelled: the control was cancelled between batches.
    """
    place = torch.full((len(pictures),), -1, dtype=torch.int64)
    place[wanted] = torch.arange(len(wanted))
    rows, found, places, first = [], [], [], 0
    for output, feature in _passes(model, pictures, runtime, None, control, tap=True):
        here = place[first : first + len(output)]
        first += len(output)
        rows.append(output)
        found.append(feature[here >= 0])
        places.append(here[here >= 0])
    return torch.cat(rows), torch.cat(found)[torch.cat(places).argsort()]


def _passes(
    model: nn.Module,
    pictures: Batches,
    runtime: Runtime,
    indices: Tensor | None,
    control: RunControl | None,
    *,
    tap: bool,
) -> Iterator[tuple[Tensor, Tensor]]:
    everything = torch.arange(len(pictures)) if indices is None else indices
    parts = in_parts(everything, model, pictures, runtime, most_at_once(runtime.device))
    with evaluating(model), penultimate(model) as seen:
        for part in parts:
            if control is not None:
                control.checkpoint()
            with runtime.autocast():
                output = model(runtime.shape(pictures.batch(part)))
            feature = seen.features if tap and seen.features is not None else output
            yield output.float().cpu(), feature.float().cpu()


def accuracy(outputs: Tensor, labels: Tensor) -> float | None:
    """Percent of rows of ``(n, K)`` logits whose largest entry is the label ``(n,)``; ``None`` without pictures."""
    if len(labels) == 0:
        return None
    return float((outputs.argmax(dim=1) == labels.to(outputs.device)).double().mean() * 100)
