"""Centred kernel alignment: how alike two nets' features are, layer by layer.

Kornblith et al., "Similarity of Neural Network Representations Revisited" (ICML 2019, arXiv 1905.00414); linear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.models.inference import Batches, evaluating, in_parts
from maga_desk.models.runtime import Runtime
from maga_desk.models.taps import FeatureTap, blocks_of, outputs_of, penultimate

PICTURES = 500
PENULTIMATE = "features"
_BATCH = 128
_HELD = 2**30  # bytes of outputs that are held for a pass

Grams = Mapping[str, Tensor]
"""By layer: the centred Gram matrix ``(n, n) float64`` of its outputs; ``features`` is the head's input."""


def grams(model: nn.Module, pictures: Batches, runtime: Runtime, positions: Tensor, control: RunControl) -> Grams:
    """The centred Gram matrix of every block's outputs on the pictures at ``positions`` ``(n,) int64``.

    Outputs of all blocks on all pictures can take many gigabytes: what does not fit is the work of further passes.

    :raises Cancelled: in between.
    """
    parts = in_parts(positions, model, pictures, runtime, _BATCH)
    found: dict[str, Tensor] = {}
    for columns in _passes(_widths(model, pictures, runtime, positions), len(positions)):
        for each, outputs in _outputs(model, pictures, runtime, parts, columns, control).items():
            gram = _centred_gram(outputs)
            found[each.block] = found[each.block] + gram if each.block in found else gram
    return found


class _Columns(NamedTuple):
    """Some columns of a block's outputs."""

    block: str
    first: int
    last: int


def _passes(widths: Mapping[str, int], count: int) -> Iterator[list[_Columns]]:
    """What each pass looks at, so that outputs for ``count`` pictures fit."""
    most = max(1, _HELD // (4 * max(1, count)))  # columns
    taken, left = list[_Columns](), most
    for block, width in widths.items():
        first = 0
        while first < width:
            last = min(width, first + left)
            taken.append(_Columns(block, first, last))
            first, left = last, left - (last - first)
            if not left:
                yield taken
                taken, left = [], most
    if taken:
        yield taken


def _widths(model: nn.Module, pictures: Batches, runtime: Runtime, positions: Tensor) -> dict[str, int]:
    """How many values each block gives for a picture."""
    with _looking(model) as seen:
        seen(runtime.shape(pictures.batch(positions[:1])), runtime)
        return {name: output.shape[1] for name, output in seen.outputs.items()}


def _outputs(
    model: nn.Module,
    pictures: Batches,
    runtime: Runtime,
    parts: Sequence[Tensor],
    columns: Sequence[_Columns],
    control: RunControl,
) -> dict[_Columns, Tensor]:
    """``(n, D) float32`` on the CPU, of one pass over all pictures."""
    rows: dict[_Columns, list[Tensor]] = {each: [] for each in columns}
    with _looking(model) as seen:
        for part in parts:
            control.checkpoint()
            seen(runtime.shape(pictures.batch(part)), runtime)
            for each in columns:
                rows[each].append(seen.outputs[each.block][:, each.first : each.last].float().cpu())
    return {each: torch.cat(found) for each, found in rows.items()}


class _Seen(NamedTuple):
    """A net that is looked into.

    :param outputs: of the last pass, by block, ``(n, D)``; of the head's input as well.
    """

    model: nn.Module
    outputs: dict[str, Tensor]
    tap: FeatureTap

    def __call__(self, images: Tensor, runtime: Runtime) -> None:
        with runtime.autocast():
            self.model(images)
        if self.tap.features is not None:
            self.outputs[PENULTIMATE] = self.tap.features.flatten(1)


@contextmanager
def _looking(model: nn.Module) -> Iterator[_Seen]:
    with evaluating(model), outputs_of(blocks_of(model)) as outputs, penultimate(model) as tap:
        yield _Seen(model, outputs, tap)


def alignment(one: Tensor, other: Tensor) -> float:
    """Linear CKA (0 to 1) from two centred Gram matrices ``(n, n)`` of the same pictures."""
    scale = one.norm() * other.norm()
    return float((one * other).sum() / scale) if scale > 0 else 0.0


def alignments(one: Grams, other: Grams) -> dict[str, float]:
    """CKA of every layer that both nets have."""
    return {name: alignment(gram, other[name]) for name, gram in one.items() if name in other}


def _centred_gram(outputs: Tensor) -> Tensor:
    centred = outputs - outputs.mean(dim=0)
    return (centred @ centred.T).double()
