"""How far a net's classes share their feature patterns, for every pair of classes.

Three views of the same question, from coarse to fine:

- *centroids*: the cosine between class means of the penultimate features, after the mean of all was taken away (-1..1);
- *subspaces*: the mean squared cosine of the principal angles between the spans of the classes' main directions (0..1);
- *channels*: of the strongly active channels of either class the share that both have, a mean over the layers (0..1).

The method's first claim is that what is entangled suffers together when one of the two must go; the audit looks
whether it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import Batches, evaluating, in_parts
from maga_desk.models.runtime import Runtime
from maga_desk.models.taps import blocks_of, penultimate

Pairs = NDArray[np.float64]

PICTURES = 200  # of a class
DIRECTIONS = 5  # that span a class's subspace
STRONG = 0.2  # share of a layer's channels that count as strongly active
_BATCH = 256


@dataclass(frozen=True)
class Entanglement:
    """Every pair of K classes: ``(K, K) float64``, symmetric; rows of classes without pictures are NaN.

    :param layers: the shared channels of each layer alone, by the block's name.
    """

    centroids: Pairs
    subspaces: Pairs
    channels: Pairs
    layers: Mapping[str, Pairs]


def entanglement(
    model: nn.Module, pictures: Batches, labels: Tensor, classes: int, runtime: Runtime, control: RunControl
) -> Entanglement:
    """Measure a net on at most 200 pictures of each class, evenly spread.

    :param labels: ``(N,) int64`` of the pictures, on the CPU.
    :raises Cancelled: in between.
    """
    chosen = [evenly((labels == label).nonzero().squeeze(1), PICTURES) for label in range(classes)]
    features, activations = _run(model, pictures, chosen, runtime, control)
    layers = {name: shared_channels(means) for name, means in activations.items()}
    return Entanglement(
        centroid_cosines(features), subspace_overlaps(features), np.mean(list(layers.values()), axis=0), layers
    )


def centroid_cosines(features: Sequence[Tensor]) -> Pairs:
    """From each class's features ``(n, D)`` to the cosines between the centred class means."""
    known = [len(each) > 0 for each in features]
    means = torch.stack([each.double().mean(dim=0) for each in features])
    centred = nn.functional.normalize(means - means[known].mean(dim=0), dim=1)
    cosines: Pairs = (centred @ centred.T).numpy()
    return cosines


def subspace_overlaps(features: Sequence[Tensor], directions: int = DIRECTIONS) -> Pairs:
    """From each class's features ``(n, D)`` to the mean squared cosine of principal angles between the classes' spans.

    A class's span are the first singular directions of its features, after the mean of all classes was taken away: its
    own mean counts as much as how its pictures differ.
    """
    known = [each.double() for each in features if len(each)]
    centre = torch.stack([each.mean(dim=0) for each in known]).mean(dim=0)
    bases = [_span(each.double() - centre, directions) if len(each) else None for each in features]
    count = len(bases)
    overlaps = np.full((count, count), np.nan)
    for one in range(count):
        for other in range(one, count):
            a, b = bases[one], bases[other]
            if a is not None and b is not None:
                cosines = torch.linalg.svdvals(a.T @ b).clamp(max=1)
                overlaps[one, other] = overlaps[other, one] = float(cosines.square().mean())
    return overlaps


def shared_channels(means: Tensor, strong: float = STRONG) -> Pairs:
    """From the classes' mean activations ``(K, C)`` of one layer to the Jaccard index of their strongest channels.

    Strong is what a class activates most in comparison with the other classes.
    """
    known = ~means.isnan().any(dim=1)
    relative = (means - means[known].mean(dim=0)) / means[known].std(dim=0).clamp_min(1e-9)
    count = max(1, round(strong * means.shape[1]))
    active = torch.zeros_like(relative, dtype=torch.bool)
    active.scatter_(1, relative.nan_to_num(-torch.inf).topk(count, dim=1).indices, value=True)
    both = (active.double() @ active.double().T).numpy()
    index: Pairs = both / (2 * count - both)
    index[~known.numpy()] = np.nan
    index[:, ~known.numpy()] = np.nan
    return index


def _span(centred: Tensor, directions: int) -> Tensor:
    """Orthonormal columns ``(D, d)``."""
    right: Tensor = torch.linalg.svd(centred, full_matrices=False).Vh
    return right[: min(directions, len(right))].T


def _run(
    model: nn.Module, pictures: Batches, chosen: Sequence[Tensor], runtime: Runtime, control: RunControl
) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Penultimate features of each class, and by block the classes' mean activation of every channel ``(K, C)``."""
    seen: dict[str, Tensor] = {}
    split = [in_parts(positions, model, pictures, runtime, _BATCH) for positions in chosen]
    handles = [
        block.register_forward_hook(partial(_keep_channels, seen, name)) for name, block in blocks_of(model).items()
    ]
    features: list[Tensor] = []
    rows: dict[str, list[Tensor]] = {}
    try:
        with evaluating(model), penultimate(model) as tap:
            for positions, split_positions in zip(chosen, split, strict=True):
                parts: list[Tensor] = []
                sums: dict[str, Tensor] = {}
                for part in split_positions:
                    control.checkpoint()
                    with runtime.autocast():
                        model(runtime.shape(pictures.batch(part)))
                    assert tap.features is not None
                    parts.append(tap.features.float().cpu())
                    for name, values in seen.items():
                        sums[name] = sums.get(name, torch.zeros(())) + values.sum(dim=0)
                features.append(torch.cat(parts) if parts else torch.empty(0))
                for name, total in sums.items():
                    rows.setdefault(name, []).append(total / len(positions))
    finally:
        for handle in handles:
            handle.remove()
    return _filled(features), _aligned(rows, [len(positions) for positions in chosen])


def _keep_channels(
    seen: dict[str, Tensor], name: str, _module: nn.Module, _inputs: tuple[object, ...], output: object
) -> None:
    """Note the mean of every channel of a block's output: ``(N, C)``."""
    if isinstance(output, Tensor) and output.ndim > 1:
        values = output.float()
        if values.ndim == 3:  # tokens: (N, T, C)
            values = values.mean(dim=1)
        elif values.ndim > 3:
            values = values.flatten(2).mean(dim=2)
        seen[name] = values.cpu()


def _filled(features: list[Tensor]) -> list[Tensor]:
    """Classes without pictures get an empty ``(0, D)``."""
    width = next(each.shape[1] for each in features if each.ndim == 2)
    return [each if each.ndim == 2 else each.new_empty(0, width) for each in features]


def _aligned(rows: dict[str, list[Tensor]], counts: Sequence[int]) -> dict[str, Tensor]:
    """``(K, C)`` with NaN rows for classes without pictures."""
    found = {}
    for name, known in rows.items():
        filled = iter(known)
        found[name] = torch.stack([next(filled) if count else torch.full_like(known[0], torch.nan) for count in counts])
    return found
