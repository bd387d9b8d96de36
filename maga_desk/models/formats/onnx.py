"""One self-contained ONNX file with a free batch size, and what is known of the net as properties.

torch's exporter writes it. The graph takes normalised pictures ``pictures (N, 3, H, W) float32`` and gives
``logits (N, K)``.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.files import write_whole
from maga_desk.models.formats.format import Format, Predict


def _write(path: Path, model: nn.Module, info: CheckpointInfo, example: Tensor) -> None:
    proto = graph_of(model, info, example)
    write_whole(path, lambda temporary: temporary.write_bytes(proto.SerializeToString()))


def graph_of(model: nn.Module, info: CheckpointInfo, example: Tensor, *, optimize: bool = True) -> Any:
    """The net as an ``onnx.ModelProto`` with what is known of it as properties.

    :param optimize: fold what can be; else each weight stays as the net has it, under its name.
    """
    import onnx

    with _quietly():
        program = torch.onnx.export(
            model,
            (example,),
            input_names=["pictures"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            dynamo=True,
            optimize=optimize,
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    for part in (*proto.graph.node, *proto.graph.value_info, *proto.graph.initializer):
        del part.metadata_props[:]  # the exporter's traces: large, and with paths of this machine in them
        part.doc_string = ""
    for key, value in asdict(info).items():
        if value is not None:
            proto.metadata_props.append(onnx.StringStringEntryProto(key=key, value=json.dumps(value)))
    return proto


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's own notes on its internals."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _read(path: Path, _info: CheckpointInfo) -> Predict:
    """By onnxruntime on the CPU, after the ONNX checker has seen the file."""
    import onnx
    import onnxruntime

    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda pictures: torch.from_numpy(np.asarray(session.run(None, {"pictures": pictures.numpy()})[0]))


FORMAT = Format(
    info=FormatInfo(
        name="onnx",
        title="ONNX",
        summary="Weights and graph for ONNX Runtime and other engines. Runs without Python; cannot be trained further.",
        suffix=".onnx",
    ),
    write=_write,
    read=_read,
)
