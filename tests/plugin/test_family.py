"""A family of classifiers from a package outside, through its entry point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain.specs.run import RunSpec


def test_it_is_listed_after_ours_with_its_origin(outside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["families", "--json"]) == 0
    last = json.loads(capsys.readouterr().out)["families"][-1]
    assert (last["name"], last["origin"]) == ("perceptron", outside)
    assert main(["families", "perceptron/*"]) == 0
    assert "perceptron/large" in capsys.readouterr().out


def test_its_net_is_trained_unlearns_and_is_exported(
    outside: str, tiny_folder: Path, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = tmp_path / "net.safetensors"
    train = ["train", "--data", str(tiny_folder), "--arch", "perceptron/small", "--epochs", "2", "--out", str(net)]
    assert main([*train, "--device", "cpu", "--json"]) == 0
    spec = tiny_spec.with_changes("model", checkpoint=str(net)).with_changes(
        "method", name="fine-tune", params={"epochs": 1}
    )
    (tmp_path / "spec.toml").write_text(spec.to_toml())
    capsys.readouterr()
    assert main(["run", str(tmp_path / "spec.toml"), "--json", "--allow-chance"]) == 0
    result = json.loads(capsys.readouterr().out)["checkpoint"]
    assert main(["export", result, "--out", str(tmp_path / "unlearned.onnx"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["largest_difference"] < 1e-4


def test_without_the_package_its_name_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "demo", "--arch", "perceptron/small", "--out", str(tmp_path / "x.pt")]) == 2
    assert "no architecture is called 'perceptron/small'" in capsys.readouterr().err
