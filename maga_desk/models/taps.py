"""Reading what a net computes inside while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn

from maga_desk.models.heads import head_of

_FEWEST_BLOCKS = 4
_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)
_CONTAINERS = (nn.Sequential, nn.ModuleList)


class FeatureTap:
    """Holds the head's input of the last forward pass, ``(N, D)``."""

    features: Tensor | None = None


@contextmanager
def penultimate(model: nn.Module) -> Iterator[FeatureTap]:
    """While open, each forward pass leaves the head's input in the tap."""
    tap = FeatureTap()

    def keep(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        given = inputs[0]
        tap.features = given if given.ndim == 2 else _mean(given)

    handle = head_of(model).register_forward_pre_hook(keep)
    try:
        yield tap
    finally:
        handle.remove()


def _mean(given: Tensor) -> Tensor:
    """``(N, D)`` of what a head reads at many places: a convolution at ``(N, D, H, W)``, a layer at ``(N, T, D)``."""
    return given.mean(dim=(2, 3)) if given.ndim == 4 else given.flatten(1, -2).mean(dim=1)


def blocks_of(model: nn.Module) -> Mapping[str, nn.Module]:
    """The net's blocks by dotted name, in the order in which they are defined: residual blocks, transformer layers, the
    stem, the head.

    Containers are opened, and the largest module as well until there are at least four blocks; normalisations and what
    has no weights are left out.
    """
    blocks = _opened("", model)
    while len(blocks) < _FEWEST_BLOCKS:
        largest = max(blocks, key=lambda name: _weights(blocks[name]))
        inside = _opened(f"{largest}.", blocks[largest])
        if not inside:
            break
        blocks = {
            key: value
            for name, block in blocks.items()
            for key, value in (inside if name == largest else {name: block}).items()
        }
    return blocks


@contextmanager
def outputs_of(blocks: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """While open, each forward pass leaves every block's output, flattened to ``(N, D)``, by the block's name."""
    seen: dict[str, Tensor] = {}

    def keeper(name: str) -> object:
        def keep(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim > 1:
                seen[name] = output.flatten(1)

        return keep

    handles = [block.register_forward_hook(keeper(name)) for name, block in blocks.items()]  # type: ignore[arg-type]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _opened(prefix: str, module: nn.Module) -> dict[str, nn.Module]:
    found: dict[str, nn.Module] = {}
    for name, child in module.named_children():
        if isinstance(child, _CONTAINERS):
            found |= _opened(f"{prefix}{name}.", child)
        elif _weights(child) and not isinstance(child, _NORMS):
            found[f"{prefix}{name}"] = child
    return found


def _weights(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
