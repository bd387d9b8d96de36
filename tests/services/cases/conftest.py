"""A case that was exported on another machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain.specs.run import RunSpec


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first machine's files are kept for all tests of this file."""
    return tmp_path_factory.mktemp("there")


@pytest.fixture
def spec(tiny_spec: RunSpec, there: Path, tiny_folder: Path, tiny_model: Path) -> RunSpec:
    """A spec whose model, pictures and list are copies that a test may take away."""
    data, model = there / "pictures", there / "model.safetensors"
    if not data.exists() and not (there / "elsewhere").exists():
        shutil.copytree(tiny_folder, data)
        shutil.copyfile(tiny_model, model)
    changed = tiny_spec.with_changes("data", path=str(data)).with_changes("model", checkpoint=str(model))
    return changed.with_changes("output", dir=str(there / "out"))


@pytest.fixture
def file(spec: RunSpec, there: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The exported case of a finished and approved run, from a home of its own. Made once."""
    path = there / "AZ-17.case"
    if path.exists():
        return path
    with monkeypatch.context() as patch:
        patch.setenv("MAGA_DESK_HOME", str(there / "home"))
        (there / "spec.toml").write_text(spec.to_toml())
        assert main(["case", "new", "--reference", "AZ-17", "--scope", "all rings"]) == 0
        assert main(["run", str(there / "spec.toml"), "--case", "AZ-17"]) == 0
        assert main(["case", "approve", "AZ-17", "--by", "Erika"]) == 0
        assert main(["case", "hand-over", "AZ-17"]) == 0
        assert (
            main(["report", str(there / "out"), "--out", str(there / "record"), "--key", str(there / "key.pem")]) == 0
        )
        assert main(["case", "export", "AZ-17", "--out", str(path)]) == 0
    for name in ("model.safetensors", "out", "record"):
        (there / name).rename(there / f"gone-{name}")
    (there / "pictures").rename(there / "elsewhere")
    return path


@pytest.fixture
def data(file: Path, there: Path) -> Path:
    """Where the pictures lie on the second machine."""
    return there / "elsewhere"
