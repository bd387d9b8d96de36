"""Runs that several tests start from: done once, then copied."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.run_folder import SUMMARY
from maga_desk.domain.specs.run import RunSpec


@pytest.fixture(scope="session")
def _done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("done") / "out"


@pytest.fixture
def finished(tiny_spec: RunSpec, _done: Path) -> Path:
    """The run folder of the tiny spec as the finished run leaves it. Run once a session; the test's own copy."""
    from maga_desk.services.runs import run

    folder = Path(tiny_spec.output.dir)
    if not _done.exists():
        events: Any = run(tiny_spec, RunControl())
        for _ in events:
            pass
        shutil.copytree(folder, _done)
        (_done / "first-place").write_text(str(folder.resolve()))
    else:
        shutil.copytree(_done, folder, ignore=shutil.ignore_patterns("first-place"))
        summary = (_done / SUMMARY).read_text()
        (folder / SUMMARY).write_text(summary.replace((_done / "first-place").read_text(), str(folder.resolve())))
    return folder
