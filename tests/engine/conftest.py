"""The tiny world's materials for a method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Opened
from maga_desk.services.workspace import open_workspace
from tests.engine.materials import inputs_for

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


@pytest.fixture
def inputs(tiny_workspace: Any, tiny_spec: Any) -> Any:
    """Forget the rings."""
    return inputs_for(tiny_workspace, tiny_spec)


@pytest.fixture
def family_workspace(tiny_spec: Any, tiny_folder: Path, tiny_family_model: Path) -> Any:
    """The two families of shapes, opened with their net."""
    data = tiny_spec.with_changes("data", families=str(tiny_folder / "families.toml"))
    spec = data.with_changes("model", checkpoint=str(tiny_family_model))
    return next(event.workspace for event in open_workspace(spec, RunControl()) if isinstance(event, Opened))


@pytest.fixture
def family_inputs(family_workspace: Any, tiny_spec: Any) -> Any:
    """Forget the rings, one kind of the round family."""
    return inputs_for(family_workspace, tiny_spec.with_changes("forget", classes=[], kinds=["ring"]))
