"""Counting passes of pictures through the net: what unlearning costs, whatever the machine.

Every convolution and linear layer that runs is counted by its multiplications, and again when a gradient comes back to
it. Divided by those of one picture through the whole net this gives passes, also where only a part of the net runs.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from maga_desk.data.batches import Pictures
from maga_desk.domain.cost import Passes
from maga_desk.models.inference import evaluating
from maga_desk.models.runtime import Runtime

T = TypeVar("T")
Y = TypeVar("Y")
_COUNTED = (nn.modules.conv._ConvNd, nn.Linear)
_open: list[Tally] = []
"""The tally that counts now, last; none between steps."""


class Tally:
    """Counts while :meth:`counting` is open.

    :param model: the whole net; one picture is sent through it to know what a pass is.
    """

    def __init__(self, model: nn.Module, pictures: Pictures, runtime: Runtime) -> None:
        self._forward = self._backward = 0
        self._known = True
        with evaluating(model), self.counting():
            model(runtime.shape(pictures.batch(torch.zeros(1, dtype=torch.int64))))
        self._unit, self._forward = max(1, self._forward), 0

    @property
    def passes(self) -> Passes | None:
        """What was counted; ``None`` where a part was done before anyone counted."""
        if not self._known:
            return None
        return Passes(round(self._forward / self._unit), round(self._backward / self._unit))

    def restart(self, before: Passes | None) -> None:
        """Begin with what an interrupted attempt had counted; ``None``: it had not."""
        self._known = before is not None
        if before is not None:
            self._forward, self._backward = before.forward * self._unit, before.backward * self._unit

    def add(self, forward: int, backward: int) -> None:
        """Whole passes that the layers cannot tell."""
        self._forward += forward * self._unit
        self._backward += backward * self._unit

    @contextmanager
    def counting(self) -> Iterator[None]:
        """While open, what this thread runs is counted."""
        mine = threading.get_ident()

        def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
            if not isinstance(module, _COUNTED) or _open[-1:] != [self] or threading.get_ident() != mine:
                return
            if output.is_meta:  # nothing is computed: somebody looks at what a pass would take
                return
            work = output.numel() * module.weight[0].numel()
            self._forward += work
            if output.requires_grad:
                output.register_hook(lambda _gradient: self._came_back(work))

        handle = register_module_forward_hook(hook)
        _open.append(self)
        try:
            yield
        finally:
            _open.remove(self)
            handle.remove()

    def _came_back(self, work: int) -> None:
        self._backward += work


@contextmanager
def counted_whole(pictures: int) -> Iterator[None]:
    """While open, layers are not looked at: so many pictures go through the whole net, forward and backward.

    For code that maps over single pictures, where a layer does not see how many there are.
    """
    tally = _open.pop() if _open else None
    try:
        yield
    finally:
        if tally is not None:
            _open.append(tally)
            tally.add(pictures, pictures)


def counted(events: Generator[Y, None, T], tally: Tally) -> Generator[Y, None, T]:
    """The same events; what is computed between them is counted."""
    while True:
        with tally.counting():
            try:
                event = next(events)
            except StopIteration as stop:
                result: T = stop.value
                return result
        yield event
