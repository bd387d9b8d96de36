"""What an export format is to the program, and how each of its files is proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.checkpoint import restore
from maga_desk.models.families.registry import channels_of
from maga_desk.models.reading.weights import State

Predict = Callable[[Tensor], Tensor]
"""Normalised pictures ``(N, 3, H, W) float32`` on the CPU to logits ``(N, K) float32``."""

CHECKED_PICTURES = 64
TOLERANCE = 1e-3  # largest difference of a logit that counts as the same prediction (ONNX orders sums otherwise)


@dataclass(frozen=True)
class Format:
    """A file format with its code.

    :param write: ``(path, net, info, example)`` writes a net in evaluation mode, on the CPU, with all that the format
        can hold of ``info``, where architecture and size are known. ``example`` are pictures ``(2, 3, H, W)`` for
        exporters that trace.
    :param read: ``(path, info)`` gives the file's predictions, of the weights in the file alone; ``info`` is for
        formats that cannot hold all of it.
    :param answers: ``(logits, info)`` gives what the file must give where the net gives these logits, in formats that
        take a net back to another number of outputs.
    """

    info: FormatInfo
    write: Callable[[Path, nn.Module, CheckpointInfo, Tensor], object]
    read: Callable[[Path, CheckpointInfo], Predict]
    answers: Callable[[Tensor, CheckpointInfo], Tensor] = lambda logits, _info: logits


def write_checked(
    form: Format, path: Path, model: nn.Module, info: CheckpointInfo, *, where: str, pictures: Tensor | None = None
) -> float:
    """Write a net, read the file back, and compare predictions.

    :param info: ``info.shape``, the pictures' size, is known.
    :param pictures: ``(n, C, H, W) float32``, two or more, normalised; ``None``: :data:`CHECKED_PICTURES` random ones.
    :param where: the file that the user knows, for messages.
    :returns: the largest difference of a logit.
    :raises CheckpointError: it is above :data:`TOLERANCE`, or the logits have another shape.
    """
    size = info.shape
    assert size is not None
    if pictures is None:
        pictures = torch.randn(CHECKED_PICTURES, channels_of(model), *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = form.answers(model(pictures), info)
    form.write(path, model, info, pictures[:2])
    found = form.read(path, info)(pictures)
    largest = float((found - expected).abs().max()) if found.shape == expected.shape else float("inf")
    if not largest <= TOLERANCE:
        raise CheckpointError(
            f"the {form.info.name} file's predictions differ from the checkpoint's (by up to {largest:.2g}); "
            "it was not kept",
            where=where,
        )
    return largest


def predictions_of(state: State, info: CheckpointInfo, path: Path) -> Predict:
    """Predictions of a fresh net with these weights, for formats that hold no code."""
    model, _ = restore(state, info.arch, where=str(path))
    model.eval()

    def predict(pictures: Tensor) -> Tensor:
        with torch.no_grad():
            logits: Tensor = model(pictures)
        return logits

    return predict
