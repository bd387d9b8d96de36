"""Passes of pictures through the net, as the engine counts them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.cost import Passes
from maga_desk.domain.events import drained
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.engine.loop import Resumable, run
from maga_desk.engine.passes import Tally, counted_whole
from maga_desk.models.inference import logits
from maga_desk.services.erasure import Erasure


@pytest.fixture
def tally(tiny_workspace: Any) -> Tally:
    return Tally(tiny_workspace.model, tiny_workspace.pictures.train, tiny_workspace.runtime)


def test_a_picture_there_and_back_is_a_pass_each(tally: Tally, tiny_workspace: Any) -> None:
    model, train = tiny_workspace.model, tiny_workspace.pictures.train
    with tally.counting():
        logits(model, train, tiny_workspace.runtime, torch.arange(24))
    assert tally.passes == Passes(24, 0)
    with tally.counting():
        loss = model(train.batch(torch.arange(8))).sum()
        loss.backward()
    assert tally.passes == Passes(32, 8)
    logits(model, train, tiny_workspace.runtime, torch.arange(24))
    assert tally.passes == Passes(32, 8), "between steps nobody counts"
    with tally.counting(), counted_whole(5):
        logits(model, train, tiny_workspace.runtime, torch.arange(24))
    assert tally.passes == Passes(37, 13)


def unlearned(work: Any, spec: Any, name: str, **params: Any) -> Passes:
    method = MethodSpec(name=name, params=params)
    outcome = drained(run(method, Erasure.of(work, spec).inputs(), RunControl()))
    assert outcome.passes is not None
    return outcome.passes


def test_what_methods_cost(tiny_workspace: Any, tiny_spec: Any) -> None:
    # two epochs of the 180 pictures that stay
    assert unlearned(tiny_workspace, tiny_spec, "fine-tune", epochs=2) == Passes(360, 360)
    # importance for all 240 pictures and for the 60 that go, picture by picture
    assert unlearned(tiny_workspace, tiny_spec, "ssd") == Passes(300, 300)
    assert unlearned(tiny_workspace, tiny_spec, "logit-mask") == Passes(0, 0)
    # half a net is half a pass: only the last stage learns, from features that were computed once
    relearned = unlearned(tiny_workspace, tiny_spec, "eu-k", epochs=3)
    assert 0 < relearned.backward < 3 * 180


def test_an_interrupted_run_counts_all_of_it(tiny_workspace: Any, tiny_spec: Any, tmp_path: Any) -> None:
    inputs = Erasure.of(tiny_workspace, tiny_spec).inputs()
    method, control = MethodSpec(name="fine-tune", params={"epochs": 2, "batch_size": 30}), RunControl()
    events = run(method, inputs, control, Resumable(tmp_path / "resume.pt", "d"))
    next(event for event in events if getattr(event, "step", 0) == 4)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    outcome = drained(run(method, inputs, RunControl(), Resumable(tmp_path / "resume.pt", "d", go_on=True)))
    assert outcome.passes == Passes(360, 360)
    state = torch.load(tmp_path / "resume.pt", weights_only=True)
    del state["passes"]
    torch.save(state, tmp_path / "resume.pt")
    outcome = drained(run(method, inputs, RunControl(), Resumable(tmp_path / "resume.pt", "d", go_on=True)))
    assert outcome.passes is None, "an earlier version did not count the first half"
