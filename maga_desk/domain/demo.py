"""What the demo can show: three tasks on its drawn pictures, each with a retrained model to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maga_desk.domain.methods import Task
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.specs.run import RunSpec, read_spec


@dataclass(frozen=True)
class DemoTask:
    """One of the demo's tasks.

    :param title: as a person chooses it; ``text``: what is forgotten, in a sentence.
    :param example: the shipped spec that it starts from.
    :param method: the method that is recommended for the task.
    :param proposer: who proposes the labels.
    :param held_out: share of the test pictures that the method may look at and the audit leaves alone.
    """

    task: Task
    title: str
    text: str
    example: str
    method: str
    proposer: str = "classifier"
    held_out: float = 0.0

    def spec(self) -> RunSpec:
        """Ready to start: pictures, what is forgotten, method, and the retrained model to compare with."""
        spec = read_spec(resources_dir() / "examples" / self.example)
        spec = spec.with_changes("method", name=self.method).with_changes("data", held_out=self.held_out)
        if spec.audit.retrained not in (None, "make"):
            spec = spec.with_changes("audit", retrained=str(Path(spec.audit.retrained or "").resolve()))
        model = "demo" if self.proposer == "mllm" else None
        return spec.with_changes("guidance", proposer=self.proposer, model=model).with_changes("output", dir="out")


DEMO_TASKS: tuple[DemoTask, ...] = (
    DemoTask(
        "class",
        "Whole class",
        "Foxes go: the model must no longer recognise one.",
        "demo-class.toml",
        "maga-relearn",
        proposer="mllm",
    ),
    DemoTask(
        "sub-class",
        "Sub-class",
        "The model knows five families. Foxes go; the other animals stay animals.",
        "demo-sub-class.toml",
        "maga-unseen",
    ),
    DemoTask(
        "random",
        "Single pictures",
        "250 single pictures go: the model must be as if it had never seen them.",
        "demo-random.toml",
        "maga-unseen",
        held_out=0.2,
    ),
)
"""The first is shown first."""


def demo_task(task: str) -> DemoTask:
    return next(each for each in DEMO_TASKS if each.task == task)
