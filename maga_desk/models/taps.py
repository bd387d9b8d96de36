"""Reading penultimate features while a net runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from maga_desk.models.architectures import head_of


class FeatureTap:
    """Holds the head's input of the last forward pass, ``(N, D)``."""

    features: Tensor | None = None


@contextmanager
def penultimate(model: nn.Module) -> Iterator[FeatureTap]:
    """While open, each forward pass leaves the head's input in the tap."""
    tap = FeatureTap()

    def keep(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        tap.features = inputs[0]

    handle = head_of(model).register_forward_pre_hook(keep)
    try:
        yield tap
    finally:
        handle.remove()
