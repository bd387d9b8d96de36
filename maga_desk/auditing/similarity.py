"""Centred kernel alignment: how alike two nets' features are, layer by layer.

Kornblith et al., "Similarity of Neural Network Representations Revisited" (ICML 2019, arXiv 1905.00414); linear.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.models.inference import Batches, evaluating, in_parts
from maga_desk.models.runtime import Runtime
from maga_desk.models.taps import blocks_of, outputs_of, penultimate

PICTURES = 500
PENULTIMATE = "features"
_BATCH = 128

Grams = Mapping[str, Tensor]
"""By layer: the centred Gram matrix ``(n, n) float64`` of its outputs; ``features`` is the head's input."""


def grams(model: nn.Module, pictures: Batches, runtime: Runtime, positions: Tensor, control: RunControl) -> Grams:
    """The centred Gram matrix of every block's outputs on the pictures at ``positions`` ``(n,) int64``.

    :raises Cancelled: in between.
    """
    rows: dict[str, list[Tensor]] = {}
    parts = in_parts(positions, model, pictures, runtime, _BATCH)
    with evaluating(model), outputs_of(blocks_of(model)) as seen, penultimate(model) as tap:
        for part in parts:
            control.checkpoint()
            with runtime.autocast():
                model(runtime.shape(pictures.batch(part)))
            if tap.features is not None:
                seen[PENULTIMATE] = tap.features.flatten(1)
            for name, output in seen.items():
                rows.setdefault(name, []).append(output.float().cpu())
    return {name: _centred_gram(torch.cat(parts)) for name, parts in rows.items()}


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
