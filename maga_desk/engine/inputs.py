"""The inputs of every method."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from maga_desk.data.batches import DeviceSet
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.methods import Situation
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import Intent
from maga_desk.models.runtime import Runtime


@dataclass(frozen=True)
class RunInputs:
    """The inputs of one run.

    :param original: the trained net; methods copy it and never change it.
    :param arch: name of the original's architecture, from which newly initialised nets are built.
    :param labels: ``(n,) int64`` perturbing labels, in the order of ``forget.indices``; likewise ``targets``
        ``(n, K) float32``. Zero-sized where the method needs no guidance.
    :param recipe: how the original was trained, as far as that is known.
    :param foreign: another program trained the original.
    :param guarded: stop where what stays is lost; without, that is done for foreign nets alone.
    :param intent: what the forgetting is for.
    :param limits: what it may cost those who stay. :param spent: seconds before, of proposing, that count too.
    :param retrained: for the live curves alone, no method looks at it: logits ``(m, K) float32`` of a retrained net on
        the forget pictures that are watched.
    :param by_hand: ``(n,) bool``: which labels a person set; they take precedence over what a method finds. Zero-sized
        where there are none.
    """

    pictures: DeviceSet
    original: nn.Module
    arch: str
    forget: ForgetSet
    runtime: Runtime
    seed: int
    recipe: TrainRecipe
    labels: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    targets: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    intent: Intent = "auto"
    foreign: bool = False
    guarded: bool = False
    limits: LimitsSpec | None = None
    spent: float = 0.0
    retrained: Tensor | None = None
    by_hand: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.bool))

    @property
    def classes(self) -> int:
        return len(self.pictures.classes)

    @property
    def situation(self) -> Situation:
        """What a method's defaults depend on."""
        return self.forget.situation(self.intent, pictures=len(self.pictures.train), classes=self.classes)

    @cached_property
    def forget_indices(self) -> Tensor:
        """``(n,) int64`` positions of the forget set among the training pictures."""
        return torch.from_numpy(self.forget.indices)

    @cached_property
    def retain_indices(self) -> Tensor:
        """``(N - n,) int64`` positions of the retain set."""
        return torch.from_numpy(self.forget.retained(len(self.pictures.train)))
