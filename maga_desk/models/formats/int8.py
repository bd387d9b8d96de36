"""One ONNX file with weights of eight bits: a quarter of the size, read by ONNX Runtime like any other.

The weights of convolutions, linear layers and attention are int8, by output channel, and ``DequantizeLinear`` gives
them back as float32; all else is computed in float32. So the file is exactly the net with rounded weights, which an
audit can look into, probe and train like any net: it is judged itself, not by its likeness. Rounding looks at no
picture, so that no calibration can bring back what was forgotten. Rounding activations as well (static quantisation)
would be faster on some machines, and leaves nothing that the audit can train.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.files import write_whole
from maga_desk.models.formats import onnx as plain
from maga_desk.models.formats.format import Format
from maga_desk.models.rounding import rounded, scales

BITS = 8


def int8_copy(model: nn.Module) -> nn.Module:
    """The net with rounded weights; the given one is left as it is."""
    copied = copy.deepcopy(model)
    rounded(copied, BITS)
    return copied


def _write(path: Path, model: nn.Module, info: CheckpointInfo, example: Tensor) -> None:
    proto = plain.graph_of(int8_copy(model), info, example, optimize=False)  # folding would leave the eight bits
    _store_in_bytes(proto)
    write_whole(path, lambda temporary: temporary.write_bytes(proto.SerializeToString()))


def _store_in_bytes(proto: Any) -> None:
    """Replace the rounded weights of a graph by their int8 values and what turns them back."""
    import onnx

    graph, nodes = proto.graph, []
    for initializer in list(graph.initializer):
        if initializer.data_type != onnx.TensorProto.FLOAT or len(initializer.dims) < 2:
            continue
        weight = torch.from_numpy(onnx.numpy_helper.to_array(initializer).copy())
        scale = scales(weight, BITS)
        steps = (weight.flatten(1) / scale).round()
        if not torch.equal((steps * scale).view_as(weight), weight):  # a position table, not one of the weights
            continue
        name = initializer.name
        whole = steps.to(torch.int8).view_as(weight).numpy()
        parts = {"int8": whole, "scale": scale.flatten().numpy(), "zero": np.zeros(len(scale), dtype=np.int8)}
        graph.initializer.remove(initializer)
        graph.initializer.extend(onnx.numpy_helper.from_array(part, f"{name}.{key}") for key, part in parts.items())
        nodes.append(onnx.helper.make_node("DequantizeLinear", [f"{name}.{key}" for key in parts], [name], axis=0))
    for place, node in enumerate(nodes):
        graph.node.insert(place, node)


FORMAT = Format(
    info=FormatInfo(
        name="int8",
        title="ONNX with int8 weights",
        summary="A quarter of the size, for ONNX Runtime; judged by the same audit before it is saved.",
        suffix=".int8.onnx",
    ),
    write=_write,
    read=plain.FORMAT.read,
)
