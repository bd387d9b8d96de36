"""Lists of pictures in files of PyTorch, and numbers on the command line."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.cli import main
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.lists import read_any_list


class Bomb:
    def __reduce__(self) -> Any:
        return print, ("executed",)


def test_tensors_and_lists_are_read_and_nothing_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, held in {"tensor": torch.tensor([0, 3]), "list": [0, 3], "mask": torch.tensor([True, False])}.items():
        torch.save(held, tmp_path / f"{name}.pt")
    assert np.asarray(read_any_list(tmp_path / "tensor.pt")).tolist() == [0, 3]
    assert np.asarray(read_any_list(tmp_path / "list.pt")).tolist() == [0, 3]
    assert np.asarray(read_any_list(tmp_path / "mask.pt")).dtype == bool
    torch.save({"a": torch.tensor([0])}, tmp_path / "dict.pt")
    torch.save(["cat", "dog"], tmp_path / "names.pt")
    assert np.asarray(read_any_list(tmp_path / "names.pt")).tolist() == ["cat", "dog"]
    torch.save(["cat", 1], tmp_path / "mixed.pt")
    torch.save(torch.zeros(1, dtype=torch.int64).expand(10**9), tmp_path / "expanded.pt")
    (tmp_path / "bomb.pt").write_bytes(pickle.dumps(Bomb()))
    (tmp_path / "text.pt").write_text("0\n3\n")
    for name, says in {
        "dict.pt": "no plain tensor", "mixed.pt": "no list of whole numbers", "expanded.pt": "larger than it is",
        "bomb.pt": "none was executed|damaged", "text.pt": "none was executed|damaged", "gone.pt": "cannot read",
    }.items():  # fmt: skip
        with pytest.raises(ForgetError, match=says):
            read_any_list(tmp_path / name)
    assert "executed" not in capsys.readouterr().out


def test_numbers_on_the_command_line(tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(torch.tensor([1, 2]), tmp_path / "forget.pt")
    spec = tiny_spec.with_changes("forget", classes=(), files=str(tmp_path / "forget.pt"))
    spec = spec.with_changes("method", name="fine-tune", params={"epochs": 1}).with_changes("audit", depth="quick")
    (tmp_path / "spec.toml").write_text(spec.to_toml())
    assert main(["run", str(tmp_path / "spec.toml")]) == 2
    err = capsys.readouterr().err
    assert "Both are possible; say it by --index-base 0 or 1" in " ".join(err.split())
    assert main(["run", str(tmp_path / "spec.toml"), "--index-base", "1"]) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert (
        "2 numbers, counted from 1, in the order in which the source lists the training pictures: train/cross/000"
        in err
    )
    forgotten = (tmp_path / "out" / "forgotten.txt").read_text()
    assert "train/cross/000.png" in forgotten and "train/cross/001.png" in forgotten
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["forget_pictures"] == 2
