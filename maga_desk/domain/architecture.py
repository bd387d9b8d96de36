"""An architecture in words: a name, and what else is needed to build exactly that net.

``torchvision/resnet18`` is a net as its library builds it. ``torchvision/resnet18 {"pooling": false, "stem": 3}`` is
the same with a 3x3 stem and without the first pooling. The text stands in ``[model] arch``, in checkpoints and in
records, and two nets are of one architecture when their texts are equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from maga_desk.domain.outside import json_of


def join(name: str, options: Mapping[str, Any]) -> str:
    """The text of a name with options; keys are sorted, so that equal nets have equal texts."""
    if not options:
        return name
    return f"{name} {json.dumps(options, sort_keys=True, ensure_ascii=False, separators=(', ', ': '))}"


def split(arch: str) -> tuple[str, dict[str, Any]]:
    """Name and options of a text.

    :raises ValueError: what follows the name is no JSON object.
    """
    name, brace, rest = arch.partition("{")
    if not brace:
        return arch.strip(), {}
    options = json_of(brace + rest)
    if not isinstance(options, dict):
        raise ValueError("options must be an object")
    return name.strip(), options


def title(arch: str) -> str:
    """For people: the name, and short options in words; long ones (a whole configuration) are left out."""
    name, options = split(arch)
    name = PurePath(name).name if ".py:" in name else name  # a person's own file: its place is of no interest
    said = [_said(key, value) for key, value in options.items()]
    words = ", ".join(word for word in said if word)
    return f"{name} ({words})" if words else name


def _said(key: str, value: Any) -> str:
    words = {
        "stem": f"{value}x{value} stem",
        "pooling": "with first pooling" if value else "without first pooling",
        "channels": f"{value} channel" if value == 1 else f"{value} channels",
        "size": f"for {value} px",
    }
    return words.get(key, "")
