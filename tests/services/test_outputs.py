"""Nets with another number of outputs than the pictures have classes: one logit, spare outputs; and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_info, read_state, write_checkpoint
from maga_desk.services.exporting import export
from maga_desk.services.workspace import Workspace
from tests.services.test_fitting import opened

State = dict[str, torch.Tensor]


@pytest.fixture
def state(tiny_model: Path) -> State:
    return dict(read_state(tiny_model)[0])


def with_rows(state: State, order: list[int | None]) -> State:
    """The net with its outputs in another order; ``None`` is a spare one that answers now and then."""
    rows = [3 if place is None else place for place in order]
    spare = torch.tensor([place is None for place in order])
    bias = state["head.bias"][rows] - 6.0 * spare
    return {**state, "head.weight": state["head.weight"][rows], "head.bias": bias}


def saved(state: State, path: Path) -> Path:
    torch.save({"net": state, "acc": 91.0}, path)
    return path


def sent_back(workspace: Workspace, folder: Path) -> State:
    """The file that an unlearned net goes back in."""
    with torch.no_grad():
        for parameter in workspace.model.parameters():
            parameter.mul_(1.01)
    checkpoint = write_checkpoint(folder / "unlearned.safetensors", workspace.model.cpu(), workspace.info)
    list(export(checkpoint, "own", folder / "back.pth", RunControl()))
    return dict(torch.load(folder / "back.pth", weights_only=True)["net"])


def test_spare_outputs_are_masked_and_come_back_silent(tmp_path: Path, tiny_spec: RunSpec, state: State) -> None:
    path = saved(with_rows(state, [0, 1, 2, 3, None, None]), tmp_path / "six.pth")
    workspace, said = opened(tiny_spec, path)
    assert any("6 outputs, the pictures 4 classes" in line and "masked" in line for line in said)
    assert workspace.card.accuracy_train > 60 and len(workspace.card.classes) == 4
    assert torch.equal(workspace.model.state_dict()["head.weight"], state["head.weight"])
    back = sent_back(workspace, tmp_path)
    assert back["head.weight"].shape[0] == 6
    assert torch.equal(back["head.weight"][:4], workspace.model.state_dict()["head.weight"])
    assert not back["head.weight"][4:].any() and (back["head.bias"][4:] < -1e3).all()
    again, _ = opened(tiny_spec, tmp_path / "back.pth")
    assert torch.equal(again.model.state_dict()["head.bias"], workspace.model.state_dict()["head.bias"])
    assert again.info.came == workspace.info.came, "it can go back once more"


def test_spare_outputs_are_kept_if_asked(tmp_path: Path, tiny_spec: RunSpec, state: State) -> None:
    path = saved(with_rows(state, [0, 1, 2, 3, None, None]), tmp_path / "six.pth")
    workspace, said = opened(tiny_spec, path, spare="kept")
    assert workspace.card.classes == ("cross", "disc", "ring", "square", "output 5", "output 6")
    assert any("2 are kept" in line for line in said)
    assert workspace.card.accuracy_train > 60
    assert sent_back(workspace, tmp_path)["head.weight"].shape[0] == 6


def test_it_can_be_said_which_outputs_are_the_classes(tmp_path: Path, tiny_spec: RunSpec, state: State) -> None:
    path = saved(with_rows(state, [None, 3, None, 0, 1, 2]), tmp_path / "six.pth")
    with pytest.raises(CheckpointError, match=r"\[model\] outputs = \[3, 4, 5, 1\]"):
        opened(tiny_spec, path)
    workspace, _ = opened(tiny_spec, path, outputs=(3, 4, 5, 1))
    assert workspace.card.accuracy_train > 60
    assert workspace.info.came is not None and workspace.info.came.kept == (3, 4, 5, 1)
    assert torch.equal(sent_back(workspace, tmp_path)["head.weight"][1], workspace.model.state_dict()["head.weight"][3])
    with pytest.raises(CheckpointError, match="must name one of its outputs"):
        opened(tiny_spec, path, outputs=(3, 4, 5, 9))


@pytest.fixture
def two_classes(tiny_folder: Path, tmp_path: Path) -> Path:
    for split in ("train", "test"):
        for name in ("disc", "ring"):
            (tmp_path / "two" / split).mkdir(parents=True, exist_ok=True)
            (tmp_path / "two" / split / name).symlink_to(tiny_folder / split / name)
    return tmp_path / "two"


def test_one_logit_becomes_two_outputs_and_goes_back_as_one(
    tmp_path: Path, tiny_spec: RunSpec, state: State, two_classes: Path
) -> None:
    rows = {name: state[name][2:3] - state[name][1:2] for name in ("head.weight", "head.bias")}
    path = saved({**state, **rows}, tmp_path / "one.pth")
    with pytest.raises(CheckpointError, match="one output, which tells two classes apart; the pictures have 4"):
        opened(tiny_spec, path)
    workspace, _ = opened(tiny_spec.with_changes("data", path=str(two_classes)), path)
    assert workspace.card.classes == ("disc", "ring") and workspace.card.accuracy_train > 80
    weight = workspace.model.state_dict()["head.weight"]
    torch.testing.assert_close(weight[1:] - weight[:1], rows["head.weight"])
    back = sent_back(workspace, tmp_path)
    assert back["head.weight"].shape[0] == 1
    record = read_info(tmp_path / "unlearned.safetensors").came
    assert record is not None and record.binary


def test_a_run_on_them_is_whole(tmp_path: Path, tiny_spec: Any, state: State, two_classes: Path) -> None:
    """Both at once: the run, its judgement, and the way back."""
    from maga_desk.services.runs import run

    rows = {name: state[name][2:3] - state[name][1:2] for name in ("head.weight", "head.bias")}
    cases = {
        "one": ({**state, **rows}, {"path": str(two_classes)}, {}),
        "kept": (with_rows(state, [0, 1, 2, 3, None]), {}, {"spare": "kept"}),
    }
    for name, (net, data, model) in cases.items():
        path = saved(net, tmp_path / f"{name}.pth")
        spec = tiny_spec.with_changes("data", **data).with_changes("model", checkpoint=str(path), **model)
        spec = spec.with_changes("forget", classes=["ring"]).with_changes("output", dir=str(tmp_path / name))
        spec = spec.with_changes("method", name="random-labels", params={"passes": 1.0})
        list(run(spec, RunControl()))
        list(export(tmp_path / name / "unlearned.safetensors", "own", tmp_path / f"{name}-back.pth", RunControl()))
        back = torch.load(tmp_path / f"{name}-back.pth", weights_only=True)["net"]
        assert back.keys() == net.keys()
