"""Windows for tests of the whole window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.driving import Windows


@pytest.fixture
def windows(qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    windows = Windows(qtbot, tmp_path / "runs")
    yield windows
    for composition in list(windows.open):
        windows.close(composition)
