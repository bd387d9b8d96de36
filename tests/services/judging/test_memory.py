"""Trainings that do not fit are refused before anything is done, or are done with fewer at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maga_desk.domain import memory
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ResourceError
from maga_desk.engine import step_room
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.memory import PROCESS, jobs_that_fit
from maga_desk.services.runs import run


def test_a_retraining_that_does_not_fit_ends_the_run_before_it_begins(
    tiny_spec: Any, tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_spec.with_changes("audit", retrained="make")
    monkeypatch.setattr(step_room, "free_memory", lambda _device: 2_000_000)
    with pytest.raises(ResourceError, match=r"\[audit.recipe\] batch_size: not enough memory: a step of 32 pictures"):
        list(run(spec, RunControl(), workspace=tiny_workspace))
    assert not list(Path(spec.output.dir).glob("*.safetensors"))


def test_as_many_trainings_at_a_time_as_fit(
    tiny_spec: Any, tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = Erasure.of(tiny_workspace, tiny_spec)
    for free, fit in ((10 * PROCESS, 4), (int(2.9 * PROCESS), 2), (0, 1)):
        monkeypatch.setattr(memory, "free_memory", lambda free=free: free)
        assert jobs_that_fit(erasure, 4) == fit
