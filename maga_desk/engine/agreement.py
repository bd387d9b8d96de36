"""Whether keeping and forgetting pull the weights the same way: the cosine of the gradients of both losses.

1: both want the same change; 0: they have nothing to do with each other; -1: what the one wants undoes the other. Only
methods whose steps have both losses (:class:`~maga_desk.engine.routine.TwoLosses`) have it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from maga_desk.domain.memory import ran_out
from maga_desk.engine.routine import Routine, TwoLosses
from maga_desk.models.runtime import Runtime

EVERY = 20
"""Steps from one measurement to the next at least: each costs as much as nearly two of them."""


class Agreement:
    """Measures it now and then; the net, and what is drawn at random in the run, stay as they are."""

    def __init__(self, routine: Routine, runtime: Runtime) -> None:
        self._routine, self._runtime = routine, runtime
        self._loss = routine.loss if isinstance(routine.loss, TwoLosses) else None
        self._last: int | None = None

    def at(self, step: int) -> float | None:
        """Of the batches of a step, -1 to 1; ``None`` where the method has no two losses, nothing is due, or memory
        does not suffice.
        """
        loss, steps = self._loss, self._routine.steps
        if loss is None or steps < 1 or (self._last is not None and step - self._last < EVERY):
            return None
        self._last = step
        try:
            return self._measured(loss, min(step, steps - 1))
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error):
                raise
            self._loss = None  # it did not fit once: the run itself goes on
            return None

    def _measured(self, loss: TwoLosses, step: int) -> float | None:
        model, device = self._routine.model, self._runtime.device
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        held = [(buffer, buffer.clone()) for buffer in model.buffers()]  # statistics of batches
        try:
            with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
                keeping, forgetting = loss.parts(step)
                if not keeping.requires_grad or not forgetting.requires_grad:
                    return None
                one = torch.autograd.grad(keeping, weights, retain_graph=True, allow_unused=True)
                two = torch.autograd.grad(forgetting, weights, allow_unused=True)
        finally:
            with torch.no_grad():
                for buffer, before in held:
                    buffer.copy_(before)
        pairs = [(a, b) for a, b in zip(one, two, strict=True) if a is not None and b is not None]
        across = _sum([(a * b).sum() for a, b in pairs])
        sizes = [_sum([each.square().sum() for each in side if each is not None]) for side in (one, two)]
        if across is None or sizes[0] is None or sizes[1] is None:
            return None
        value = float(across / (sizes[0] * sizes[1]).sqrt().clamp(min=1e-30))
        return max(-1.0, min(1.0, value)) if math.isfinite(value) else None


def _sum(parts: list[Tensor]) -> Tensor | None:
    return torch.stack([part.float() for part in parts]).sum() if parts else None
