"""Objects of every kind that the store keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.model_facts import InputFacts, ModelFacts, TriedInput
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.store.sessions import SessionStore

TRIED = TriedInput("ResNet-8", "in 0..1", "squashed", 9.5)
ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("cat", "dog", "deer", "truck")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "user data" / "sessions #1?.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SessionStore]:
    with SessionStore.open(path) as store:
        yield store


@pytest.fixture
def spec() -> RunSpec:
    return parse_spec(
        {
            "seed": 7,
            "data": {"source": "folder", "path": "/pictures/of something"},
            "model": {"checkpoint": "original.safetensors", "mean": [0.5, 0.25, 0.125], "std": [0.25, 0.5, 0.25]},
            "forget": {"classes": ["cat", "truck"], "pictures": ["train/dog/1.jpg"], "fraction": 0.05},
            "guidance": {
                "matrix_edits": [{"row": "cat", "column": "dog", "value": 0.75}],
                "label_edits": {"train/cat/0.jpg": "deer"},
            },
            "method": {"name": "maga", "params": {"a": 0.3, "preset": None, "limit": float("inf"), "soft": True}},
            "audit": {"retrained": "make", "recipe": {"epochs": 3}},
        }
    )


@pytest.fixture
def card() -> WorkspaceCard:
    return WorkspaceCard(
        checkpoint="original.safetensors",
        arch="resnet8",
        parameters=77_000,
        classes=CLASSES,
        kinds=CLASSES,
        families={"cat": "animals"},
        train_pictures=20_000,
        test_pictures=10_000,
        size=(32, 32),
        accuracy_train=80.5,
        accuracy_test=None,
        device="CPU",
        precision="bf16",
        trained_by="train --seed 0",
        skipped=("train/cat/broken.jpg",),
        notes=("grey pictures were made RGB",),
        fingerprint="0123abcd",
        checkpoint_sha256="e3b0c442",
        model=ModelFacts(
            "original.safetensors",
            "safetensors",
            "resnet8",
            "as the checkpoint says",
            outputs=4,
            channels=3,
            parameters=77_000,
            score=("best_acc", 93.1),
            reads=InputFacts(
                (0.5,), (0.25,), size=(32, 32), why={"size": "tried"}, tried=(TriedInput("a", "b", "c", 9.5),)
            ),
        ),
    )


@pytest.fixture
def proposal() -> Proposal:
    return make_proposal(6)


@pytest.fixture
def report() -> Report:
    before = Audit({"retain_train": Figure(80.5, 79.0, 82.0, 12), "mia": Figure(55.0)}, (80.0, None, 70.0, 60.0))
    after = Audit(
        {"retain_train": Figure(80.0, 78.5, 81.5, 12), "js_to_retrained": Figure(0.0625, n=3)},
        (0.0, None, 71.0, 60.5),
        {"stem.0": {"original": 0.75}},
        {"relearn": ((0.0, 0.0), (5.0, 62.5))},
    )
    return Report(CLASSES, before, after, None, 5.25, None, notes=("few pictures",))


@pytest.fixture
def proposal_of() -> Callable[[int], Proposal]:
    return make_proposal


def make_proposal(count: int, source: str = "classifier", seed: int = 0) -> Proposal:
    """A proposal for ``count`` pictures of cats, hard targets for the even ones and soft for the odd."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(4, 0.05), count).astype(np.float32)  # sharp: many values near 1e-20
    targets = rng.dirichlet(np.ones(4), count).astype(np.float32)
    targets[:, 0] = 0
    targets /= targets.sum(axis=1, keepdims=True)
    targets[::2] = np.eye(4, dtype=np.float32)[targets[::2].argmax(axis=1)]
    scores = np.zeros((4, 4))
    scores[0] = rng.random(4)
    return Proposal(
        matrix=TransitionMatrix.from_scores(CLASSES, scores, source),
        names=tuple(f"train/cat/{i}.jpg" for i in range(count)),
        indices=np.arange(count, dtype=np.int64) * 3,
        true=np.zeros(count, dtype=np.int64),
        probabilities=probabilities,
        targets=targets,
        edited=np.zeros(count, dtype=bool),
        combine="soft",
    )


@pytest.fixture
def python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a real second process that runs the given code; the arguments are in ``sys.argv[1:]``."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
