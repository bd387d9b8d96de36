"""Looking closer at a finished run: all nets that there are, and what is said where one is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.domain.closer.answers import CloseLook
from maga_desk.domain.closer.confusion import confusion
from maga_desk.domain.closer.lesson import Lesson
from maga_desk.domain.closer.ranking import damage, residue
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import CheckpointError, SpecError
from maga_desk.domain.events import Message, Scalars, drained
from maga_desk.domain.run_folder import CHECKPOINT, SPEC
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.closer import look_closer
from maga_desk.services.judging.lessons import relearn
from maga_desk.services.judging.trainings import SEED, Training, train_without
from maga_desk.services.workspace import open_workspace
from tests.conftest import with_record

RECIPE = {"epochs": 6, "batch_size": 64, "lr": 0.1}


def test_the_look_agrees_with_the_report(finished: Path, opened: Any) -> None:
    spec = read_spec(finished / SPEC)
    workspace = opened(spec)
    erasure = Erasure.of(workspace, spec)
    look: CloseLook = drained(look_closer(erasure, finished / CHECKPOINT, RunControl()))
    images = workspace.images
    assert look.forget.sum() == len(erasure.forget.indices)
    assert [name for name, _ in look.shown_nets()] == ["original", "unlearned"], "nothing was retrained"
    assert "no retrained model" in look.yardstick and not damage(look, "train").beyond
    counts = confusion(look, "test").counts["original"]
    right = 100 * np.trace(counts) / counts.sum()
    assert right == pytest.approx(workspace.card.accuracy_test)
    assert set(residue(look, "train").positions) == set(erasure.forget.indices)
    assert [each.name for each in look.maps] == ["PCA", "Discriminants"]
    for each in look.maps:
        assert each.before.shape == each.after.shape == (len(each.positions), 2)
        assert (each.positions[each.test] < len(images.test)).all() and "original" in each.said
        assert not np.allclose(each.before, each.after), "the unlearned net has other features"
    again: CloseLook = drained(look_closer(erasure, finished / CHECKPOINT, RunControl()))
    assert np.array_equal(again.nets["unlearned"].train.logits, look.nets["unlearned"].train.logits)


def test_a_retrained_net_that_is_here_is_asked_and_taught_as_well(
    finished: Path, tiny_model: Path, tmp_path: Path
) -> None:
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=RECIPE)
    spec = read_spec(finished / SPEC).with_changes("model", checkpoint=str(original))
    spec = spec.with_changes("audit", retrained="make")
    erasure = Erasure.of(drained(open_workspace(spec, RunControl())), spec)
    drained(train_without(erasure, Training(erasure.gone, SEED), RunControl(), "Retraining"))
    look: CloseLook = drained(look_closer(erasure, finished / CHECKPOINT, RunControl()))
    if "retrained" not in look.nets:  # so few epochs need not reach the original: then it says so
        assert "left aside" in look.yardstick
        return
    assert damage(look, "test").beyond and "retrained model" in residue(look, "train").said
    told: list[Any] = []
    drained(relearn(erasure, finished / CHECKPOINT, Lesson("forgotten", 3, steps=4), RunControl()), told.append)
    curves = {each.series for each in told if isinstance(each, Scalars)}
    assert curves == {"run", "reference"}


def test_relearning_tells_step_by_step_and_writes_nothing(finished: Path, opened: Any) -> None:
    spec = read_spec(finished / SPEC)
    erasure = Erasure.of(opened(spec), spec)
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    told: list[Any] = []
    drained(relearn(erasure, finished / CHECKPOINT, Lesson(count=4, steps=7), RunControl()), told.append)
    points = [each for each in told if isinstance(each, Scalars)]
    assert [each.step for each in points] == [0, 5, 7]
    assert all(set(each.values) == {"forget_accuracy", "retain_accuracy"} for each in points)
    said = [each.text for each in told if isinstance(each, Message)]
    assert said[0].startswith("Shown: 4 forgotten pictures beside ") and "no retrained model" in said[1]
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before
    with pytest.raises(SpecError, match="steps"):
        drained(relearn(erasure, finished / CHECKPOINT, Lesson(steps=0), RunControl()))


def test_what_cannot_be_used_is_refused(finished: Path, opened: Any, tiny_spec: RunSpec, tmp_path: Path) -> None:
    spec = read_spec(finished / SPEC).with_changes("audit", retrained=str(tmp_path / "gone.safetensors"))
    erasure = Erasure.of(opened(tiny_spec), spec)
    with pytest.raises(CheckpointError):
        drained(look_closer(erasure, tmp_path / "gone.safetensors", RunControl()))
    other = spec.with_changes("model", checkpoint=str(finished / CHECKPOINT))
    with pytest.raises(CheckpointError, match="another model is open"):
        drained(look_closer(Erasure.of(erasure.workspace, other), finished / CHECKPOINT, RunControl()))
    look: CloseLook = drained(look_closer(erasure, finished / CHECKPOINT, RunControl()))
    assert look.retrained is None and "gone.safetensors" in look.yardstick, "a missing yardstick is named"
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        drained(look_closer(erasure, finished / CHECKPOINT, control))
