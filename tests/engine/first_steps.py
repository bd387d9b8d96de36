"""The first steps of a method on a stored net, in figures: what the curves in ``curves/`` hold.

Everything that the figures rest on is fixed: the net (``tests/nets/shapes.safetensors`` or ``families.safetensors``),
the drawn pictures, the labels and targets (plain arithmetic here, no guidance), the parameters below, float32, the
seed. Each run is so short that its schedule rises and falls within the steps that are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.models.inference import logits
from tests.engine.routines import routine_of, take

CURVES = Path(__file__).with_name("curves")
WRITING: pytest.StashKey[bool] = pytest.StashKey()
"""Set by ``python -m tests.engine.write_curves``: the test writes what it otherwise compares."""

STEPS = 5
_BATCHES = {"retain_batch": 60, "forget_batch": 24}

PARAMS: Mapping[str, Mapping[str, Any]] = {
    "maga": {"passes": 2.0, "least_steps": 1, "noise_steps": 5, "members": 2, "lr": 0.05, **_BATCHES},
    "maga-relearn": {"passes": 2.0, "least_steps": 1, **_BATCHES},
    "maga-unseen": {"passes": 2.0, "least_steps": 1, **_BATCHES},
    "trew": {"passes": 2.0, "lr": 0.03, "tilt": 3.0, "temperature": 0.3, **_BATCHES},
    "delete": {"epochs": 2, "lr": 0.001, "forget_batch": 24},
    "amun": {"epochs": 1, "search_steps": 5, "doublings": 6, "batch_size": 60},
    "boundary-shrink": {"epochs": 2, "lr": 1e-3, "forget_batch": 24},
    "boundary-expand": {"epochs": 2, "lr": 1e-3, "forget_batch": 24},
    "random-labels": {"passes": 2.0, **_BATCHES},
    "salun": {"passes": 2.0, **_BATCHES},
    "scrub": {"epochs": 2, "max_epochs": 1, "lr": 5e-3, "alpha": 0.5, **_BATCHES},
    "sfr-on": {"iterations": 5, "every": 2, **_BATCHES},
    "neggrad-plus": {"passes": 2.0, **_BATCHES},
    "mu-mis": {"epochs": 2, "forget_batch": 24},
    "bad-teacher": {"epochs": 2, "lr": 1e-3, "temperature": 2.0, "batch_size": 60},
    "unsir": {"noise_steps": 5, "noises": 8, "repeats": 5, "per_class": 30, "lr": 1e-3, "batch_size": 64},
    "gradient-ascent": {"epochs": 2, "lr": 1e-3, "forget_batch": 24},
    "fine-tune": {"epochs": 2, "batch_size": 60},
    "eu-k": {"epochs": 1, "lr": 0.1},
    "cf-k": {"epochs": 2, "batch_size": 60},
    "msg": {"epochs": 2, "lr": 0.01, "batch_size": 60},
    "transpose": {"epochs": 2, "lr": 0.01, "batch_size": 60},
    "ssd": {"alpha": 1.5, "batch_size": 60},
    "lfssd": {"alpha": 1.2, "importance": "per-sample", "batch_size": 60},
    "kodge": {"pictures": 60, "alpha_forget": 1.0},
    "fisher": {"pictures": 20},
    "logit-mask": {},
    "damp": {"pictures": 20},
    "cmf": {"passes": 2.0, **_BATCHES},
    "entanglement": {"passes": 1.0, "lr": 0.005, **_BATCHES},
    "newton-head": {},
    "retrain-briefly": {"share": 0.1},
    "retrain": {"epochs": 1, "lr": 0.02},
}


def fixed(inputs: Any) -> Any:
    """The materials with labels and targets that no proposer had a hand in, and test pictures as held-out ones."""
    own = inputs.pictures.train.labels.cpu()[inputs.forget_indices]
    stay = torch.tensor([label for label in range(inputs.classes) if label not in inputs.forget.gone])
    labels = stay[(own + torch.arange(len(own))) % len(stay)]
    targets = 0.7 * F.one_hot(labels, inputs.classes).float()
    targets[:, stay] += 0.3 / len(stay)
    pictures = replace(inputs.pictures, held_out=inputs.pictures.test)
    return replace(inputs, pictures=pictures, labels=labels, targets=targets)


def first_steps(name: str, inputs: Any) -> dict[str, Any]:
    """Losses of the first steps, how far each part of the net has moved after them, and what it then does.

    Distances are Euclidean lengths over the weights of a part, and over its buffers (the statistics of normalisation).
    """
    routine = routine_of(name, inputs, **PARAMS[name])
    losses = [take(routine, step) for step in range(min(STEPS, routine.steps))]
    model = routine.finish(routine.model).eval()
    after = {
        side: _cross_entropy(model, inputs, positions)
        for side, positions in (("retain", inputs.retain_indices), ("forget", inputs.forget_indices))
    }
    return {"losses": losses, "moved": _moved(inputs.original, model), "loss_after": after}


def stored(name: str) -> dict[str, Any]:
    """A method's curves by task."""
    path = CURVES / f"{name}.json"
    if not path.is_file():
        pytest.fail(f"the method {name} has no stored curve: run python -m tests.engine.write_curves {name}")
    curves: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return curves


def store(name: str, task: str, found: Mapping[str, Any]) -> None:
    """Write a task's curve into its method's file, with six digits."""
    path = CURVES / f"{name}.json"
    curves = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    curves[task] = json.loads(json.dumps(found), parse_float=lambda text: float(f"{float(text):.6g}"))
    path.write_text(json.dumps(curves, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _cross_entropy(model: nn.Module, inputs: Any, positions: Tensor) -> float:
    train = inputs.pictures.train
    return float(F.cross_entropy(logits(model, train, inputs.runtime, positions), train.labels[positions]))


def _moved(before: nn.Module, after: nn.Module) -> dict[str, float]:
    squares: dict[str, float] = {}
    for kind, of_kind in (("", nn.Module.named_parameters), (" statistics", nn.Module.named_buffers)):
        now = dict(of_kind(after))
        for name, tensor in of_kind(before):
            if tensor.is_floating_point():
                part = ".".join(name.split(".")[: 2 if name.startswith("stages") else 1]) + kind
                squares[part] = squares.get(part, 0.0) + float((now[name] - tensor).detach().double().square().sum())
    return {part: square**0.5 for part, square in squares.items()}
