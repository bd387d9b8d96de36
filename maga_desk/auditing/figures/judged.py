"""A net that is judged, with all that its figures are computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from maga_desk.auditing.looking import Case, Look
from maga_desk.auditing.membership import entropy_attack, true_log_probability
from maga_desk.auditing.similarity import alignments
from maga_desk.domain.results import Figure

Hits = NDArray[np.bool_]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Baselines:
    """Those a net is judged beside; either may be the judged one itself, ``None`` is unknown."""

    retrained: Look | None = None
    original: Look | None = None


@dataclass(frozen=True)
class Judged:
    """A net in an audit. What several figures need is computed once.

    :param look: what was found in the net.
    """

    look: Look
    case: Case
    baselines: Baselines = Baselines()

    @cached_property
    def hits(self) -> Mapping[str, Hits]:
        """Which pictures count, by the figure's key: ``(n,) bool`` each. Those that are named rightly for an accuracy,
        those that are taken for members for ``mia``, which is missing where the attack cannot be made.
        """
        parts, outputs = self.case.parts, self.look.outputs
        right_train = (outputs.train.argmax(dim=1) == parts.train_labels).numpy()
        right_test = (outputs.test.argmax(dim=1) == parts.test_labels).numpy()
        right = {
            "retain_train": right_train[parts.retain_train],
            "forget_train": right_train[parts.forget_train],
            "retain_test": right_test[parts.retain_test],
            "forget_test": right_test[parts.forget_test],
            "earlier_train": right_train[parts.earlier_train],
        }
        called = entropy_attack(outputs.train[parts.retain_train], outputs.test, self.forget_logits)
        return right if called is None else {**right, "mia": called}

    @property
    def forget_logits(self) -> Tensor:
        """``(n, K)`` of the forget set."""
        return self.look.outputs.train[self.case.parts.forget_train]

    @cached_property
    def log_probabilities(self) -> tuple[Values, Values]:
        """Of the true labels, ``(N,)`` of all training and ``(M,)`` of all test pictures."""
        parts, outputs = self.case.parts, self.look.outputs
        return (
            true_log_probability(outputs.train, parts.train_labels).numpy(),
            true_log_probability(outputs.test, parts.test_labels).numpy(),
        )

    @cached_property
    def layers(self) -> Mapping[str, Mapping[str, float]]:
        """CKA of each layer's features on forget pictures, by layer and ``retrained`` or ``original``."""
        layers: dict[str, dict[str, float]] = {}
        for name, other in (("retrained", self.baselines.retrained), ("original", self.baselines.original)):
            if self.look.grams is None or other is None or other is self.look or other.grams is None:
                continue
            for layer, value in alignments(self.look.grams, other.grams).items():
                layers.setdefault(layer, {})[name] = value
        return layers

    @cached_property
    def retrained(self) -> Judged | None:
        """The retrained net, where there is one that is not this one."""
        other = self.baselines.retrained
        return None if other is None or other is self.look else Judged(other, self.case, self.baselines)


Measured = Mapping[str, Figure | None]
"""Figures by key of a measure; ``None`` is unknown."""

Measuring = Callable[[Judged], Measured]
"""What computes a group of figures that belong together."""
