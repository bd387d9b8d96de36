"""Seeing that a file's tensors are plain numbers: what is larger than the file that holds it is no weight of a net."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from maga_desk.domain.errors import CheckpointError


def check_plain(state: Mapping[str, Tensor], path: Path) -> None:
    """Look at kinds and sizes, never at values.

    :raises CheckpointError: a tensor is sparse, has no values, holds complex or whole numbers, or claims more values
        than the file has.
    """
    for name, tensor in state.items():
        what = _oddity(tensor)
        if what:
            raise CheckpointError(f"its tensor {name} {what}", where=str(path), todo="save model.state_dict() anew")


def _oddity(tensor: Tensor) -> str:
    """What no weight is, in words that follow a tensor's name; empty for a plain one."""
    if tensor.layout is not torch.strided:
        return "is sparse"
    if tensor.is_meta:
        return "has no values"
    if tensor.is_quantized:  # named elsewhere, with what did it
        return ""
    if tensor.is_complex():
        return "holds complex numbers"
    if tensor.ndim > 1 and tensor.dtype in (torch.int32, torch.int64, torch.bool):
        return "holds whole numbers"
    held = tensor.untyped_storage().nbytes()
    if tensor.numel() * tensor.element_size() > held:
        shape = " x ".join(map(str, tensor.shape))
        return f"claims {shape} values, and the file has {held // tensor.element_size():,}"
    return ""
