"""Finding the weights in what a file holds: which of its mappings are the tensors of a net, and under which names.

Training programs put the weights under a key of their own choice, beside optimisers, scores and settings, often twice
(the net itself and an average of it over its steps), and often with a prefix for each wrapper around the net.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from maga_desk.models.reading.inert import Inert

State = dict[str, Tensor]

_AVERAGED = re.compile(r"(^|[._/])(ema|swa|averag\w*|shadow|teacher)([._/]|$)|model_ema|ema_|_ema", re.IGNORECASE)
_BESIDE = re.compile(
    r"optim|^opt$|sched|scaler|^amp$|^state$|^loops$|callback|history|_rng|rng_|^rng|hyper_parameters|grad|momentum|exp_avg",
    re.IGNORECASE,
)
_WRAPPERS = ("module.", "_orig_mod.", "_forward_module.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
_COUNTERS = ("n_averaged", "initted", "step", "num_updates", "decay")
_DEEPEST = 12
_DEEPEST_TREE = 64  # modules within modules
_FEWEST = 2  # tensors: a net has a weight and a bias at least


@dataclass(frozen=True)
class Weights:
    """One net's tensors in a file.

    :param state: by the net's own names, on the CPU, without the prefixes.
    :param keys: that lead to it; none at the top.
    :param averaged: it is an average over training steps (EMA, SWA).
    :param prefix: what was taken off every name.
    :param whole: the class of a whole pickled net that the tensors were taken from; else empty.
    :param masks: ``(…) bool`` by name: which weights were pruned away (False) in a net with pruning masks.
    :param left: names beside the net that belong to something else (a loss's weights, a metric's counts).
    :param counters: numbers among the tensors that belong to a wrapper (``n_averaged``).
    """

    state: State
    keys: tuple[str, ...] = ()
    averaged: bool = False
    prefix: str = ""
    whole: str = ""
    masks: Mapping[str, Tensor] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The keys in one, joined by dots."""
        return ".".join(self.keys)

    @property
    def size(self) -> int:
        """How many numbers."""
        return sum(tensor.numel() for tensor in self.state.values())


def find_weights(tree: Any) -> list[Weights]:
    """All nets in a file, the likeliest first: the net itself before averages of it, the larger before the smaller."""
    found = [_named(place, state, whole) for place, state, whole in _mappings(tree, (), 0)]
    found = [each for each in found if len(each.state) >= _FEWEST and _has_matrix(each.state)]
    largest = max((each.size for each in found), default=0)
    likely = [each for each in found if each.size * 4 >= largest]
    return sorted(likely, key=lambda each: (each.averaged, -each.size, len(each.place)))


def _has_matrix(state: State) -> bool:
    return any(tensor.ndim >= 2 for tensor in state.values())


def _mappings(node: Any, place: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], State, str]]:
    """Every mapping of names to tensors, with the keys that lead to it and, of a whole net, its class."""
    if depth > _DEEPEST or (place and _BESIDE.search(place[-1])):
        return
    if isinstance(node, Inert):
        if is_module(node):
            yield place, dict(module_tensors(node)), node.what
            return
        for key, value in node.children():
            yield from _mappings(value, (*place, key), depth + 1)
    elif isinstance(node, Mapping):
        tensors = {str(key): value for key, value in _entries(node) if isinstance(value, Tensor)}
        if len(tensors) >= _FEWEST and all(isinstance(key, str) for key in node):
            yield place, tensors, ""
        nested = {str(key): value for key, value in node.items() if isinstance(value, Mapping | Inert | list | tuple)}
        if not tensors and nested and all(_is_branch(value) for value in nested.values()):
            yield place, dict(_flattened(nested, "")), ""
            return
        for key, value in nested.items():
            yield from _mappings(value, (*place, key), depth + 1)
    elif isinstance(node, list | tuple) and len(node) <= 64:
        for position, value in enumerate(node):
            yield from _mappings(value, (*place, str(position)), depth + 1)


def _entries(node: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    for key, value in node.items():
        yield key, parameter_of(value)


def parameter_of(value: Any) -> Any:
    """A tensor for what holds one: a parameter, or a pickled parameter of an own class."""
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, Inert) and value.what.endswith(("Parameter", "_rebuild_from_type_v2")):
        return next((each for each in value.arguments if isinstance(each, Tensor)), value)
    return value


def _is_branch(value: Any, depth: int = 0) -> bool:
    """Whether a nested mapping leads to tensors alone, as in a tree of modules (``{"conv1": {"weight": …}}``)."""
    if not isinstance(value, Mapping) or not value or depth > _DEEPEST_TREE:  # it may hold itself
        return False
    return all(
        isinstance(key, str) and "." not in key and (isinstance(inner, Tensor) or _is_branch(inner, depth + 1))
        for key, inner in value.items()
    )  # dots in a key: that is a state dict, and what holds it is no tree of modules


def _flattened(node: Mapping[str, Any], before: str) -> Iterator[tuple[str, Tensor]]:
    for key, value in node.items():
        if isinstance(value, Tensor):
            yield before + key, value.detach()
        elif isinstance(value, Mapping):
            yield from _flattened(value, f"{before}{key}.")


