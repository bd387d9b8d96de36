"""Retain and forget pictures in one forward pass: what most methods that relabel or reverse have in common."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Loss

Term = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From outputs ``(b, K) float32``, pictures ``(b, 3, H, W)`` and positions ``(b,) int64`` to a scalar loss. Positions
are among the training pictures for retain pictures, and in the forget set for forget pictures."""


def joint_loss(
    inputs: RunInputs,
    model: nn.Module,
    retain: Shuffled,
    forget: Shuffled,
    leaving: Term,
    staying: Term | None = None,
) -> Loss:
    """The loss of a step: ``staying`` on a batch of retain pictures plus ``leaving`` on one of forget pictures.

    :param retain: a walk over positions among the training pictures; ``forget``: over positions in the forget set.
    :param staying: default cross-entropy with the true labels.
    """
    train, runtime = inputs.pictures.train, inputs.runtime
    keep = staying or true_labels(inputs)

    def loss(step: int) -> Tensor:
        kept, rows = retain.at(step), forget.at(step)
        both = torch.cat([kept, inputs.forget_indices[rows]])
        images = train.augmented(both, step_generator(inputs.seed, step))
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        ours, theirs = outputs.float().split([len(kept), len(rows)])
        return keep(ours, images[: len(kept)], kept) + leaving(theirs, images[len(kept) :], rows)

    return loss


def forget_loss(inputs: RunInputs, model: nn.Module, forget: Shuffled, leaving: Term) -> Loss:
    """The loss of a step on forget pictures alone."""
    train, runtime = inputs.pictures.train, inputs.runtime

    def loss(step: int) -> Tensor:
        rows = forget.at(step)
        images = train.augmented(inputs.forget_indices[rows], step_generator(inputs.seed, step))
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        return leaving(outputs.float(), images, rows)

    return loss


def extra_rows(count: int) -> Tensor:
    """``(count,) int64``: numbers that stand for extra pictures in the walk of :func:`mixed_loss`, all below zero."""
    return -1 - torch.arange(count)


def mixed_loss(
    inputs: RunInputs, model: nn.Module, shown_at: Callable[[int], Tensor], extra: Tensor, labels: Tensor
) -> Loss:
    """The cross-entropy of a step on training pictures and extra ones, mixed as they come.

    :param shown_at: a step's positions among the training pictures and rows of :func:`extra_rows`.
    :param extra: ``(m, 3, H, W) float32`` on the device, normalised, never augmented; ``labels``: ``(m,) int64``.
    """
    train, runtime = inputs.pictures.train, inputs.runtime

    def loss(step: int) -> Tensor:
        batch = shown_at(step)
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
    """Cross-entropy of retain pictures with their labels."""
    labels = inputs.pictures.train.labels

    def term(outputs: Tensor, _images: Tensor, positions: Tensor) -> Tensor:
        return F.cross_entropy(outputs, labels[positions.to(labels.device)])

    return term


def forget_labels(inputs: RunInputs) -> Tensor:
    """``(n,) int64`` on the device: the true labels of the forget pictures, in the forget set's order."""
    labels = inputs.pictures.train.labels
    return labels[inputs.forget_indices.to(labels.device)]


def kl_to(outputs: Tensor, target: Tensor, temperature: float = 1.0) -> Tensor:
    """Mean over pictures of KL(target || softmax(outputs / T)) in nats.

    :param outputs: logits ``(b, K)``; ``target``: logits of a teacher ``(b, K)``; minus infinity is allowed in it.
    """
    logs = F.log_softmax(outputs / temperature, dim=1)
    wanted = F.softmax(target / temperature, dim=1)
    return F.kl_div(logs, wanted, reduction="batchmean")


@torch.no_grad()
def teacher_logits(teacher: nn.Module, images: Tensor, inputs: RunInputs) -> Tensor:
    """``(b, K) float32`` of a teacher in evaluation mode."""
    with inputs.runtime.autocast():
        outputs: Tensor = teacher(inputs.runtime.shape(images))
    return outputs.float()
