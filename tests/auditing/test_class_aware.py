"""The class-aware attack sees where and how surely forgotten pictures go."""

from __future__ import annotations

import numpy as np
import torch

from maga_desk.auditing.class_aware import class_aware_attack

GONE, NEIGHBOUR = 3, 1


def world(seed: int, towards: float, spread: float = 1.0) -> torch.Tensor:
    """Logits of four classes, 200 pictures each; those of the forgotten class lean to the neighbour by ``towards``."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(4).repeat_interleave(200)
    outputs = torch.randn(800, 4, generator=generator)
    outputs[torch.arange(600), labels[:600]] += 5
    outputs[600:, NEIGHBOUR] += towards + (spread - 1) * outputs[600:, NEIGHBOUR]
    outputs[600:, GONE] -= 5
    return outputs


LABELS = np.repeat(np.arange(4), 200)
FORGOTTEN = LABELS == GONE


def right(judged: torch.Tensor, taught: torch.Tensor) -> float:
    found = class_aware_attack(taught, judged, FORGOTTEN, LABELS, (GONE,))
    assert found is not None
    return float(found.mean())


def test_another_retrained_net_is_told_apart_as_well_as_the_first() -> None:
    taught = world(0, 2.0)
    own, other = right(taught, taught), right(world(1, 2.0), taught)
    assert own > 0.75
    assert abs(own - other) < 0.06


def test_a_net_that_sends_them_there_surely_hides_them_too_well() -> None:
    taught = world(0, 2.0)
    assert right(world(1, 5.0), taught) < right(taught, taught) - 0.15


def test_a_net_that_is_unsure_of_them_shows_them() -> None:
    taught = world(0, 3.5)
    assert right(world(1, 0.0), taught) > right(taught, taught) + 0.05


def test_there_must_be_neighbours_and_enough_pictures() -> None:
    taught = world(0, 2.0)
    few = np.zeros(800, dtype=bool)
    few[600:605] = True
    assert class_aware_attack(taught, taught, few, LABELS, (GONE,)) is None
