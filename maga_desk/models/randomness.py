"""What chance decides within a net, drawn from a seed, with the process's own random state left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def drawn_from(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """While open, dropout, stochastic depth and new weights are drawn from a seed.

    :param device: a GPU whose numbers are drawn so as well; a processor's always are.
    """
    with torch.random.fork_rng(devices=[device] if device is not None and device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
