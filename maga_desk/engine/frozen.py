"""What a frozen trunk says of many pictures: computed once and kept where memory allows, else again for every step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import psutil
import torch
from torch import Tensor, nn

from maga_desk.data.batches import Pictures, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.models.runtime import Runtime

_BATCH = 512
_SHARE_OF_MEMORY = 0.5  # of what is free that kept features may take
_STAGE = "Reading the pictures once"


@dataclass(frozen=True)
class Frozen:
    """The trunk's features of n pictures under V augmented views.

    :param trunk: in evaluation mode, without gradients.
    :param positions: ``(n,) int64`` among the training pictures.
    :param kept: V tensors ``(n, ...)`` with the channels last, or ``None`` where they are computed when needed.
    """

    trunk: nn.Module
    pictures: Pictures
    positions: Tensor
    runtime: Runtime
    seed: int
    views: int
    kept: tuple[Tensor, ...] | None

    def at(self, rows: Tensor, view: int) -> Tensor:
        """Features of the pictures at ``rows`` ``(b,) int64`` of ``positions``, as the trunk gives them."""
        if self.kept is not None:
            features = self.kept[view % self.views]
            return _channels_first(features[rows.to(features.device)])
        return _read(self.trunk, self.pictures, self.positions[rows], self.runtime, self.seed + view)


def read_once(
    trunk: nn.Module,
    pictures: Pictures,
    positions: Tensor,
    runtime: Runtime,
    *,
    views: int,
    seed: int,
    control: RunControl,
) -> Generator[Event, None, Frozen]:
    """Run a trunk over pictures.

    :raises Cancelled: in between.
    """
    trunk.eval()
    sample = _read(trunk, pictures, positions[:2], runtime, seed)
    needed = sample[0].numel() * sample.element_size() * len(positions) * views
    if needed > _SHARE_OF_MEMORY * _free(runtime.device):
        yield Message("The features do not fit into memory: they are computed again for every step", "warning")
        return Frozen(trunk, pictures, positions, runtime, seed, views, None)
    kept = []
    for view in range(views):
        parts = []
        for number, part in enumerate(positions.split(_BATCH)):
            control.checkpoint()
            yield Progress(_STAGE, view * len(positions) + number * _BATCH, views * len(positions))
            parts.append(_channels_last(_read(trunk, pictures, part, runtime, seed + view * 7919 + number)))
        kept.append(torch.cat(parts))
    yield Progress(_STAGE, views * len(positions), views * len(positions))
    return Frozen(trunk, pictures, positions, runtime, seed, views, tuple(kept))


@torch.no_grad()
def _read(trunk: nn.Module, pictures: Pictures, positions: Tensor, runtime: Runtime, step: int) -> Tensor:
    trunk.eval()
    images = pictures.augmented(positions, step_generator(step, 0))
    with runtime.autocast():
        features: Tensor = trunk(runtime.shape(images))
    return features


def _channels_last(features: Tensor) -> Tensor:
    return features.permute(0, 2, 3, 1).contiguous() if features.ndim == 4 else features.contiguous()


def _channels_first(features: Tensor) -> Tensor:
    return features.permute(0, 3, 1, 2) if features.ndim == 4 else features


def _free(device: torch.device) -> int:
    """Bytes of free memory of a device."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return int(psutil.virtual_memory().available)
