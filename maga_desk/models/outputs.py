"""Nets that have another number of outputs than their pictures have classes.

A net with one logit z tells two classes apart by the sign of z. Inside it gets two outputs, -z/2 and z/2, whose softmax
is the sigmoid of z; so every method and figure treats it like any other. A net with more outputs than classes keeps the
rows that answer to the classes. Both go back to their own form on export.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.wrapping import Wrapping
from maga_desk.models.checkpoint import names_of, read_state, restore
from maga_desk.models.families.family import Shapes
from maga_desk.models.families.libraries import meta
from maga_desk.models.families.registry import build, build_like, shapes_of, text_of
from maga_desk.models.pruning import is_pruned_like, keep_zeros, zeros_of

_ONE, _OTHER = 7, 11  # classes: numbers that no architecture has in another place
_NEVER = -1e4  # the bias of an output that must not answer; half precision holds it


def class_tensors(arch: str, shapes: Shapes) -> tuple[str, ...]:
    """The names of an architecture's tensors that have a row for each class: the head's, or both heads'.

    :raises CheckpointError: there is no such architecture.
    """
    one, two = (shapes_of(meta(partial(build, arch, count, shapes))) for count in (_ONE, _OTHER))
    return tuple(
        name
        for name, shape in one.items()
        if name in two and shape != two[name] and shape[:1] == (_ONE,) and two[name][:1] == (_OTHER,)
    )


def two_of_one(state: Mapping[str, Tensor], heads: Iterable[str]) -> dict[str, Tensor]:
    """Tensors of a net with one logit as those of one with two outputs."""
    halves = {name: state[name] / 2 for name in heads if name in state}
    return {**state, **{name: torch.cat([-half, half]) for name, half in halves.items()}}


def chosen(state: Mapping[str, Tensor], heads: Iterable[str], kept: Sequence[int]) -> dict[str, Tensor]:
    """Tensors of a net that has some of the outputs alone, in this order."""
    rows = torch.tensor(list(kept), dtype=torch.int64)
    return {**state, **{name: state[name][rows].clone() for name in heads if name in state}}


def under_own_names(
    state: Mapping[str, Tensor], arch: str, heads: Iterable[str]
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A file's tensors under the architecture's names, where the file has others in the same order; and from these
    names to the file's, empty where they are the same.

    :param heads: the architecture's :func:`class_tensors`.
    """
    names = {} if any(name in state for name in heads) else names_of(arch, dict(state))
    return ({name: state[theirs] for name, theirs in names.items()} if names else dict(state)), names


def inward(state: Mapping[str, Tensor], arch: str, came: Wrapping | None) -> dict[str, Tensor]:
    """A file's tensors with as many outputs as there are classes; as they are, where that is so already.

    :raises CheckpointError: there is no such architecture.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    heads = class_tensors(arch, shapes)
    state, _ = under_own_names(state, arch, heads)
    rows = next((state[name].shape[0] for name in heads if name in state), 0)
    if rows == 1:
        return two_of_one(state, heads)
    if came is not None and came.kept and rows == came.outputs:
        return chosen(state, heads, came.kept)
    return state


def read_like(
    path: Path, arch: str, came: Wrapping | None, like: nn.Module | None = None
) -> tuple[nn.Module, CheckpointInfo]:
    """A net in a file, with the outputs that another one has that is open: a retrained one, a result.

    :param arch: of the open net, where the file does not say its own; ``came``: the form that it came in.
    :param like: the open net: where the file's is pruned as this one is, its zeros stay zero as well.
    :raises CheckpointError: it cannot be read, or does not fit.
    """
    state, info = read_state(path)
    if came is not None and came.outputs is not None:
        state = inward(state, info.arch or arch, came)
    model = restore(state, info.arch or arch, where=str(path))[0]
    if like is not None and is_pruned_like(model, like):
        keep_zeros(model, zeros_of(like))
    return model, info


def with_outputs(model: nn.Module, kept: Sequence[int]) -> nn.Module:
    """A net of the same architecture with some of the outputs alone, in this order."""
    heads = class_tensors(text_of(model), shapes_of(model))
    made = build_like(model, len(kept))
    made.load_state_dict(chosen(model.state_dict(), heads, kept))
    return keep_zeros(made, chosen(zeros_of(model), heads, kept)).train(model.training)


def outward(model: nn.Module, came: Wrapping) -> nn.Module:
    """The net with the outputs that it came with: one logit again, or its spare outputs, which never answer.

    :param model: on the CPU.
    :raises CheckpointError: its head has no bias, so that a spare output cannot be kept from answering.
    """
    if came.outputs is None:
        return model
    state, heads = model.state_dict(), class_tensors(text_of(model), shapes_of(model))
    changed = {name: _outward(state[name], came) for name in heads}
    if not came.binary and all(tensor.ndim > 1 for tensor in changed.values()):
        raise CheckpointError(
            f"its head has no bias, so that its {came.outputs - len(came.kept)} spare outputs cannot be masked in it",
            todo='open the original with [model] spare = "kept"',
        )
    made = build_like(model, came.outputs)
    made.load_state_dict({**state, **changed})
    return made.train(model.training)


def _outward(tensor: Tensor, came: Wrapping) -> Tensor:
    if came.binary:
        return tensor[1:2] - tensor[0:1]
    assert came.outputs is not None
    whole = tensor.new_full((came.outputs, *tensor.shape[1:]), 0.0 if tensor.ndim > 1 else _NEVER)
    whole[list(came.kept)] = tensor
    return whole


def answers(logits: Tensor, came: Wrapping | None) -> Tensor:
    """What a net that has gone back to its own form gives where it gave these logits ``(N, K)`` here.

    Of spare outputs nothing is said: they give less than any other.
    """
    return logits[:, 1:2] - logits[:, 0:1] if came is not None and came.binary else logits


def answering(logits: Tensor, came: Wrapping | None) -> Tensor:
    """Logits ``(N, outputs)`` of a net in its own form, of those outputs that answer to the classes."""
    return logits[:, list(came.kept)] if came is not None and came.kept and not came.binary else logits
