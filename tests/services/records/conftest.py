"""A run folder of version 0.1.0, and the record that is made of it: once, then copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from maga_desk.services.records.reading import read_folder
from maga_desk.services.records.scope_key import scope_key_file
from maga_desk.services.records.writing import write_record

RUNS = Path(__file__).parents[2] / "kept" / "home" / "runs"
RINGS, DISCS, SQUARES = "20261128-053351", "20261128-053354", "square"


@pytest.fixture(scope="session")
def kept_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run; nobody may change it."""
    return Path(shutil.copytree(RUNS / RINGS, tmp_path_factory.mktemp("kept") / "run"))


@pytest.fixture(scope="session")
def _written(kept_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("record")
    written = write_record(read_folder(kept_run), out / "record", key_file=out / "key.pem")
    shutil.copy(scope_key_file(written.record.run), out / "scope-key")
    return out


@pytest.fixture
def key_file(_written: Path) -> Path:
    """The key that signed the record."""
    return _written / "key.pem"


@pytest.fixture
def scope_key_copy(_written: Path) -> Path:
    """The key of its hashes."""
    return _written / "scope-key"


@pytest.fixture
def record_folder(_written: Path, tmp_path: Path) -> Path:
    """A record of that run; the test's own copy."""
    return Path(shutil.copytree(_written / "record", tmp_path / "record"))


@pytest.fixture
def checkpoint(kept_run: Path) -> Path:
    return kept_run / "unlearned.safetensors"
