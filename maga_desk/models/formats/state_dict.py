"""A PyTorch file ``{"state_dict": tensors, "maga_desk": JSON text}``; ``torch.load(weights_only=True)`` reads it."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.models.checkpoint import plain_state, read_state, write_torch
from maga_desk.models.formats.format import Format, Predict, predictions_of
from maga_desk.models.reading.contents import METADATA_KEY


def _write(path: Path, model: nn.Module, info: CheckpointInfo, _example: Tensor) -> None:
    content = {"state_dict": plain_state(model), METADATA_KEY: info.to_text()}
    write_torch(path, content)


def _read(path: Path, _info: CheckpointInfo) -> Predict:
    return predictions_of(*read_state(path), path)


FORMAT = Format(
    info=FormatInfo(
        name="state-dict",
        title="PyTorch state dict",
        summary="Plain weights for torch.load with weights_only=True. You need the model's code beside it.",
        suffix=".pt",
    ),
    write=_write,
    read=_read,
)
