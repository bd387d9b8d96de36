"""The tiny world's materials for a method."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain.events import Event
from maga_desk.engine.loop import Outcome
from tests.engine.materials import inputs_for, unlearn


@pytest.fixture
def family_workspace(tiny_spec: Any, tiny_folder: Path, tiny_family_model: Path, opened: Callable[[Any], Any]) -> Any:
    """The two families of shapes, opened with their net; the test's own copy."""
    data = tiny_spec.with_changes("data", families=str(tiny_folder / "families.toml"))
    return opened(data.with_changes("model", checkpoint=str(tiny_family_model)))


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
    tiny_spec: Any, opened: Callable[[Any], Any], _outcomes: dict[str, tuple[list[Event], Outcome]]
) -> Callable[[str], tuple[list[Event], Outcome]]:
    """Events and outcome of a method's short run that forgets the rings, taken once a session; the test's own copy."""

    def of(name: str) -> tuple[list[Event], Outcome]:
        if name not in _outcomes:
            workspace = opened(tiny_spec)
            before = {key: tensor.clone() for key, tensor in workspace.model.state_dict().items()}
            _outcomes[name] = unlearn(name, inputs_for(workspace, tiny_spec), watched=True)
            for key, tensor in workspace.model.state_dict().items():
                assert torch.equal(before[key], tensor), f"{name} changed the original's {key}"
        return copy.deepcopy(_outcomes[name])

    return of
