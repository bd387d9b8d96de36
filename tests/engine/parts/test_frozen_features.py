"""Frozen features: kept where they fit into memory, and the same each time."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Message
from maga_desk.engine.parts import frozen_features
from maga_desk.engine.parts.frozen_features import freeze_features
from maga_desk.engine.routine import working_copy
from maga_desk.models.splitting import halves
from tests.engine.materials import finished


def test_features_are_kept_where_memory_allows(inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    train, runtime = inputs.pictures.train, inputs.runtime
    cut = halves(working_copy(inputs), runtime.shape(train.batch(torch.arange(2))), 0.2)
    positions = inputs.retain_indices[:40]

    def reading() -> Any:
        return finished(freeze_features(cut.trunk, train, positions, runtime, views=2, seed=3, control=RunControl()))

    _, kept = reading()
    rows = torch.tensor([5, 0, 39])
    assert kept.kept is not None and len(kept.kept) == 2
    assert not torch.equal(kept.at(rows, 0), kept.at(rows, 1))
    assert torch.equal(kept.at(rows, 0), kept.at(rows, 2))
    with torch.no_grad(), runtime.autocast():
        images = train.augmented(positions, step_generator(3, -1))
        torch.testing.assert_close(kept.at(rows, 0), cut.trunk(runtime.shape(images))[rows])
    monkeypatch.setattr(frozen_features, "free_memory", lambda device: 1000)
    events, computed = reading()
    assert computed.kept is None
    assert any(isinstance(event, Message) and "do not fit" in event.text for event in events)
    for view in range(2):
        torch.testing.assert_close(computed.at(rows, view), kept.at(rows, view), atol=0.02, rtol=0.02)
    control = RunControl()
    control.cancel()
    monkeypatch.undo()
    with pytest.raises(Cancelled):
        finished(freeze_features(cut.trunk, train, positions, runtime, views=1, seed=0, control=control))


def test_the_last_view_is_without_augmentation(inputs: Any) -> None:
    train, runtime = inputs.pictures.train, inputs.runtime
    positions, rows = inputs.retain_indices[:40], torch.tensor([5, 0, 39])
    cut = halves(working_copy(inputs), runtime.shape(train.batch(positions[:2])), 0.2)
    with torch.no_grad(), runtime.autocast():
        as_they_are = cut.trunk.eval()(runtime.shape(train.batch(positions)))[rows]
    for how, views in (("shift", 3), ("none", 1)):  # where the net was trained without, all views would be alike
        train.augmentation = how
        reading = freeze_features(
            cut.trunk, train, positions, runtime, views=2, plain=True, seed=3, control=RunControl()
        )  # fmt: skip
        _, read = finished(reading)
        assert read.views == views
        torch.testing.assert_close(read.at(rows, views - 1), as_they_are)
        assert torch.equal(read.at(rows, 0), read.at(rows, views - 1)) == (how == "none")
