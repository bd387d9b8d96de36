"""What the tests of methods share: short settings, the materials of a run on the tiny world, and running it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Event, Message, Scalars, drained
from maga_desk.domain.forget import from_indices
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.engine.loop import Outcome, Resumable, run
from maga_desk.models.inference import accuracy, logits
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import proposing

SHORT: dict[str, dict[str, Any]] = {
    "maga": {"passes": 6.0, "least_steps": 1, "noise_steps": 8, "retain_batch": 32, "forget_batch": 16},
    "maga-relearn": {"passes": 6.0, "least_steps": 60, "lr": 0.1, "retain_batch": 32, "forget_batch": 16},
    "maga-unseen": {"passes": 6.0, "least_steps": 60, "retain_batch": 32, "forget_batch": 16},
    "random-labels": {"passes": 6.0, "retain_batch": 32, "forget_batch": 16},
    "fine-tune": {"epochs": 2, "batch_size": 32},
    "retrain": {"epochs": 10},
    "salun": {"passes": 9.0, "lr": 0.05, "retain_batch": 32, "forget_batch": 16},
    "neggrad-plus": {"passes": 6.0, "lr": 0.02, "retain_batch": 32, "forget_batch": 16},
    "gradient-ascent": {"epochs": 6, "lr": 0.0005, "forget_batch": 16},
    "scrub": {"epochs": 6, "lr": 0.003, "retain_batch": 32, "forget_batch": 16},
    "bad-teacher": {"epochs": 6, "lr": 8e-3, "retain_share": 1.0, "batch_size": 32},
    "delete": {"epochs": 8, "lr": 0.001, "forget_batch": 16},
    "unsir": {"lr": 2e-3, "noises": 16, "repeats": 10, "batch_size": 32},
    "ssd": {"alpha": 1.5},
    "lfssd": {"alpha": 3.0, "importance": "per-sample"},
    "transpose": {"epochs": 10, "lr": 0.1, "batch_size": 32},
    "msg": {"epochs": 10, "lr": 0.1, "batch_size": 32},
    "logit-mask": {},
    "trew": {"passes": 3.0, "lr": 0.02, "retain_batch": 32, "forget_batch": 16},
    "amun": {"epochs": 4, "lr": 0.03, "search_steps": 10, "batch_size": 32},
    "boundary-shrink": {"epochs": 3, "lr": 1e-4, "forget_batch": 16},
    "boundary-expand": {"epochs": 8, "lr": 5e-5, "forget_batch": 16},
    "kodge": {"pictures": 90, "alpha_forget": 1.0},
    "fisher": {"alpha": 1e-6, "pictures": 20, "batch_size": 32},
    "mu-mis": {"epochs": 8, "forget_batch": 16},
    "sfr-on": {"iterations": 36, "retain_batch": 32, "forget_batch": 16},
    "eu-k": {"epochs": 4, "lr": 0.1},
    "cf-k": {"epochs": 3, "batch_size": 32},
    "damp": {"pictures": 30},
    "cmf": {"passes": 6.0, "retain_batch": 32, "forget_batch": 16},
    "entanglement": {"passes": 4.0, "mending": 4.0, "retain_batch": 32, "forget_batch": 16},
    "newton-head": {},
    "retrain-briefly": {"share": 0.5},
}


def finished(events: Any) -> tuple[list[Event], Any]:
    """The events of a generator, and what it returns."""
    seen: list[Event] = []
    result = drained(events, seen.append)
    return seen, result


def inputs_for(workspace: Any, spec: RunSpec, indices: Any | None = None) -> Any:
    """The materials of a run, with proposed labels.

    :param indices: what to forget, rather than what the spec says.
    """
    catalogue = workspace.images.catalogue()
    forget = workspace.forget_set(spec) if indices is None else from_indices(indices, catalogue)
    erasure = Erasure(workspace, spec, forget)
    return erasure.inputs(drained(proposing(erasure, RunControl())))


def short(name: str) -> dict[str, Any]:
    """A method's short settings."""
    if name not in SHORT:
        pytest.fail(f"the method {name} has no short settings in {__file__}: add a line")
    return SHORT[name]


_COUNTED = ("passes", "epochs", "iterations", "least_steps", "repeats")
_FROM_NOTHING = {"retrain": 8, "msg": 6, "transpose": 6}
_MEND_LATE = {"random-labels", "salun", "eu-k"}  # a third of the way they have only broken what they then mend


def brief(name: str) -> dict[str, Any]:
    """Settings for a third of the steps that :func:`short` takes: enough where it only matters what is left whole."""
    if name in _FROM_NOTHING:
        return {"epochs": _FROM_NOTHING[name]}
    share = 1 if name in _MEND_LATE else 3
    return {key: type(value)(max(1, value / share)) for key, value in short(name).items() if key in _COUNTED}


def unlearn(name: str, inputs: Any, *, watched: bool = False, **params: Any) -> tuple[list[Event], Outcome]:
    """:param watched: measure at every step, which takes twice the time of the step."""
    method = MethodSpec(name=name, params={**short(name), **params})
    events, outcome = finished(run(method, inputs, RunControl(), watched=watched))
    return events, outcome


def forget_accuracy(workspace: Any, model: torch.nn.Module, inputs: Any) -> float:
    indices = inputs.forget_indices
    outputs = logits(model, workspace.pictures.train, workspace.runtime, indices)
    return accuracy(outputs, workspace.pictures.train.labels[indices]) or 0.0


def ends_alike_when_interrupted(name: str, params: dict[str, Any], inputs: Any, tmp_path: Any) -> None:
    """Cancel a run after its first measurement, go on from its checkpoint, and compare with a run in one go."""
    _, whole = finished(run(MethodSpec(name=name, params=params), inputs, RunControl(), watched=False))
    control = RunControl()
    place = Resumable(tmp_path / "resume.pt", "digest")
    steps = 0
    running = run(MethodSpec(name=name, params=params), inputs, control, place)
    for event in running:
        if isinstance(event, Scalars) and event.step > 2:
            steps = event.step
            control.cancel()
            break
    with pytest.raises(Cancelled):
        list(running)
    going_on = Resumable(tmp_path / "resume.pt", "digest", go_on=True)
    again = run(MethodSpec(name=name, params=params), inputs, RunControl(), going_on, watched=False)
    events, resumed = finished(again)
    assert 0 < steps < whole.steps
    said = [event.text for event in events if isinstance(event, Message)]
    assert f"Continuing from step {steps} of {whole.steps}" in said
    for one, two in zip(whole.model.state_dict().values(), resumed.model.state_dict().values(), strict=True):
        assert torch.equal(one, two)
