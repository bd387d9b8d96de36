"""Looking at a net on the way: its measurements, whether its weights are fine, and what is held of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from maga_desk.data.batches import Pictures
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Scalars, Series
from maga_desk.engine.budget import Budget
from maga_desk.engine.guard import Guard
from maga_desk.engine.pulse import Pulse
from maga_desk.engine.routine import Routine
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import accuracy, logits
from maga_desk.models.runtime import Runtime

WATCHED_PICTURES = 400  # of the retain and of the forget set each, for the live curves
_LARGEST_LOSS = 1e6  # far above any loss of a net that trains

Watch = Callable[[nn.Module], Mapping[str, float]]


@dataclass(frozen=True)
class Bounds:
    """What stops a run before its end: the program's own guard, and the limits that a person set.

    :param guard: where the net loses what stays and does not regain it; it needs a watch.
    :param spent: seconds of work before the method's own, which count for the budget too.
    """

    guard: Guard | None = None
    budget: Budget | None = None
    spent: float = 0.0

    @property
    def best(self) -> Mapping[str, Any] | None:
        """The best net within a person's limits, for a resumable checkpoint."""
        return None if self.budget is None else self.budget.as_record()


class Diverged(MethodError):
    """The loss or the weights are not finite, or the loss is far too large.

    :param model: the net at ``step``, the last time that both were checked and fine.
    """

    def __init__(self, stage: str, at: int, steps: int, model: nn.Module, step: int, why: str = "") -> None:
        diverged = f"{stage.lower()} diverged by step {at} of {steps}"
        super().__init__(f"{stage.lower()} {why} by step {at}" if why else diverged, todo="lower the learning rate")
        self.model, self.step = model, step


class OverLimit(MethodError):
    """A limit was broken before any net was within all of them."""

    def __init__(self, stage: str, why: str) -> None:
        super().__init__(
            f"{stage.lower()} had no net within the limits: {why[:1].lower()}{why[1:]}",
            todo="take gentler parameters or another method, or change [limits]",
        )


class LastGood:
    """The last state of a routine's net that was checked and fine, in memory."""

    def __init__(self, routine: Routine, step: int) -> None:
        self._routine = routine
        self.keep(step)

    def checked(self, loss: torch.Tensor | None, step: int, *, keep: bool = True) -> float:
        """Check a step's loss and the weights after it, and keep these; returns the loss. Waits for the device.

        :param keep: whether these count as good, once they are checked.
        :raises Diverged: something is not finite, or the loss is far too large.
        """
        value = 0.0 if loss is None else float(loss)
        finite = torch.stack([tensor.isfinite().all() for tensor in self._routine.model.parameters()]).all()
        if not math.isfinite(value) or abs(value) > _LARGEST_LOSS or not bool(finite):
            raise self.error(step)
        if keep:
            self.keep(step)
        return value

    def error(self, step: int, why: str = "") -> Diverged:
        """What is raised at a step, with the net as it was when it was last good."""
        model = self._routine.model
        model.load_state_dict(self._state)
        net = self._routine.finish(model).eval()
        return Diverged(self._routine.stage, step, self._routine.steps, net, self._step, why)

    def keep(self, step: int) -> None:
        """Hold the net's state as the last good one."""
        self._step = step
        self._state = {name: tensor.detach().clone() for name, tensor in self._routine.model.state_dict().items()}


class StepLook:
    """Measures a net on the way, and by that judges whether its state is good, and within a person's limits."""

    def __init__(
        self,
        routine: Routine,
        watch: Watch | None,
        last_good: LastGood,
        series: Series,
        bounds: Bounds,
        pulse: Pulse | None = None,
    ) -> None:
        """:param pulse: what is measured besides, wherever there is a watch."""
        self._routine, self._watch, self._last_good, self._series = routine, watch, last_good, series
        self._guard = bounds.guard if watch else None
        self._budget = bounds.budget
        self._pulse = pulse if watch else None
        self._good = True

    @property
    def stopped(self) -> str:
        """The limit that stops the run, in words; empty while there is none."""
        return "" if self._budget is None else self._budget.stopped

    def overdue(self, seconds: float) -> bool:
        """Whether the time that a person allowed is over: seconds of work, those of proposing included."""
        return self._budget is not None and self._budget.overdue(seconds)

    def back_to_best(self) -> int:
        """Put the routine's net back to the best within the limits; at which step that was.

        :raises OverLimit: none was.
        """
        best = None if self._budget is None else self._budget.best
        if best is None:
            raise OverLimit(self._routine.stage, self.stopped)
        self._routine.model.load_state_dict(best.state)
        return best.step

    @property
    def guards(self) -> bool:
        """Whether a state counts as good only once it was looked at."""
        return self._guard is not None

    def at(self, step: int, **more: float) -> Scalars:
        """Measure now."""
        net = self._routine.finish(self._routine.model)
        found = self._watch(net) if self._watch else {}
        self._good = self._guard is None or self._guard.look(found)
        if self._budget is not None:
            self._budget.look(step, net, found.get("forget_accuracy"), self._routine.model)
        beside = self._pulse.at(step) if self._pulse else {}
        return Scalars(step, {**found, **more, **beside}, self._series)

    def settle(self, step: int, *, last: bool) -> None:
        """Hold a good state.

        :raises Diverged: what stays is lost.
        """
        if self._guard is None or self.stopped:
            return
        if self._good:
            self._last_good.keep(step)
        elif self._guard.lost(last=last):
            raise self._last_good.error(step, self._guard.text())


def watched(positions: torch.Tensor) -> torch.Tensor:
    """Of positions ``(n,) int64`` those at which nets are looked at on the way."""
    return evenly(positions, WATCHED_PICTURES)


def watching(
    parts: Mapping[str, tuple[Pictures, torch.Tensor | None]],
    runtime: Runtime,
    retrained: Mapping[str, torch.Tensor] | None = None,
) -> Watch:
    """Accuracies in percent on the same few pictures each time, without augmentation, for the live curves.

    :param parts: from a curve's name to its pictures and positions ``(n,) int64`` among them (``None``: all).
    :param retrained: by the same name a retrained net's logits ``(m, K)`` at those positions that are :func:`watched`;
        the name with ``_apart`` for ``_accuracy`` then says how far the net is from it: the mean total variation of the
        probabilities in percent, 0 to 100.
    """
    wanted = retrained or {}
    chosen = {
        name: (pictures, watched(torch.arange(len(pictures)) if positions is None else positions))
        for name, (pictures, positions) in parts.items()
        if positions is None or len(positions)
    }

    def watch(model: nn.Module) -> Mapping[str, float]:
        values = {}
        for name, (pictures, positions) in chosen.items():
            outputs = logits(model, pictures, runtime, positions)
            values[name] = accuracy(outputs, pictures.labels[positions.to(pictures.device)]) or 0.0
            if name in wanted and len(wanted[name]) == len(outputs):
                moved = (outputs.softmax(dim=1) - wanted[name].softmax(dim=1)).abs().sum(dim=1) / 2
                values[name.replace("_accuracy", "_apart")] = 100 * float(moved.mean())
        return values

    return watch
