"""Losses of a step on retain and forget pictures, for methods that relabel pictures or reverse a gradient."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Loss, TwoLosses

Term = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From outputs ``(b, K) float32``, pictures ``(b, 3, H, W)`` and positions ``(b,) int64`` to a scalar loss. Positions
are among the training pictures for retain pictures, and in the forget set for forget pictures."""


def joint_loss(
    inputs: RunInputs,
    model: nn.Module,
    retain: Shuffled,
    forget: Shuffled,
    on_forget: Term,
    on_retain: Term | None = None,
) -> TwoLosses:
    """The sum of two terms, on a batch of retain pictures and on one of forget pictures, from one forward pass.

    :param retain: batches of positions among the training pictures; ``forget``: of positions in the forget set.
    :param on_retain: cross-entropy with the true labels if left out.
    """
    train, runtime = inputs.pictures.train, inputs.runtime
    keep = on_retain or true_labels(inputs)

    def parts(step: int) -> tuple[Tensor, Tensor]:
        kept, rows = retain.at(step), forget.at(step)
        both = torch.cat([kept, inputs.forget_indices[rows]])
        images = train.augmented(both, step_generator(inputs.seed, step))
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        retained, forgotten = outputs.float().split([len(kept), len(rows)])
        return keep(retained, images[: len(kept)], kept), on_forget(forgotten, images[len(kept) :], rows)

    return TwoLosses(parts)


def forget_loss(inputs: RunInputs, model: nn.Module, forget: Shuffled, on_forget: Term) -> Loss:
    """A term on a batch of forget pictures alone."""
    train, runtime = inputs.pictures.train, inputs.runtime

    def loss(step: int) -> Tensor:
        rows = forget.at(step)
        images = train.augmented(inputs.forget_indices[rows], step_generator(inputs.seed, step))
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        return on_forget(outputs.float(), images, rows)

    return loss


def extra_rows(count: int) -> Tensor:
    """``(count,) int64``: the numbers of extra pictures in the batches of :func:`mixed_loss`, all below zero."""
    return -1 - torch.arange(count)


def mixed_loss(
    inputs: RunInputs, model: nn.Module, batch_at: Callable[[int], Tensor], extra: Tensor, labels: Tensor
) -> Loss:
    """Cross-entropy on batches that mix training pictures and extra ones.

    :param batch_at: from a step to its batch: positions among the training pictures, and numbers of
        :func:`extra_rows`.
    :param extra: ``(m, 3, H, W) float32`` on the device, normalised, not augmented; ``labels``: ``(m,) int64``.
    """
    train, runtime = inputs.pictures.train, inputs.runtime

    def loss(step: int) -> Tensor:
        batch = batch_at(step)
        pictures, rows = batch[batch >= 0], (-1 - batch[batch < 0]).to(extra.device)
        images = extra[rows]
        if len(pictures):
            images = torch.cat([train.augmented(pictures, step_generator(inputs.seed, step)), images])
        truth = torch.cat([train.labels[pictures.to(train.device)], labels[rows]])
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        return F.cross_entropy(outputs.float(), truth)

    return loss


def true_labels(inputs: RunInputs) -> Term:
    """Cross-entropy with the true labels, on retain pictures."""
    labels = inputs.pictures.train.labels

    def term(outputs: Tensor, _images: Tensor, positions: Tensor) -> Tensor:
        return F.cross_entropy(outputs, labels[positions.to(labels.device)])

    return term


def forget_labels(inputs: RunInputs) -> Tensor:
    """``(n,) int64`` on the device: the true labels of the forget pictures, in the forget set's order."""
    labels = inputs.pictures.train.labels
    return labels[inputs.forget_indices.to(labels.device)]
