"""Limits beside a result: of pictures that stay alone, with how many, and by the clock of the run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.auditing.outputs import Outputs
from maga_desk.auditing.parts import parts_of
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import drained
from maga_desk.domain.limits import FEWEST
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services import runs
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.limits import limits_of
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace, open_workspace

TASKS = [
    {"classes": ["angular"]},
    {"kinds": ["ring"]},
    {"fraction": 0.2},
]


@pytest.fixture
def families(tiny_spec: RunSpec, tiny_folder: Path, tiny_family_model: Path) -> RunSpec:
    return (
        tiny_spec.with_changes("model", checkpoint=str(tiny_family_model))
        .with_changes("data", families=str(tiny_folder / "families.toml"))
        .with_changes("limits", class_loss=5.0, retain_accuracy=90.0)
    )


def named(labels: np.ndarray[Any, Any], wrong: np.ndarray[Any, Any]) -> torch.Tensor:
    """Logits ``(n, 2)`` that name all but some pictures rightly."""
    return torch.nn.functional.one_hot(torch.from_numpy(np.where(wrong, 1 - labels, labels)), 2).float()


def outputs(workspace: Workspace, train: Any, test: Any) -> Outputs:
    """All is named rightly but ``train`` and ``test``, ``(n,) bool`` each."""
    images = workspace.images
    return Outputs(named(images.train.labels, train), named(images.test.labels, test))


def none_of(workspace: Workspace) -> tuple[Any, Any]:
    images = workspace.images
    return np.zeros(len(images.train), bool), np.zeros(len(images.test), bool)


@pytest.mark.parametrize("task", TASKS)
def test_what_is_to_be_forgotten_is_no_loss(task: dict[str, Any], families: RunSpec, opened: Any) -> None:
    """A net that names nothing of what goes, and all that stays, keeps every limit."""
    workspace = opened(families)
    erasure = Erasure.of(workspace, families.model_copy(update={"forget": families.forget.model_validate(task)}))
    parts, (train, test) = parts_of(workspace.images, erasure.forget), none_of(workspace)
    before = outputs(workspace, train, test)
    after = outputs(workspace, parts.forget_train.numpy(), parts.forget_test.numpy())
    checks = limits_of(erasure, parts, before, after, 1.0)
    assert [check.kept for check in checks] == [True, True]
    loss, accuracy = (check.text() for check in checks)
    count = f"test pictures (n {int(parts.retain_test.sum()):,})"
    assert f"no class lost anything on {count}" in loss and f"100.0 % of what stays is right on {count}" in accuracy


def test_what_stays_of_a_class_whose_kind_goes_is_looked_at(families: RunSpec, opened: Any) -> None:
    workspace = opened(families)
    erasure = Erasure.of(workspace, families.model_copy(update={"forget": families.forget.model_validate(TASKS[1])}))
    parts, (train, test) = parts_of(workspace.images, erasure.forget), none_of(workspace)
    disc = workspace.images.test.kinds == list(workspace.card.kinds).index("disc")
    worse = disc & (np.cumsum(disc) <= 2)
    (loss, _) = limits_of(erasure, parts, outputs(workspace, train, test), outputs(workspace, train, worse), 1.0)
    assert not loss.kept and loss.who == "round" and loss.value == pytest.approx(10.0) and "(n 20)" in loss.on


def test_without_test_pictures_the_training_pictures_that_stay_speak(families: RunSpec, opened: Any) -> None:
    workspace = opened(families)
    erasure = Erasure.of(workspace, families.model_copy(update={"forget": families.forget.model_validate(TASKS[1])}))
    parts, (train, test) = parts_of(workspace.images, erasure.forget), none_of(workspace)
    parts = replace(parts, retain_test=torch.zeros_like(parts.retain_test))
    checks = limits_of(erasure, parts, outputs(workspace, train, test), outputs(workspace, ~train, test), 1.0)
    assert [check.kept for check in checks] == [False, False]
    assert all("on training pictures" in check.text() for check in checks) and "(n 180)" in checks[1].text()


def test_a_class_with_too_few_is_said(families: RunSpec, opened: Any) -> None:
    workspace = opened(families)
    erasure = Erasure.of(workspace, families.model_copy(update={"forget": families.forget.model_validate(TASKS[1])}))
    parts, (train, test) = parts_of(workspace.images, erasure.forget), none_of(workspace)
    round_ones = torch.cumsum(parts.retain_test & (parts.test_labels == 1), 0)
    few = replace(parts, retain_test=parts.retain_test & ((parts.test_labels != 1) | (round_ones <= FEWEST - 1)))
    (loss, _) = limits_of(erasure, few, outputs(workspace, train, test), outputs(workspace, train, test), 1.0)
    name = workspace.card.classes[1]
    assert loss.kept and loss.few == (f"{name} ({FEWEST - 1})",)


def report_of(spec: RunSpec) -> Report:
    return Report.from_dict(json.loads((Path(spec.output.dir) / "report.json").read_text()))


def test_a_new_judgement_still_says_that_a_limit_ended_the_run(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("limits", minutes=1e-7)
    list(run(spec, RunControl()))
    first = report_of(spec)
    assert first.stopped.startswith("Time over") and [check.ended for check in first.limits] == [True]
    workspace = drained(open_workspace(spec, RunControl()))
    list(judge(Erasure.of(workspace, spec), Path(spec.output.dir) / "unlearned.safetensors", RunControl()))
    again = report_of(spec)
    assert again.stopped == first.stopped and again.limits == first.limits


def test_proposing_the_labels_counts_for_the_minutes(tiny_spec: RunSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of proposing is over the limit of half an hour, whatever the steps take."""

    class Slow:
        def __init__(self, control: RunControl) -> None:
            self.seconds = 3600.0

    monkeypatch.setattr(runs, "Clock", Slow)
    spec = tiny_spec.with_changes("limits", minutes=30.0)
    list(run(spec, RunControl()))
    report = report_of(spec)
    assert report.stopped.startswith("Time over: it took 60") and report.seconds > 3600
    (check,) = report.limits
    assert check.ended and check.text().startswith("Time over: it took 60")
