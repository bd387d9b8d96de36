"""The form that a net came in: its library's folder, or a file with the same key, prefix and names.

What the owner's own program loads, it loads again. Nothing of the original goes along but plain values that stood
beside the net: optimisers and averages have learned what was forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.wrapping import Wrapping
from maga_desk.models.checkpoint import plain_state, restore, write_checkpoint, write_torch
from maga_desk.models.formats import hub
from maga_desk.models.formats.format import Format, Predict, predictions_of
from maga_desk.models.outputs import answering, answers, outward
from maga_desk.models.reading.contents import METADATA_KEY, read_contents
from maga_desk.models.reading.weights import State


def _write(path: Path, model: nn.Module, info: CheckpointInfo, _example: Tensor) -> None:
    came = info.came
    if came is None:
        write_checkpoint(path, model, info)
        return
    theirs = outward(model, came)
    if came.library == "transformers":
        hub.write_transformers(path, theirs, info)
    elif came.library == "timm":
        hub.write_timm(path, in_format(plain_state(theirs), came.dtype), info)
    elif came.kind == "safetensors":
        metadata = {"format": "pt", METADATA_KEY: info.to_text()}
        path.write_bytes(safetensors.torch.save(_named(theirs, came), metadata))
    else:
        write_torch(path, _placed(_named(theirs, came), info))


def in_format(state: State, dtype: str | None) -> State:
    """Tensors in another number format (``bfloat16``); whole numbers stay."""
    wanted = None if dtype is None else getattr(torch, dtype)
    return {
        name: tensor.to(wanted) if wanted and tensor.is_floating_point() else tensor for name, tensor in state.items()
    }


def _named(model: nn.Module, came: Wrapping) -> State:
    """Tensors under the names of the file that they came from."""
    named: State = {}
    for here, tensor in in_format(plain_state(model), came.dtype).items():
        if came.names and here not in came.names:
            continue  # a counter that its file does not have
        name = came.names.get(here, here)
        if name in came.pruned:
            named[f"{came.prefix}{name}_orig"] = tensor
            named[f"{came.prefix}{name}_mask"] = (tensor != 0).to(tensor.dtype)
        else:
            named[came.prefix + name] = tensor
    return {**{name: torch.tensor(value) for name, value in came.counters.items()}, **named}


def _placed(state: State, info: CheckpointInfo) -> Any:
    """The tree of the file with the tensors in their place."""
    assert info.came is not None
    weights, keys, values = OrderedDict(state), info.came.keys, info.came.values
    if not keys:
        return OrderedDict({**weights, **(values if isinstance(values, dict) else {})})
    tree = _copied(values) if isinstance(values, dict | list) else {}
    if isinstance(tree, dict):
        tree[METADATA_KEY] = info.to_text()
    node = tree
    for key, following in zip(keys, (*keys[1:], None), strict=True):
        fresh: Any = weights if following is None else {}
        node = _put(node, key, fresh)
    return tree


def _put(node: Any, key: str, value: Any) -> Any:
    """Set what stands under a key, but go into a mapping or a list that is there already."""
    if isinstance(node, list):
        place = int(key)
        node.extend([None] * (place + 1 - len(node)))
        if not isinstance(value, OrderedDict) and isinstance(node[place], dict | list):
            return node[place]
        node[place] = value
        return value
    if not isinstance(value, OrderedDict) and isinstance(node.get(key), dict | list):
        return node[key]
    node[key] = value
    return value


def _copied(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _copied(value) for key, value in tree.items()}
    return [_copied(each) for each in tree] if isinstance(tree, list) else tree


def _read(path: Path, info: CheckpointInfo) -> Predict:
    came = info.came
    if came is not None and came.library == "transformers":
        predict = hub.read_transformers(path)
    else:
        state = read_contents(path).nets[0].state
        if came is None or came.outputs is None:
            return predictions_of(state, info, path)
        model = restore(state, info.arch, where=str(path))[0].eval()

        def predict(pictures: Tensor) -> Tensor:
            with torch.no_grad():
                logits: Tensor = model(pictures)
            return logits

    return lambda pictures: answering(predict(pictures), came)


FORMAT = Format(
    info=FormatInfo(
        name="own",
        title="As it came",
        summary="In the form of the file or folder that the original came in, for the program that it came from.",
        suffix="",
    ),
    write=_write,
    read=_read,
    answers=lambda logits, info: answers(logits, info.came),
)
