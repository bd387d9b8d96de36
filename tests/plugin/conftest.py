"""A package that adds choices to the program, as if it were installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maga_desk.data.sources.registry import SOURCES
from maga_desk.domain.registry import Registry
from maga_desk.engine.registry import METHODS
from maga_desk.guidance.registry import PROPOSERS
from maga_desk.models.families.registry import FAMILIES
from maga_desk.models.formats.registry import FORMATS

INSTALLED = Path(__file__).parent / "installed"
REGISTRIES: tuple[Registry, ...] = (SOURCES, METHODS, PROPOSERS, FORMATS, FAMILIES)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put the package on the path for a test; gives its name and version."""
    monkeypatch.syspath_prepend(str(INSTALLED))
    monkeypatch.setenv("PYTHONPATH", str(INSTALLED))
    for registry in REGISTRIES:
        registry.read_again()
    yield "outside-choices 1.0"
    monkeypatch.undo()
    for registry in REGISTRIES:
        registry.read_again()
