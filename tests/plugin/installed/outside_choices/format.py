"""An export format: the weights as NumPy arrays, with what is known of the net as a JSON text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.models.checkpoint import plain_state
from maga_desk.models.formats.format import Format, Predict, predictions_of
from maga_desk.models.reading.contents import METADATA_KEY


def write(path: Path, model: nn.Module, info: CheckpointInfo, _example: Tensor) -> None:
    arrays = {name: tensor.numpy() for name, tensor in plain_state(model).items()}
    with path.open("wb") as stream:  # np.savez would add an ending to a path
        np.savez_compressed(stream, **{METADATA_KEY: np.array(info.to_text())}, **arrays)


def read(path: Path, _info: CheckpointInfo) -> Predict:
    with np.load(path, allow_pickle=False) as arrays:
        info = CheckpointInfo.from_text(str(arrays[METADATA_KEY]))
        state = {name: torch.from_numpy(arrays[name]) for name in arrays.files if name != METADATA_KEY}
    return predictions_of(state, info, path)


FORMAT = Format(
    FormatInfo(
        name="arrays",
        title="NumPy arrays",
        summary="The weights for those who read no torch: numpy.load gives them by name.",
        suffix=".npz",
    ),
    write,
    read,
)
