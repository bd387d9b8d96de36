"""Seeing that a file's tensors are plain numbers: what is larger than the file that holds it is no weight of a net."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from maga_desk.domain.errors import CheckpointError

_MOST_STRETCHED = 768 * 2**20  # bytes that may be written out of tensors that the file holds in fewer


def check_plain(state: Mapping[str, Tensor], path: Path) -> None:
    """Look at kinds and sizes, never at values.

    :raises CheckpointError: a tensor is sparse, has no values, holds complex or whole numbers; or tensors claim so many
        more values than the file has that they are no weights. One value that stands for many is none the less plain.
    """
    stretched = 0
    for name, tensor in state.items():
        what = _oddity(name, tensor)
        if not what and _claimed(tensor) > _held(tensor):
            stretched += _claimed(tensor)
            what = _stretched(tensor) if stretched > _MOST_STRETCHED else ""
        if what:
            raise CheckpointError(f"its tensor {name} {what}", where=str(path), todo="save model.state_dict() anew")


def _oddity(name: str, tensor: Tensor) -> str:
    """What no weight is, in words that follow a tensor's name; empty for a plain one, and for tables of places and
    masks, which older Swin and other files have as buffers.
    """
    if tensor.layout is not torch.strided:
        return "is sparse"
    if tensor.is_meta:
        return "has no values"
    if tensor.is_quantized:  # named elsewhere, with what did it
        return ""
    if tensor.is_complex():
        return "holds complex numbers"
    if name.endswith("weight") and tensor.ndim > 1 and tensor.dtype in (torch.int32, torch.int64, torch.bool):
        return "holds whole numbers"
    return ""


def _claimed(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _held(tensor: Tensor) -> int:
    """Bytes; of a kind without a storage of its own, what it claims."""
    return _claimed(tensor) if tensor.is_quantized else tensor.untyped_storage().nbytes()


def _stretched(tensor: Tensor) -> str:
    shape = " x ".join(map(str, tensor.shape))
    return f"claims {shape} values, and the file has {_held(tensor) // tensor.element_size():,}"
