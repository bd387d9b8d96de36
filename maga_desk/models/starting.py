"""Weights that a training starts from: another checkpoint's, as far as they fit."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from maga_desk.domain.errors import CheckpointError
from maga_desk.models.checkpoint import restore
from maga_desk.models.families.registry import text_of, translated
from maga_desk.models.reading.contents import read_contents
from maga_desk.models.reading.weights import State

_LEAST = 0.5  # of a net's numbers that a start must have: with less it is another net's


@torch.no_grad()
def fill(model: nn.Module, start: Path) -> tuple[str, ...]:
    """Give a newly initialised net the weights of a checkpoint; returns the names of those that stay newly drawn.

    :raises CheckpointError: it cannot be read, or is of another net.
    """
    own = model.state_dict()
    state = _named(model, read_contents(start).nets[0].state)
    fitting = {name: tensor for name, tensor in state.items() if name in own and tensor.shape == own[name].shape}
    least = _LEAST * sum(tensor.numel() for tensor in own.values())
    if sum(tensor.numel() for tensor in fitting.values()) < least:
        count = f"{len(fitting)} of {len(own)} tensors fit"
        raise CheckpointError(
            f"is of another net than a {text_of(model)}: {count}",
            where=str(start),
            todo="name the weights that the original's training started from",
        )
    if not all(tensor.isfinite().all() for tensor in fitting.values() if tensor.is_floating_point()):
        raise CheckpointError("holds values that are not finite", where=str(start))
    for name, tensor in fitting.items():
        own[name].copy_(tensor)
    return tuple(name for name in own if name not in fitting)


def as_it_was(model: nn.Module, start: Path) -> nn.Module | None:
    """The net that a start is, with its own head; ``None`` where it has none.

    :param model: a net of the same architecture, for any number of classes.
    :raises CheckpointError: it cannot be read.
    """
    state = read_contents(start).nets[0].state
    try:
        return restore(state, text_of(model), where=str(start))[0]
    except CheckpointError:
        return None


def _named(model: nn.Module, state: State) -> State:
    try:
        return dict(translated(model, state))
    except CheckpointError:  # under names of another library, or with another head
        return state
