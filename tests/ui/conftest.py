"""Windows for tests of the whole window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from maga_desk.ui.workers.job_thread import JobThread
from tests.ui.driving import Windows


@pytest.fixture
def windows(qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    windows = Windows(qtbot, tmp_path / "runs")
    yield windows
    for composition in list(windows.open):
        windows.close(composition)


@pytest.fixture
def thread(qapp: Any) -> Iterator[JobThread]:
    """The thread that jobs run in."""
    thread = JobThread()
    thread.start()
    yield thread
    thread.close()
