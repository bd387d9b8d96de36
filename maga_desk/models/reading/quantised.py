"""Seeing that a net's weights were quantised: such weights cannot be trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

_SIGNS = (
    (re.compile(r"_packed_params(\.|$)|\.zero_point$"), "PyTorch's quantisation"),
    (re.compile(r"\.(SCB|absmax|quant_map|nested_absmax|quant_state\..*)$"), "bitsandbytes"),
    (re.compile(r"\.(qweight|qzeros|g_idx)$"), "GPTQ or AWQ"),
)
"""Names of tensors that a quantiser adds, and which."""
_FLOAT8 = {
    dtype for name in dir(torch) if name.startswith("float8") and isinstance(dtype := getattr(torch, name), torch.dtype)
}
_BYTES = {torch.int8, torch.uint8, torch.int16}


def quantiser(state: Mapping[str, Tensor]) -> str:
    """What has quantised these tensors, for people; empty where nothing has."""
    if any(tensor.is_quantized for tensor in state.values()):
        return "PyTorch's quantisation"
    for name in state:
        for sign, what in _SIGNS:
            if sign.search(name):
                return what
    for name, tensor in state.items():
        if tensor.dtype in _FLOAT8 and tensor.ndim > 1:
            return "8-bit floating point"
        if tensor.dtype in _BYTES and tensor.ndim > 1 and name.endswith("weight"):
            return "weights in whole numbers"
    return ""
