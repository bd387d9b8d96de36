"""The tiny world's materials for a method."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Opened
from maga_desk.engine import loop
from maga_desk.engine.loop import Outcome
from maga_desk.services.workspace import open_workspace
from tests.engine.materials import inputs_for, unlearn

# The nets that ``tests/conftest.py`` trains (resnet8, 20 epochs, batches of 32, lr 0.1, float32), stored once: seed 0
# for the shapes, seed 1 for the families. Processors round differently, and 300 steps of training make different nets
# of it; whether a method with a short budget forgets depends on the net. From stored ones it gives the same accuracies
# to a few per cent whatever instructions the processor has.
NETS = Path(__file__).parents[1] / "nets"


@pytest.fixture(scope="session")
def tiny_model() -> Path:
    """A classifier of the four shapes, the same on every machine."""
    return NETS / "shapes.safetensors"


@pytest.fixture(scope="session")
def tiny_family_model() -> Path:
    """A classifier of the two families, the same on every machine."""
    return NETS / "families.safetensors"


@pytest.fixture(autouse=True)
def _few_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live curves of five points: measuring twenty times takes longer than the steps of a tiny net."""
    monkeypatch.setattr(loop, "WATCHED_TIMES", 5)


@pytest.fixture(scope="session")
def _opened() -> dict[str, Any]:
    """Workspaces by the net that they were opened with; tests are given copies."""
    return {}


def _copy_of(opened: dict[str, Any], spec: Any) -> Any:
    if spec.model.checkpoint not in opened:
        events = open_workspace(spec, RunControl())
        opened[spec.model.checkpoint] = next(event.workspace for event in events if isinstance(event, Opened))
    return copy.deepcopy(opened[spec.model.checkpoint])


@pytest.fixture
def tiny_workspace(tiny_spec: Any, _opened: dict[str, Any]) -> Any:
    """The four shapes, opened with their net once a session; the test's own copy."""
    return _copy_of(_opened, tiny_spec)


@pytest.fixture
def family_workspace(tiny_spec: Any, tiny_folder: Path, tiny_family_model: Path, _opened: dict[str, Any]) -> Any:
    """The two families of shapes, likewise."""
    data = tiny_spec.with_changes("data", families=str(tiny_folder / "families.toml"))
    return _copy_of(_opened, data.with_changes("model", checkpoint=str(tiny_family_model)))


@pytest.fixture
def inputs(tiny_workspace: Any, tiny_spec: Any) -> Any:
    """Forget the rings."""
    return inputs_for(tiny_workspace, tiny_spec)


@pytest.fixture
def family_inputs(family_workspace: Any, tiny_spec: Any) -> Any:
    """Forget the rings, one kind of the round family."""
    return inputs_for(family_workspace, tiny_spec.with_changes("forget", classes=[], kinds=["ring"]))


@pytest.fixture(scope="session")
def _outcomes() -> dict[str, tuple[list[Event], Outcome]]:
    return {}


@pytest.fixture
def erased(
    tiny_spec: Any, _opened: dict[str, Any], _outcomes: dict[str, tuple[list[Event], Outcome]]
) -> Callable[[str], tuple[list[Event], Outcome]]:
    """Events and outcome of a method's short run that forgets the rings, taken once a session; the test's own copy."""

    def of(name: str) -> tuple[list[Event], Outcome]:
        if name not in _outcomes:
            workspace = _copy_of(_opened, tiny_spec)
            before = {key: tensor.clone() for key, tensor in workspace.model.state_dict().items()}
            _outcomes[name] = unlearn(name, inputs_for(workspace, tiny_spec))
            for key, tensor in workspace.model.state_dict().items():
                assert torch.equal(before[key], tensor), f"{name} changed the original's {key}"
        return copy.deepcopy(_outcomes[name])

    return of
