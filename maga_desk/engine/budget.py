"""What a run may cost those who stay, looked at while it goes on; the best net within the limits is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from maga_desk.data.batches import Pictures
from maga_desk.domain.limits import FEWEST, LimitCheck, Share, Stays, of_net, of_time
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import logits
from maga_desk.models.runtime import Runtime

EACH_CLASS = 100
"""Pictures of each class that stays that are looked at, where there are so many."""

MOST = 4000  # in all

State = dict[str, Tensor]


@dataclass
class Best:
    """The best state so far. :param score: the lower the better."""

    step: int
    score: float
    state: State


class Budget:
    """Watches the limits of a run.

    :param pictures: the training pictures. :param retain: ``(n,) int64`` positions of those that stay.
    :param latest: the latest net within the limits is the best, else the one that recognises the least of what goes.
    :param timed: only the time is watched: of a retraining, which begins with no accuracy at all.
    """

    def __init__(
        self,
        limits: LimitsSpec,
        classes: tuple[str, ...],
        original: nn.Module,
        pictures: Pictures,
        retain: Tensor,
        runtime: Runtime,
        *,
        latest: bool,
        timed: bool = False,
    ) -> None:
        self._limits, self._classes, self._pictures, self._runtime = limits, classes, pictures, runtime
        self._latest, self._timed = latest, timed
        self._positions, self._sizes = _chosen(pictures.labels.cpu()[retain.cpu()], retain.cpu(), len(classes))
        self._before = self._stays(original) if self.watches_accuracy else Stays()
        self.best: Best | None = None
        self.stopped = ""

    @property
    def watches_accuracy(self) -> bool:
        """Whether nets have to be looked at on the way."""
        return not self._timed and (self._limits.class_loss is not None or self._limits.retain_accuracy is not None)

    def overdue(self, seconds: float) -> bool:
        """Whether the time is over; then it is said in :attr:`stopped`.

        :param seconds: of work, as they are counted for the result.
        """
        for check in of_time(self._limits, seconds, ended=True):
            if check.kept is False:
                self.stopped = check.text()
        return bool(self.stopped)

    def look(self, step: int, model: nn.Module, forgets: float | None, state: nn.Module) -> None:
        """Measure a net: it becomes the best one, or breaks a limit, which is said in :attr:`stopped`.

        :param forgets: percent of the forget set that it recognises.
        :param state: the net whose weights are held: a routine's own, of which ``model`` is made.
        """
        if self._timed:
            return
        broken = next((check for check in self._checks(model) if check.kept is False), None)
        if broken is not None:
            self.stopped = self.stopped or broken.text()
            return
        score = -float(step) if self._latest or forgets is None else forgets
        if step > 0 and (self.best is None or score <= self.best.score):
            self.best = Best(step, score, {name: each.detach().clone() for name, each in state.state_dict().items()})

    def as_record(self) -> dict[str, Any] | None:
        """The best state for a resumable checkpoint."""
        return None if self.best is None else vars(self.best)

    def take_up(self, record: Mapping[str, Any] | None) -> None:
        """What :meth:`as_record` gave."""
        if record is not None:
            self.best = Best(int(record["step"]), float(record["score"]), dict(record["state"]))

    def _checks(self, model: nn.Module) -> tuple[LimitCheck, ...]:
        return of_net(self._limits, self._before, self._stays(model)) if self.watches_accuracy else ()

    def _stays(self, model: nn.Module) -> Stays:
        """How a net names a few of each class that stays; classes count by how many of their pictures stay."""
        if not self._positions:
            return Stays()
        positions = torch.cat(list(self._positions.values())).to(self._pictures.device)
        right = logits(model, self._pictures, self._runtime, positions).argmax(dim=1).cpu()
        labels, done = self._pictures.labels.cpu(), 0
        found: dict[int, Share] = {}
        for place, mine in self._positions.items():
            part = right[done : done + len(mine)] == labels[mine]
            found[place] = Share(100.0 * float(part.double().mean()), len(mine), "training pictures")
            done += len(mine)
        mean = sum(found[place].accuracy * size for place, size in self._sizes.items()) / sum(self._sizes.values())
        return Stays(
            {self._classes[place]: each for place, each in found.items()}, Share(mean, done, "training pictures")
        )


def _chosen(labels: Tensor, retain: Tensor, classes: int) -> tuple[dict[int, Tensor], dict[int, int]]:
    """By class the positions that are looked at, and how many pictures of it stay."""
    each = max(FEWEST, min(EACH_CLASS, MOST // max(1, classes)))
    positions, sizes = {}, {}
    for place in torch.unique(labels).tolist():
        mine = retain[labels == place]
        positions[place], sizes[place] = evenly(mine, each), len(mine)
    return positions, sizes
