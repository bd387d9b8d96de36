"""Writing a net in other formats, and proving each file by reloading it.

ONNX is written by torch's exporter with a free batch size; the graph takes normalised pictures
``(N, 3, H, W) float32`` and gives logits ``(N, K)``. The state dict file holds ``state_dict`` and the metadata text.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from maga_desk.domain.files import write_whole
from maga_desk.models.checkpoint import CheckpointInfo, plain_state, read_state, restore, write_checkpoint

Predict = Callable[[Tensor], Tensor]


def write_safetensors(path: Path, model: nn.Module, info: CheckpointInfo, _example: Tensor) -> None:
    """The house format, with all that is known in its metadata."""
    write_checkpoint(path, model, info)


def write_state_dict(path: Path, model: nn.Module, info: CheckpointInfo, _example: Tensor) -> None:
    """``{"state_dict": tensors, "maga_desk": JSON text}``, readable with ``torch.load(weights_only=True)``."""
    content = {"state_dict": plain_state(model), "maga_desk": info.to_text()}
    write_whole(path, lambda temporary: torch.save(content, temporary))


def write_onnx(path: Path, model: nn.Module, info: CheckpointInfo, example: Tensor) -> None:
    """One self-contained ONNX file with the metadata as properties."""
    import onnx

    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # the exporter's own notes on its internals
            program = torch.onnx.export(
                model,
                (example,),
                input_names=["pictures"],
                output_names=["logits"],
                dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
                dynamo=True,
                verbose=False,
            )
    finally:
        quiet.setLevel(level)
    assert program is not None
    proto = program.model_proto
    for key, value in asdict(info).items():
        if value is not None:
            proto.metadata_props.append(onnx.StringStringEntryProto(key=key, value=json.dumps(value)))
    write_whole(path, lambda temporary: temporary.write_bytes(proto.SerializeToString()))


def reload_torch(path: Path) -> Predict:
    """Predictions ``(n, K)`` of a safetensors or state-dict file, from a fresh net."""
    state, info = read_state(path)
    model, _ = restore(state, info.arch, where=str(path))
    model.eval()

    def predict(images: Tensor) -> Tensor:
        with torch.no_grad():
            outputs: Tensor = model(images)
        return outputs

    return predict


def reload_onnx(path: Path) -> Predict:
    """Predictions of an ONNX file by onnxruntime on the CPU, after the ONNX checker has seen it."""
    import onnx
    import onnxruntime

    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda images: torch.from_numpy(np.asarray(session.run(None, {"pictures": images.numpy()})[0]))


Writer = Callable[[Path, nn.Module, CheckpointInfo, Tensor], None]

WRITERS: Mapping[str, tuple[Writer, Callable[[Path], Predict]]] = {
    "safetensors": (write_safetensors, reload_torch),
    "state-dict": (write_state_dict, reload_torch),
    "onnx": (write_onnx, reload_onnx),
}
