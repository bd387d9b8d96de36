"""The plain values of a file: numbers and texts that a training program noted beside the weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import torch

from maga_desk.models.reading.weights import belongs_to_training

_MOST = 2**18  # bytes of values beside the weights: more is no note, but data
_LONGEST = 4000  # of a text
_DEEPEST = 6
_MOST_NUMBERS = 256  # in one list: more are no note, but something that was counted or learned, by picture or by weight


class _Nothing:
    """Nothing of a value can be kept."""


_NOTHING = _Nothing()


def plain_values(tree: Any) -> Any:
    """The tree of a file with its plain values alone, as JSON; ``None`` where there are none, or too many."""
    found = _plain(tree, 0)
    if isinstance(found, _Nothing) or len(json.dumps(found)) > _MOST:
        return None
    return found


def _plain(node: Any, depth: int) -> Any:
    """Numbers, texts, and lists and mappings of them; tensors and a training's own state are left out."""
    if isinstance(node, bool | int | None.__class__) or (isinstance(node, float) and math.isfinite(node)):
        return node
    if isinstance(node, str):
        return node if len(node) <= _LONGEST else _NOTHING
    if depth > _DEEPEST:
        return _NOTHING
    if isinstance(node, Mapping):
        inside = {
            key: value
            for key, raw in node.items()
            if isinstance(key, str) and not belongs_to_training(key)
            if not isinstance(value := _plain(raw, depth + 1), _Nothing)
        }
        return inside if inside or not node else _NOTHING
    if isinstance(node, list | tuple) and not isinstance(node, torch.Size):
        if _numbers(node) > _MOST_NUMBERS:
            return _NOTHING
        items = [_plain(each, depth + 1) for each in node]
        if node and all(isinstance(each, _Nothing) for each in items) and depth:
            return _NOTHING
        return [None if isinstance(each, _Nothing) else each for each in items]
    return _NOTHING


def _numbers(node: Any) -> int:
    """How many numbers are in a list and the lists in it."""
    if isinstance(node, list | tuple):
        return sum(_numbers(each) for each in node)
    return isinstance(node, int | float)
