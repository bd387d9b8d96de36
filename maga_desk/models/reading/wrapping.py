"""Noting how a net stood in its file, so that it can be written in the same form again."""

from __future__ import annotations

from maga_desk.domain.wrapping import Wrapping
from maga_desk.models.reading.config import json_beside
from maga_desk.models.reading.contents import CheckpointContents
from maga_desk.models.reading.weights import Weights

_TENSORS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".npy", ".npz")
_FILES = ("config.json", "preprocessor_config.json")


def wrapping_of(contents: CheckpointContents, net: Weights) -> Wrapping:
    """How one of a checkpoint's nets is wrapped.

    :raises CheckpointError: a ``config.json`` beside it that cannot be read.
    """
    formats = {tensor.dtype for tensor in net.state.values() if tensor.is_floating_point()}
    dtype = str(formats.pop()).removeprefix("torch.") if len(formats) == 1 else "float32"
    files = {name: found for name in _FILES if (found := json_beside(contents.path.parent / name))}
    return Wrapping(
        kind=contents.kind,
        file=contents.path.name,
        keys=net.keys,
        prefix=net.prefix,
        counters=net.counters,
        pruned=tuple(net.masks),
        dtype=None if dtype == "float32" else dtype,
        values=contents.values,
        files=files if contents.beside.config else {},
        left=(*_left(contents, net), *(_weights_beside(contents) if contents.beside.config else ())),
    )


def _left(contents: CheckpointContents, net: Weights) -> tuple[str, ...]:
    """What the file holds beside a net of it, which may have been changed since."""
    found = zip(contents.nets, contents.left, strict=True)
    return next((left for each, left in found if each.keys == net.keys), ())


def _weights_beside(contents: CheckpointContents) -> list[str]:
    """Further files of tensors in a library's folder: an optimiser's state, an average."""
    taken = contents.path.name.removesuffix(".index.json").rpartition(".")[0]
    return sorted(
        path.name
        for path in contents.path.parent.iterdir()
        if path.suffix in _TENSORS and not path.name.startswith(taken)
    )
