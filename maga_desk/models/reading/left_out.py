"""What a file holds beside the net that is open. An export has nothing of it: it may know what is to be forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from maga_desk.models.reading.inert import Inert
from maga_desk.models.reading.weights import Weights, parameter_of

_MOST = 64  # names that are noted; one more says how many follow


def left_out(tree: Any, values: Any, net: Weights) -> tuple[str, ...]:
    """Names of all in a file that is neither the net nor one of the plain values that go along with it.

    :param tree: of the file; ``values``: the plain values that were kept of it.
    """
    beside = _others(tree, net.keys) if net.keys else _strangers(tree)
    found = [*_walked(beside, values), *net.left]
    return (*found[:_MOST], f"{len(found) - _MOST} more") if len(found) > _MOST else tuple(found)


def _others(node: Any, keys: Sequence[str]) -> Any:
    """A tree without what stands under some keys."""
    first, *following = keys
    if isinstance(node, list | tuple):
        return [_beneath(value, following) if str(at) == first else value for at, value in enumerate(node)]
    pairs = node.children() if isinstance(node, Inert) else node.items()
    return {
        key: _beneath(value, following) if str(key) == first else value
        for key, value in pairs
        if str(key) != first or following
    }


def _beneath(value: Any, keys: Sequence[str]) -> Any:
    return _others(value, keys) if keys else None


def _strangers(tree: Any) -> Any:
    """Of a file whose top is the net itself, all that is none of its tensors."""
    if not isinstance(tree, Mapping):
        return {}
    if not any(isinstance(parameter_of(value), Tensor) for value in tree.values()):
        return {}  # a tree of modules
    return {key: value for key, value in tree.items() if not isinstance(parameter_of(value), Tensor)}


def _walked(node: Any, values: Any, place: str = "") -> Iterator[str]:
    """The places of a tree's parts that have no value."""
    if isinstance(node, Mapping):
        pairs = [(str(key), value) for key, value in node.items()]
    elif isinstance(node, list | tuple):
        pairs = [(str(at), value) for at, value in enumerate(node)]
    else:
        return
    for key, value in pairs:
        kept = _at(values, key)
        name = f"{place}{key}"
        if kept is None and value is not None:
            yield name
        elif kept is not None:
            yield from _walked(value, kept, f"{name}.")


def _at(values: Any, key: str) -> Any:
    if isinstance(values, Mapping):
        return values.get(key)
    if isinstance(values, list):
        return values[int(key)] if key.isdigit() and int(key) < len(values) else None
    return None