def belongs_to_training(key: str) -> bool:
    """Whether what stands under a key is an optimiser's or a loop's own state: of no use without the training."""
    return key != "hyper_parameters" and bool(_BESIDE.search(key) or _AVERAGED.search(key))


def is_module(node: Inert) -> bool:
    """Whether a stand-in was a net of PyTorch, scripted or not."""
    return ("_modules" in node.state and "_parameters" in node.state) or node.what.startswith("__torch__.")


def module_tensors(node: Inert, before: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """A pickled net's parameters and buffers by their dotted names, as its state dict would have them."""
    if depth > 64:
        return
    if node.what.startswith("__torch__."):  # scripted: parameters and modules stand among its attributes
        for key, value in node.state.items():
            if isinstance(value, Tensor):
                yield before + key, value.detach()
            elif isinstance(value, Inert):
                yield from module_tensors(value, f"{before}{key}.", depth + 1)
        return
    passing = {str(key) for key in _strings(node.state.get("_non_persistent_buffers_set"))}
    for group in ("_parameters", "_buffers"):
        held = node.state.get(group)
        for key, value in held.items() if isinstance(held, Mapping) else ():
            tensor = parameter_of(value)
            if isinstance(tensor, Tensor) and not (group == "_buffers" and key in passing):
                yield before + str(key), tensor
    modules = node.state.get("_modules")
    for key, value in modules.items() if isinstance(modules, Mapping) else ():
        if isinstance(value, Inert):
            yield from module_tensors(value, f"{before}{key}.", depth + 1)


def _strings(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else []


def _named(place: tuple[str, ...], raw: State, whole: str) -> Weights:
    """A mapping with the net's own names: wrappers' prefixes taken off, counters and pruning masks apart."""
    averaged = any(_AVERAGED.search(key) for key in place) or "n_averaged" in raw
    counters = {name: int(tensor) for name, tensor in raw.items() if name in _COUNTERS and tensor.numel() == 1}
    state = {name: tensor for name, tensor in raw.items() if name not in _COUNTERS}
    state, prefix, left = without_prefix(state)
    state, masks = _unmasked(state)
    averaged = averaged or bool(_AVERAGED.search(prefix))
    return Weights(state, place, averaged, prefix, whole, masks, left, counters)


def without_prefix(state: State) -> tuple[State, str, tuple[str, ...]]:
    """Names without what all of them begin with, and without a wrapper around the net that stands beside small things.

    :returns: the names' tensors, the prefix, and what was left because it does not begin with it.
    """
    prefix, left = "", tuple[str, ...]()
    while True:
        taken = _common(state) or _wrapper(state)
        if not taken:
            return state, prefix, left
        left += tuple(prefix + name for name in state if not name.startswith(taken))
        prefix += taken
        state = {name.removeprefix(taken): tensor for name, tensor in state.items() if name.startswith(taken)}


def _common(state: State) -> str:
    """The module that all names begin with: ``module.``, ``net.``; a lone layer (``fc.``) is none."""
    first = {name.partition(".")[0] if "." in name else "" for name in state}
    if len(first) != 1 or "" in first:
        return ""
    common = f"{first.pop()}."
    inner = {name.removeprefix(common).partition(".")[0] for name in state}
    return common if not inner <= {"weight", "bias"} else ""


def _wrapper(state: State) -> str:
    """The one module that holds all but a hundredth of the numbers, where the rest is no head of it."""
    sizes: dict[str, int] = {}
    for name, tensor in state.items():
        first, dot, _ = name.partition(".")
        sizes[first + dot] = sizes.get(first + dot, 0) + tensor.numel()
    largest = max(sizes, key=lambda key: sizes[key])
    rest = [name for name in state if not name.startswith(largest)]
    if not largest.endswith(".") or largest[:-1].isdigit() or not rest:
        return ""
    known = largest in _WRAPPERS or largest in ("model.", "net.", "network.", "classifier.", "ema_model.", "student.")
    inside = {name.removeprefix(largest).partition(".")[0] for name in state if name.startswith(largest)}
    heads = any(state[name].ndim >= 2 and not _is_loss(name) for name in rest)
    return largest if known and len(inside) > 1 and not heads else ""


def _is_loss(name: str) -> bool:
    return bool(re.match(r"(criterion|loss|metric|train_|val_|valid_|test_|acc|f1|auroc|confmat)", name, re.IGNORECASE))


def _unmasked(state: State) -> tuple[State, dict[str, Tensor]]:
    """Weights that were pruned by masks (``weight_orig``, ``weight_mask``), multiplied out."""
    masks: dict[str, Tensor] = {}
    result: State = {}
    for name, tensor in state.items():
        if name.endswith("_mask") and name.removesuffix("_mask") + "_orig" in state:
            continue
        plain = name.removesuffix("_orig")
        mask = state.get(f"{plain}_mask")
        if name.endswith("_orig") and mask is not None and mask.shape == tensor.shape:
            result[plain] = tensor * mask.to(tensor.dtype)
            masks[plain] = mask.to(torch.bool)
        else:
            result[name] = tensor
    return result, masks
