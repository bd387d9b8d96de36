"""Frozen features: outputs of a trunk that does not change, computed once and kept where they fit into memory."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from maga_desk.data.augmentation import Moves, drawn_moves, moved
from maga_desk.data.batches import Pictures, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.models.footprint import at_once, free_memory
from maga_desk.models.runtime import Runtime

_BATCH = 512
_SHARE_OF_MEMORY = 0.5  # of the free memory, for the features
_STAGE = "Computing features"


@dataclass(frozen=True)
class FrozenFeatures:
    """A trunk's outputs for n pictures under V views.

    :param trunk: in evaluation mode, without gradients.
    :param positions: ``(n,) int64`` among the training pictures.
    :param moves: for each view how every picture is shifted and flipped, so that a view is the same each time; ``None``
        is the view without augmentation.
    :param kept: V tensors ``(n, ...)``, channels last; ``None`` where they are computed anew each time.
    """

    trunk: nn.Module
    pictures: Pictures
    positions: Tensor
    runtime: Runtime
    moves: tuple[Moves | None, ...]
    kept: tuple[Tensor, ...] | None = None

    @property
    def views(self) -> int:
        """Their number, V."""
        return len(self.moves)

    def at(self, rows: Tensor, view: int) -> Tensor:
        """Outputs for the pictures at ``rows`` ``(b,) int64`` of ``positions``, in the trunk's layout."""
        if self.kept is not None:
            features = self.kept[view % self.views]
            return _channels_first(features[rows.to(features.device)])
        return self.compute(rows, view)

    @torch.no_grad()
    def compute(self, rows: Tensor, view: int) -> Tensor:
        """Like :meth:`at`, but always by running the trunk."""
        self.trunk.eval()
        images = self.pictures.batch(self.positions[rows])
        move = self.moves[view % self.views]
        if move is not None:
            shifts, flips = move
            images = moved(images, (shifts[:, rows], flips[rows]))
        with self.runtime.autocast():
            features: Tensor = self.trunk(self.runtime.shape(images))
        return features


def freeze_features(
    trunk: nn.Module,
    pictures: Pictures,
    positions: Tensor,
    runtime: Runtime,
    *,
    views: int,
    seed: int,
    control: RunControl,
    plain: bool = False,
) -> Generator[Event, None, FrozenFeatures]:
    """Run a trunk over pictures, once for each view.

    :param views: number of augmented views. Where the net was trained without augmentation there is one view, without.
    :param plain: add a last view without augmentation.
    :raises Cancelled: in between.
    """
    count = len(positions)
    moves: tuple[Moves | None, ...] = (None,)
    if pictures.augmentation != "none":
        height, how = pictures.images.shape[2], pictures.augmentation
        moves = tuple(drawn_moves(count, height, step_generator(seed, -1 - view), how) for view in range(views))
        moves = (*moves, None) if plain else moves
    frozen = FrozenFeatures(trunk, pictures, positions, runtime, moves)
    views = frozen.views
    sample = _channels_last(frozen.compute(torch.arange(min(2, count)), 0))
    if sample[0].numel() * sample.element_size() * count * views > _SHARE_OF_MEMORY * free_memory(runtime.device):
        yield Message("The features do not fit into memory and are computed again at every step", "warning")
        return frozen
    kept = []
    size = at_once(trunk, (*pictures.images.shape[1:],), runtime.device, _BATCH)
    for view in range(views):
        features = torch.empty((count, *sample.shape[1:]), dtype=sample.dtype, device=sample.device)
        for rows in torch.arange(count).split(size):
            control.checkpoint()
            yield Progress(_STAGE, view * count + int(rows[0]), views * count)
            features[int(rows[0]) : int(rows[-1]) + 1] = _channels_last(frozen.compute(rows, view))
        kept.append(features)
    yield Progress(_STAGE, views * count, views * count)
    return replace(frozen, kept=tuple(kept))


def _channels_last(features: Tensor) -> Tensor:
    return features.permute(0, 2, 3, 1).contiguous() if features.ndim == 4 else features.contiguous()


def _channels_first(features: Tensor) -> Tensor:
    return features.permute(0, 3, 1, 2) if features.ndim == 4 else features
