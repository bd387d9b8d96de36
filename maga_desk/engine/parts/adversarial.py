"""Adversarial pictures: by one signed gradient step, and the nearest one by a search in L2.

Sizes are in pixel units of 0..1, as in the papers. Pictures are normalised channel by channel, so a size is divided by
the channel's standard deviation before it is added. Pixels stay within their range.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.data.batches import Normalisation
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.noise import without_weight_gradients
from maga_desk.models.inference import evaluating, in_parts
from maga_desk.models.runtime import Runtime

_BATCH = 256
_TINY = 1e-30  # keeps a vanished gradient from dividing by zero: the picture then stays where it is


@dataclass(frozen=True)
class PixelRange:
    """The range of a normalised picture's pixels; tensors ``(1, C, 1, 1) float32``.

    :param unit: one pixel unit (from black to white) in normalised units.
    """

    low: Tensor
    high: Tensor
    unit: Tensor

    @classmethod
    def of(cls, normalisation: Normalisation, device: torch.device) -> PixelRange:
        mean, std = (
            torch.tensor(values, device=device).view(1, -1, 1, 1) for values in (normalisation.mean, normalisation.std)
        )
        return cls(-mean / std, (1 - mean) / std, 1 / std)

    def clamp(self, images: Tensor) -> Tensor:
        return torch.maximum(torch.minimum(images, self.high), self.low)


def signed_step(
    model: nn.Module, images: Tensor, labels: Tensor, bound: float, pixels: PixelRange, runtime: Runtime
) -> Tensor:
    """The fast gradient sign method: every pixel moves by ``bound`` in the direction that raises the label's loss.

    :param images: ``(b, 3, H, W) float32``, normalised; ``labels``: ``(b,) int64``.
    """
    gradient = _rise(model, images, labels, (), runtime)
    return pixels.clamp(images + bound * pixels.unit * gradient.sign())


@dataclass(frozen=True)
class Search:
    """Settings of the search for the nearest adversarial picture.

    :param first: the first bound of the L2 distance; ``doublings``: how often it is doubled while nothing is found.
    :param steps: steps within each bound, each a tenth of the bound long.
    """

    first: float
    doublings: int
    steps: int


def nearest_wrong(
    model: nn.Module, inputs: RunInputs, control: RunControl, search: Search
) -> Generator[Event, None, tuple[Tensor, Tensor, Tensor]]:
    """For each forget picture the nearest picture found that the net assigns to another class, one that stays.

    Returns the pictures ``(n, 3, H, W) float32``, the classes predicted for them ``(n,) int64`` and their L2 distances
    ``(n,) float32``, in the forget set's order. Where no such picture is found, the last one tried is returned, with
    the likeliest other class.

    :raises Cancelled: in between.
    """
    train, total = inputs.pictures.train, len(inputs.forget)
    pixels = PixelRange.of(inputs.pictures.normalisation, train.device)
    found = []
    parts = in_parts(inputs.forget_indices, model, train, inputs.runtime, _BATCH, training=True)
    for number, part in enumerate(parts):
        yield Progress("Searching for adversarial pictures", number * len(parts[0]), total)
        images, own = train.batch(part), train.labels[part.to(train.device)]
        found.append(_searched(model, images, own, inputs.forget.gone, pixels, inputs.runtime, control, search))
    yield Progress("Searching for adversarial pictures", total, total)
    pictures, labels, distances = (torch.cat(parts) for parts in zip(*found, strict=True))
    return pictures, labels, distances


def likeliest_other(outputs: Tensor, own: Tensor, gone: Sequence[int]) -> Tensor:
    """``(b,) int64``: the class of the largest logit ``(b, K)`` among those that are neither the own class nor gone.

    Where no such class is left, the largest that is not the own class.
    """
    return outputs.masked_fill(_left(own, gone, outputs.shape[1]), -torch.inf).argmax(dim=1)


def _searched(
    model: nn.Module,
    images: Tensor,
    own: Tensor,
    gone: Sequence[int],
    pixels: PixelRange,
    runtime: Runtime,
    control: RunControl,
    search: Search,
) -> tuple[Tensor, Tensor, Tensor]:
    outputs = _outputs(model, images, runtime)
    best, label = images.clone(), likeliest_other(outputs, own, gone)
    left = (outputs.argmax(dim=1) != label).nonzero().squeeze(1)
    for growth in range(search.doublings + 1):
        start, bound = images[left], search.first * 2**growth
        moved, waiting = start, torch.ones(len(left), dtype=torch.bool, device=left.device)
        for _ in range(search.steps):
            if not waiting.any():  # a sync point, in preparation only
                break
            control.checkpoint()
            moved = _stepped(moved, start, _rise(model, moved, own[left], gone, runtime), bound, pixels)
            outputs = _outputs(model, moved, runtime)
            here = likeliest_other(outputs, own[left], gone)
            best[left[waiting]], label[left[waiting]] = moved[waiting], here[waiting]
            waiting = waiting & (outputs.argmax(dim=1) != here)
        left = left[waiting]
    return best, label, _length((best - images) / pixels.unit).flatten()


def _stepped(moved: Tensor, start: Tensor, gradient: Tensor, bound: float, pixels: PixelRange) -> Tensor:
    """A step of a tenth of the bound along the gradient, then projected into the ball around the start."""
    gradient = gradient * pixels.unit  # per pixel unit, by the chain rule
    offset = (moved - start) / pixels.unit + 0.1 * bound * gradient / _length(gradient).clamp_min(_TINY)
    offset = offset * (bound / _length(offset).clamp_min(_TINY)).clamp(max=1)
    return pixels.clamp(start + offset * pixels.unit)


def _rise(model: nn.Module, images: Tensor, labels: Tensor, gone: Sequence[int], runtime: Runtime) -> Tensor:
    """For every picture the direction in which the cross-entropy with its label grows fastest.

    With z the logits and p the label's probability, that gradient is (1 - p) times the gradient of log sum exp(other z)
    minus the label's z. The factor (1 - p) is left out: it is zero in float32 where the net is confident. Classes that
    are gone count as the label does.
    """
    images = images.detach().requires_grad_(True)
    with evaluating(model), torch.enable_grad(), without_weight_gradients(model):
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        outputs = outputs.float()
        away = _left(labels, gone, outputs.shape[1])
        others, own = (outputs.masked_fill(hidden, -torch.inf).logsumexp(dim=1) for hidden in (away, ~away))
        (gradient,) = torch.autograd.grad((others - own).sum(), images)
    return gradient


def _left(own: Tensor, gone: Sequence[int], classes: int) -> Tensor:
    """``(b, K) bool``: the classes that a picture must leave: its own and those that are gone.

    Its own alone where no other class would be left.
    """
    mine = F.one_hot(own, classes).bool()
    left = mine.clone()
    left[:, list(gone)] = True
    return torch.where(left.all(dim=1, keepdim=True), mine, left)


def _outputs(model: nn.Module, images: Tensor, runtime: Runtime) -> Tensor:
    with evaluating(model), runtime.autocast():
        outputs: Tensor = model(runtime.shape(images))
    return outputs.float()


def _length(pictures: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(pictures.flatten(1), dim=1)
    return lengths.view(-1, 1, 1, 1)
