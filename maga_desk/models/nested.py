"""Modules under dotted names."""

from __future__ import annotations

from typing import Any

from torch import nn


class Branch(nn.Module):
    """A module on the way to a layer."""

    def forward(self, *_: Any) -> Any:
        raise NotImplementedError  # never called: the net calls its layers themselves


def put_module(place: nn.Module, name: str, module: nn.Module) -> None:
    """Place a module under a dotted name; modules on the way are made."""
    *way, last = name.split(".")
    for part in way:
        if part not in place._modules:
            place.add_module(part, Branch())
        place = place._modules[part]  # type: ignore[assignment]
    place.add_module(last, module)
