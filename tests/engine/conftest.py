"""The tiny world's materials for a method."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.test_methods import inputs_for


@pytest.fixture
def inputs(tiny_workspace: Any, tiny_spec: Any) -> Any:
    """Forget the rings."""
    return inputs_for(tiny_workspace, tiny_spec)
