"""The program's own format: weights as safetensors, all that is known of them in the metadata."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.models.checkpoint import read_state, write_checkpoint
from maga_desk.models.formats.format import Format, Predict, predictions_of


def _write(path: Path, model: nn.Module, info: CheckpointInfo, _example: Tensor) -> None:
    write_checkpoint(path, model, info)


def _read(path: Path, _info: CheckpointInfo) -> Predict:
    return predictions_of(*read_state(path), path)


FORMAT = Format(
    info=FormatInfo(
        name="safetensors",
        title="safetensors with metadata (recommended)",
        summary="Safe to open anywhere. Carries architecture, class names and normalisation: this program can open it "
        "again.",
        suffix=".safetensors",
    ),
    write=_write,
    read=_read,
)
