"""Shadow models: said before they are made, kept, gone on with, and of use to the attacks."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Audited, Event, Message, drained
from maga_desk.domain.results import Report
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.shadows import plan_shadows, shadows
from maga_desk.services.judging.trainings import SEED, Training, find_trained, train_without
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace
from tests.conftest import with_record

SHORT = {"epochs": 3, "batch_size": 32, "lr": 0.1}

_gold: list[bytes] = []
"""Retrained once for all tests."""


def with_gold(spec: RunSpec, workspace: Workspace, folder: Path) -> RunSpec:
    """The spec with a retrained model that counts: trained as long as the original was, its record as short."""
    if not _gold:
        long = spec.with_changes("audit", recipe={**SHORT, "epochs": 20})
        erasure = Erasure.of(workspace, long)
        made = drained(train_without(erasure, Training(erasure.gone, SEED), RunControl(), "Retraining"))
        recipe = TrainRecipe.model_validate(SHORT).model_dump()
        _gold.append(with_record(made.path, folder / "gold.safetensors", recipe=recipe).read_bytes())
        made.path.unlink()
    path = folder / "gold.safetensors"
    path.write_bytes(_gold[0])
    return spec.with_changes("audit", retrained=str(path))


@pytest.fixture
def spec(tiny_spec: RunSpec, tiny_model: Path, tiny_workspace: Workspace, tmp_path: Path) -> RunSpec:
    """Forget a random tenth, of a net whose recipe is short; two shadow models of each kind."""
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=SHORT)
    some = tiny_spec.with_changes("forget", classes=(), fraction=0.1)
    some = some.with_changes("model", checkpoint=str(original))
    method = some.with_changes("method", name="fine-tune", params={"epochs": 1, "batch_size": 32})
    judged = method.with_changes("audit", depth="quick", shadows=2)
    return with_gold(judged, tiny_workspace, tmp_path)


def report_of(spec: RunSpec, **options: Any) -> tuple[Report, list[Event]]:
    events = list(run(spec, RunControl(), **options))
    return next(event.report for event in events if isinstance(event, Audited)), events


def told(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Message) and "shadow" in event.text.lower()]


def test_the_cost_is_said_first_and_what_was_trained_is_used_again(spec: RunSpec, tiny_workspace: Any) -> None:
    plan = plan_shadows(Erasure.of(tiny_workspace, spec), RunControl())
    assert len(plan.missing) == 4 and plan.seconds_each is not None and plan.seconds_each > 0
    report, events = report_of(spec)
    (text,) = told(events)
    assert text.startswith("4 shadow models to train, ") and " each, " in text
    for key in ("rmia", "rmia_tpr1", "lira", "lira_tpr1", "lira_tpr01"):
        figure = report.after.figures[key]
        assert 0 <= figure.value <= 100 and figure.low is not None and figure.n > 0
    assert report.retrained is not None and report.retrained.value("rmia") is not None
    assert report.retrained.value("lira") is None, "a net is not told from itself"
    assert report.before.value("lira") is not None
    assert not any("No shadow models" in note for note in report.notes)
    again, events = report_of(spec, force=True)
    assert told(events)[0].startswith("All shadow models were trained before")
    assert again.after.figures["lira"] == report.after.figures["lira"]


def test_an_interrupted_audit_goes_on(spec: RunSpec) -> None:
    control = RunControl()
    for event in run(spec, control):
        if getattr(event, "stage", "") == "Shadow model 1 of 2, trained with":
            control.cancel()
    report, events = report_of(spec, resume=True)
    assert told(events)[0].startswith("3 shadow")
    assert report.after.value("lira") is not None


def test_several_processes_make_the_same_models(spec: RunSpec, tiny_workspace: Workspace) -> None:
    erasure = Erasure.of(tiny_workspace, spec.with_changes("audit", shadows=1, jobs=2))
    trainings = plan_shadows(erasure, RunControl()).missing
    assert len(trainings) == 2
    alone = []
    for training in trainings:
        made = drained(train_without(erasure, training, RunControl(), ""))
        alone.append(made.model.state_dict())
        made.path.unlink()
    events = list(shadows(erasure, None, 1.0, RunControl()))
    assert any(getattr(event, "stage", "") == "Training shadow models" for event in events)
    assert not any("trained with" in getattr(event, "stage", "") for event in events), "nothing was trained here"
    for training, weights in zip(trainings, alone, strict=True):
        found = find_trained(erasure, training)
        assert found is not None
        for name, value in found.model.state_dict().items():
            assert torch.allclose(value.float(), weights[name].float(), atol=1e-3), name


def test_processes_stop_when_they_are_cancelled(spec: RunSpec, tiny_workspace: Any) -> None:
    from maga_desk.services.judging.parallel import trained_at_once

    long = spec.with_changes("audit", recipe={**SHORT, "epochs": 2000})
    plan = plan_shadows(Erasure.of(tiny_workspace, long), RunControl())
    control = RunControl()
    events = trained_at_once(long, plan.missing, 2, control)
    next(events)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    for thread in threading.enumerate():
        if thread.name == "ending":
            thread.join()
