"""Device-resident pictures, normalised and augmented in batches of tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maga_desk.data.augmentation import augment
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.preprocessing import Order
from maga_desk.domain.specs.recipe import Augmentation

_MEASURED_AT_ONCE = 16 * 2**20  # bytes of pictures whose mean and deviation are measured
_SHARE_OF_FREE_MEMORY = 0.6  # of a GPU's free memory that pictures may take before they stay on the host


@dataclass(frozen=True)
class Normalisation:
    """Channel means and deviations of pixels scaled to 0..1, and which channels a net reads in which order."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    order: Order = "RGB"

    def __repr__(self) -> str:
        """What depends on it is kept by this text; RGB is left out, as what was kept first knew no other order."""
        order = "" if self.order == "RGB" else f", order={self.order!r}"
        return f"Normalisation(mean={self.mean!r}, std={self.std!r}{order})"

    @classmethod
    def of(cls, index: PictureIndex, order: Order = "RGB") -> Normalisation:
        """Measured on some 5,000 evenly spread pictures, or on all where there are fewer."""
        chosen = np.arange(0, len(index), max(1, len(index) // 5000))
        part = max(1, _MEASURED_AT_ONCE // (3 * index.size[0] * index.size[1]))
        counts = np.zeros((len(_shades(ordered(index.pixels(chosen[:1]), order))), 256), dtype=np.int64)
        for start in range(0, len(chosen), part):
            counts += _shades(ordered(index.pixels(chosen[start : start + part]), order))
        shades, total = np.arange(256) / 255, counts.sum(axis=1)
        mean = (counts * shades).sum(axis=1) / total
        std = np.sqrt((counts * (shades - mean[:, None]) ** 2).sum(axis=1) / total).clip(1e-3)
        return cls(_rounded(mean), _rounded(std), order)


def _shades(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each value is there in each channel of ``(n, C, H, W)``: ``(C, 256) int64``."""
    return np.stack([np.bincount(pixels[:, channel].ravel(), minlength=256) for channel in range(pixels.shape[1])])


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(v), 4) for v in values)


def ordered(pixels: NDArray[np.uint8], order: Order) -> NDArray[np.uint8]:
    """RGB pictures ``(n, 3, H, W) uint8`` in the channels that a net reads: BGR, grey as Pillow computes it, or with a
    fourth channel that is opaque.
    """
    if order == "BGR":
        return np.ascontiguousarray(pixels[:, ::-1])
    if order == "L":
        red, green, blue = (pixels[:, channel : channel + 1].astype(np.uint32) for channel in range(3))
        return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)
    if order == "RGBA":
        return np.concatenate([pixels, np.full_like(pixels[:, :1], 255)], axis=1)
    return pixels


class Pictures:
    """Pictures as tensors.

    :param images: ``(N, C, H, W) uint8`` on ``device`` when it fits, else in (pinned) host memory.
    :param labels: ``(N,) int64`` on ``device``.
    :param augmentation: how :meth:`augmented` changes them: unlearning shows pictures as the training did.
    """

    def __init__(
        self,
        index: PictureIndex,
        normalisation: Normalisation,
        device: torch.device,
        *,
        augmentation: Augmentation = "shift",
    ) -> None:
        images = torch.from_numpy(ordered(index.whole(), normalisation.order))
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            images = images.to(device) if images.nbytes < _SHARE_OF_FREE_MEMORY * free else images.pin_memory()
        elif device.type != "cpu":
            images = images.to(device)
        self.images = images
        self.labels = torch.from_numpy(index.labels).to(device)
        self.device = device
        self.augmentation = augmentation
        self._mean = torch.tensor(normalisation.mean, device=device).view(1, -1, 1, 1) * 255
        self._scale = 1 / (torch.tensor(normalisation.std, device=device).view(1, -1, 1, 1) * 255)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Tensor) -> Tensor:
        """Normalised pictures ``(n, 3, H, W) float32`` on the device; ``indices`` is ``(n,) int64``."""
        raw = self.images[indices.to(self.images.device)].to(self.device, non_blocking=True)
        return (raw.float() - self._mean) * self._scale

    def augmented(self, indices: Tensor, generator: torch.Generator) -> Tensor:
        """Like :meth:`batch`, each picture changed at random as in the net's training."""
        return augment(self.batch(indices), generator, self.augmentation)


@dataclass(frozen=True)
class DeviceSet:
    """The splits of an image set on one device."""

    train: Pictures
    test: Pictures
    normalisation: Normalisation
    classes: tuple[str, ...]
    held_out: Pictures | None = None


def to_device(
    images: ImageSet, normalisation: Normalisation, device: torch.device, *, augmentation: Augmentation = "shift"
) -> DeviceSet:
    """Put an image set where the model runs.

    :param augmentation: how the net's training changed pictures.
    """
    return DeviceSet(
        Pictures(images.train, normalisation, device, augmentation=augmentation),
        Pictures(images.test, normalisation, device, augmentation=augmentation),
        normalisation,
        images.classes,
        Pictures(images.held_out, normalisation, device, augmentation=augmentation) if images.held_out else None,
    )


def step_generator(seed: int, step: int) -> torch.Generator:
    """The randomness of one step: the same whether the run was interrupted before it or not."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) * 2_654_435_761 % 2**63)


class Shuffled:
    """An endless shuffled walk over positions, addressable by step, so that a resumed run sees the same batches.

    :param positions: ``(n,) int64``, at least one.
    """

    def __init__(self, positions: Tensor, batch_size: int, seed: int) -> None:
        self.positions = positions
        self.batch_size = min(batch_size, len(positions))
        self.seed = seed
        self.per_epoch = -(-len(positions) // self.batch_size)
        self._epoch = -1
        self._order = positions

    def at(self, step: int) -> Tensor:
        """A step's positions ``(b,) int64``; each pass is a fresh permutation in batches of nearly one size.

        A short last batch would tell batch normalisation's statistics as much as a full one, and last of all. Never a
        single position where there are more: batch normalisation has nothing to go by then.
        """
        epoch, inside = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            order = torch.randperm(len(self.positions), generator=step_generator(self.seed, -1 - epoch))
            self._order, self._epoch = self.positions[order], epoch
        count = len(self._order)
        first, last = count * inside // self.per_epoch, count * (inside + 1) // self.per_epoch
        if last - first == 1 and self.batch_size > 1:
            last += 1
        return self._order[first:last]
