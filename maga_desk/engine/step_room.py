"""Whether a step fits into memory: a batch is part of what a method does, so it is kept, or refused before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from maga_desk.domain.errors import ResourceError
from maga_desk.models.footprint import Footprint, footprint, free_memory
from maga_desk.models.runtime import Runtime

_HALF = 0.5  # of what float32 takes, in bfloat16


def check_pass(model: nn.Module, shape: tuple[int, ...], pictures: int, runtime: Runtime, where: str) -> None:
    """A pass of so many pictures of a shape (C, H, W) through a net and back.

    :param where: the key that says how many they are.
    :raises ResourceError: more than is free; it says how many would fit.
    """
    found = footprint(model, shape, training=True)
    if found is not None:
        _compare(found, pictures, runtime, shape, where)


def fitting(model: nn.Module, shape: tuple[int, ...], most: int, runtime: Runtime) -> int:
    """How many pictures of a shape (C, H, W) a step can have, ``most`` and 2 at least: for trials whose batch no result
    rests on.
    """
    found = footprint(model, shape, training=True)
    if found is None:
        return most
    free = free_memory(runtime.device)
    return max(2, min(most, found.fitting(int(free / (_HALF if runtime.bf16 else 1.0)))))


@contextmanager
def watching_step(model: nn.Module, runtime: Runtime) -> Iterator[None]:
    """While open, each pass through a net with gradients is weighed before it is computed, with those before it.

    :raises ResourceError: more than is free.
    """
    passed = 0

    def weigh(_model: nn.Module, arguments: tuple[Any, ...]) -> None:
        nonlocal passed
        images = arguments[0] if arguments else None
        if not isinstance(images, Tensor) or images.is_meta or not any(p.requires_grad for p in model.parameters()):
            return
        passed += len(images)
        check_pass(model, (*images.shape[1:],), passed, runtime, "the batch")

    handle = model.register_forward_pre_hook(weigh)
    try:
        yield
    finally:
        handle.remove()


def _compare(found: Footprint, pictures: int, runtime: Runtime, shape: tuple[int, ...], where: str) -> None:
    free = free_memory(runtime.device)
    share = _HALF if runtime.bf16 else 1.0
    need = share * found.of(pictures)
    if need <= free:
        return
    fits = found.fitting(int(free / share))
    size = f" of {shape[2]} x {shape[1]}" if len(shape) == 3 else ""
    raise ResourceError(
        f"not enough memory: a step of {pictures:,} pictures{size} takes about {need / 1e9:,.1f} GB, "
        f"{free / 1e9:,.1f} GB are free",
        where=where,
        todo=f"about {fits:,} would fit" if fits else "not one would fit: take smaller pictures ([data] size)",
    )
