"""A few of many, evenly spread."""

from __future__ import annotations

import torch
from torch import Tensor


def evenly(values: Tensor, count: int) -> Tensor:
    """At most ``count`` rows ``(m, ...)`` of ``(n, ...)``, evenly spread, the first and the last among them."""
    return values if len(values) <= count else values[torch.linspace(0, len(values) - 1, count).long()]
