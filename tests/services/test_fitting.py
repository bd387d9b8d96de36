"""Strangers' checkpoints with the pictures: what is found, tried, noticed, and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Message
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_state
from maga_desk.services.workspace import Workspace, open_workspace


def opened(spec: RunSpec, path: Path, **model: Any) -> tuple[Workspace, list[str]]:
    """The workspace of a stranger's file, and what was said."""
    said: list[str] = []
    asked = spec.model_copy(update={"model": spec.model.model_copy(update={"checkpoint": str(path), **model})})
    job = open_workspace(asked, RunControl())
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            return end.value, said
        if isinstance(event, Message):
            said.append(event.text)


@pytest.fixture
def state(tiny_model: Path) -> dict[str, torch.Tensor]:
    return dict(read_state(tiny_model)[0])


def foreign(path: Path, state: dict[str, torch.Tensor], **beside: Any) -> Path:
    torch.save({"net": {f"module.{name}": tensor for name, tensor in state.items()}, **beside}, path)
    return path


def test_a_file_that_says_nothing_is_found_tried_and_explained(
    tmp_path: Path, tiny_spec: RunSpec, tiny_workspace: Workspace, state: dict[str, torch.Tensor]
) -> None:
    workspace, said = opened(tiny_spec, foreign(tmp_path / "ckpt.pth", state, acc=93.5))
    assert workspace.card.arch == "resnet8"
    assert workspace.card.accuracy_train == pytest.approx(tiny_workspace.card.accuracy_train, abs=2)
    text = "\n".join(said)
    assert "resnet8 with 4 outputs" in text
    assert "acc 93.5" in text
    assert "does not say how pixels were normalised" in text and "% right" in text


def test_pixels_that_were_read_otherwise_are_noticed(
    tmp_path: Path, tiny_spec: RunSpec, tiny_workspace: Workspace, state: dict[str, torch.Tensor]
) -> None:
    own = tiny_workspace.pictures.normalisation
    stem = state["stem.0.weight"]  # the same net for pixels of 0 to 255: the padding apart
    scaled = stem / (torch.tensor(own.std).view(1, 3, 1, 1) * 255)
    shift = (stem * (torch.tensor(own.mean) / torch.tensor(own.std)).view(1, 3, 1, 1)).sum(dim=(1, 2, 3))
    changed = {**state, "stem.0.weight": scaled, "stem.1.running_mean": state["stem.1.running_mean"] + shift}
    workspace, said = opened(tiny_spec, foreign(tmp_path / "bytes.pth", changed))
    assert workspace.pictures.normalisation.std == (1 / 255,) * 3
    assert any("Tried: 0 to 255" in line for line in said)
    assert workspace.card.accuracy_train > 60


def test_classes_in_another_order_are_refused_with_the_order_and_opened_with_it(
    tmp_path: Path, tiny_spec: RunSpec, tiny_workspace: Workspace, state: dict[str, torch.Tensor]
) -> None:
    names = list(tiny_workspace.card.classes)
    order = [1, 2, 3, 0]  # output i answers to class order[i]
    mixed = {**state, "head.weight": state["head.weight"][order], "head.bias": state["head.bias"][order]}
    path = foreign(tmp_path / "mixed.pth", mixed)
    with pytest.raises(CheckpointError, match="another order than the classes") as caught:
        opened(tiny_spec, path)
    theirs = [names[place] for place in order]
    assert f"[model] classes = [{', '.join(f'{chr(34)}{name}{chr(34)}' for name in theirs)}]" in str(caught.value)
    workspace, _ = opened(tiny_spec, path, classes=tuple(theirs))
    assert workspace.card.accuracy_train == pytest.approx(tiny_workspace.card.accuracy_train, abs=2)
    assert list(workspace.card.classes) == theirs


def test_two_classes_that_changed_places_are_noticed(
    tmp_path: Path, tiny_spec: RunSpec, state: dict[str, torch.Tensor]
) -> None:
    order = [1, 0, 2, 3]
    mixed = {**state, "head.weight": state["head.weight"][order], "head.bias": state["head.bias"][order]}
    with pytest.raises(CheckpointError, match="another order"):
        opened(tiny_spec, foreign(tmp_path / "two.pth", mixed))


def test_an_average_beside_the_net_is_said_and_can_be_opened(
    tmp_path: Path, tiny_spec: RunSpec, state: dict[str, torch.Tensor]
) -> None:
    averaged = {name: tensor + (name == "head.bias") for name, tensor in state.items()}
    torch.save({"state_dict": state, "state_dict_ema": averaged}, tmp_path / "both.pth")
    net, said = opened(tiny_spec, tmp_path / "both.pth")
    assert any("(EMA)" in line for line in said)
    assert torch.equal(net.model.state_dict()["head.bias"], state["head.bias"])
    other, _ = opened(tiny_spec, tmp_path / "both.pth", weights="average")
    assert torch.equal(other.model.state_dict()["head.bias"], averaged["head.bias"])
    with pytest.raises(CheckpointError, match="no average of the net"):
        opened(tiny_spec, foreign(tmp_path / "one.pth", state), weights="average")


class Grey(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.conv2 = nn.Conv2d(4, 8, 3)
        self.fc1 = nn.Linear(8 * 5 * 5, 4)


def test_a_grey_net_reads_grey_pictures_of_its_own_size(tmp_path: Path, tiny_spec: RunSpec) -> None:
    torch.manual_seed(0)
    torch.save(Grey().state_dict(), tmp_path / "grey.pt")
    workspace, said = opened(tiny_spec, tmp_path / "grey.pt")
    assert workspace.pictures.train.images.shape[1:] == (1, 28, 28)
    assert workspace.card.arch.startswith("structure/plain-2-1 ")
    assert any("2 convolutions" in line for line in said)
    small = tiny_spec.model_copy(update={"data": tiny_spec.data.model_copy(update={"size": 8})})
    with pytest.raises(CheckpointError, match="takes no pictures of 8 x 8 pixels"):
        opened(small, tmp_path / "grey.pt")


def test_a_deviation_of_zero_is_a_mistake_of_the_spec(tiny_spec: RunSpec) -> None:
    from maga_desk.domain.errors import SpecError
    from maga_desk.domain.specs.run import parse_spec

    raw = tiny_spec.model_dump(mode="json", exclude_none=True)
    raw["model"] |= {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.0, 0.5]}
    with pytest.raises(SpecError, match="std"):
        parse_spec(raw)
