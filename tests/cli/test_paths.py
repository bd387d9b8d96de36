"""Paths as people have them: spaces, accents, line breaks, the own folder, a slash at the end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from maga_desk.cli import main


@pytest.fixture
def own(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The own folder, with a net in it."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    shutil.copy(tiny_model, tmp_path / "net.safetensors")
    return tmp_path


@pytest.mark.parametrize("name", ["a net, and Gr\u00f6\u00dfe.pt", "two\nlines.pt", "~/deep/in/net.pt", "-net.pt"])
def test_a_file_is_written_where_it_is_said(name: str, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "~/net.safetensors", f"--out={name}", "--json"]) == 0
    written = own / name[2:] if name.startswith("~") else own / "here" / name
    assert json.loads(capsys.readouterr().out)["path"] == str(written) and written.is_file()
    assert not (own / "here" / "~").exists()
    assert main(["export", "~/net.safetensors", f"--out={name}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1, "one line, whatever is in the name"


@pytest.mark.parametrize("name", ["results/", "", " ", "~/results/"])
def test_a_folder_is_no_file(name: str, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(own.rglob("*"))
    assert main(["export", "~/net.safetensors", "--format", "state-dict", "--out", name]) == 2
    assert "is no file's name" in capsys.readouterr().err
    assert sorted(own.rglob("*")) == before
