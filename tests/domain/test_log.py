"""The log is private and stays small."""

from __future__ import annotations

import os

import pytest

from maga_desk.cli.logs import write_traceback
from maga_desk.domain import log, paths


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
def test_nobody_else_reads_it_and_the_older_half_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    path = paths.log_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("of an earlier version\n")
    path.chmod(0o644)
    monkeypatch.setattr(log, "LARGEST", 100)
    for number in range(4):
        try:
            raise RuntimeError(f"fault {number}")
        except RuntimeError:
            assert write_traceback() == path
    assert path.stat().st_mode & 0o777 == 0o600
    older = path.with_name("maga-desk.log.1")
    assert "fault 3" in path.read_text() and "fault 2" in older.read_text()
    assert "fault 0" not in path.read_text() + older.read_text()
