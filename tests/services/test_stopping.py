"""How soon every long job hears that it was paused or cancelled, counted in work: no time is measured."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Ended, Event
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.entangling import entangle
from maga_desk.services.erasure import Erasure
from maga_desk.services.exporting import export
from maga_desk.services.guidance import propose
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.references import estimate_retraining
from maga_desk.services.runs import run
from maga_desk.services.workspace import open_workspace
from tests.conftest import NETS, with_record

MOST = 6
"""Batches through a net between two questions to the control: a step with what the live curves look at."""

Start = Callable[[RunSpec, Any, RunControl], Iterator[Event]]
JOBS: dict[str, Start] = {
    "open": lambda spec, _work, control: open_workspace(spec, control),
    "propose": lambda spec, work, control: propose(Erasure.of(work, spec), control),
    "run": lambda spec, work, control: run(spec, control, workspace=work, force=True),
    "judge": lambda spec, work, control: judge(
        Erasure.of(work, spec.with_changes("audit", depth="full", retrained=None)), NETS / "shapes.safetensors", control
    ),
    "estimate": lambda spec, work, control: estimate_retraining(Erasure.of(work, spec), control),
    "entangle": lambda spec, _work, control: entangle(spec, control),
    "export": lambda spec, _work, control: export(
        NETS / "shapes.safetensors", "safetensors", Path(spec.output.dir) / "net.safetensors", control, force=True
    ),
}


class Watched(RunControl):
    """Counts the batches that go through nets between two questions; cancels itself at question ``stop_at``."""

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__()
        self.since, self.most, self.questions = 0, 0, 0
        self._stop_at = stop_at

    def count(self, module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        """Passes that compute nothing, to see what one would take, are none."""
        self.since += type(module).__name__ == "ResNet" and not inputs[0].is_meta

    def checkpoint(self) -> None:
        self.most, self.since = max(self.most, self.since), 0
        self.questions += 1
        if self._stop_at is not None and self.questions >= self._stop_at:
            self.cancel()
        super().checkpoint()


@pytest.fixture
def spec(tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path) -> RunSpec:
    """Forget the rings, of a net whose recipe is short, by a short method."""
    recipe = {"epochs": 1, "lr": 0.1, "batch_size": 64}
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=recipe)
    spec = tiny_spec.with_changes("model", checkpoint=str(original)).with_changes("guidance", proposer="classifier")
    method = {"name": "fine-tune", "params": {"epochs": 1, "batch_size": 64}}
    return spec.with_changes("method", **method).with_changes("audit", depth="quick", retrained="make")


def done(job: str, spec: RunSpec, work: Any, control: Watched) -> list[Event]:
    """What a job told until it was over, with its work counted."""
    hook = torch.nn.modules.module.register_module_forward_pre_hook(control.count)
    told: list[Event] = []
    try:
        for event in JOBS[job](spec, work, control):
            told.append(event)
    except Cancelled:
        told.append(Ended("cancelled"))
    finally:
        for thread in threading.enumerate():
            if thread.name == "aside":  # left alone, but it must not run into the next test
                thread.join()
        hook.remove()
    return told


@pytest.mark.parametrize("job", JOBS)
def test_a_job_asks_often_and_does_nothing_more_once_it_is_cancelled(
    job: str, spec: RunSpec, opened: Callable[[RunSpec], Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Watched()
    told = done(job, spec, opened(spec), whole)
    assert isinstance(told[-1], Ended) and told[-1].status == "finished"
    assert max(whole.most, whole.since) <= MOST
    for number, stop_at in enumerate({1, whole.questions // 2, whole.questions}):
        monkeypatch.setenv("MAGA_DESK_HOME", str(home / str(number)))  # nothing is remembered of the time before
        control = Watched(stop_at)
        told = done(job, spec, opened(spec), control)
        reached = control.questions >= stop_at  # how often one asks while another thread works, no two times agree on
        assert isinstance(told[-1], Ended) and told[-1].status == ("cancelled" if reached else "finished")
        aside = job == "export"  # its writing and reloading cannot be interrupted: it is left alone
        assert not reached or control.since <= 2 * aside, "work was done after it was cancelled"
