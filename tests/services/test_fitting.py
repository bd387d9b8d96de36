"""Strangers' checkpoints with the pictures: what is found, tried, noticed, and refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.domain.class_lists import read_classes
from maga_desk.domain.class_order import OrderError
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Message, drained
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_state
from maga_desk.models.families.registry import build
from maga_desk.models.trying import MOST_MATCHED, Reading, mixed_up
from maga_desk.services.accuracy_check import _reads, check_believable
from maga_desk.services.class_order import lost_classes, other_order
from maga_desk.services.runs import run
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
    averaged = {
        name: tensor + 99 * torch.eye(4)[1] if name == "head.bias" else tensor for name, tensor in state.items()
    }
    torch.save({"state_dict": state, "state_dict_ema": averaged}, tmp_path / "both.pth")
    net, said = opened(tiny_spec, tmp_path / "both.pth")
    (line,) = [line for line in said if "(EMA)" in line]
    assert "Open is the net itself: on some pictures it reads" in line and "the average 2" in line, line
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


def ordered_state(state: dict[str, torch.Tensor], order: list[int]) -> dict[str, torch.Tensor]:
    """The net with its outputs in another order: output i is what output ``order[i]`` was."""
    return {**state, "head.weight": state["head.weight"][order], "head.bias": state["head.bias"][order]}


def renamed_folder(tiny_folder: Path, target: Path, names: dict[str, str]) -> Path:
    """The tiny world with its folders called otherwise."""
    for split in ("train", "test"):
        for old, new in names.items():
            shutil.copytree(tiny_folder / split / old, target / split / new)
    return target


SAME = {"cross": "cross", "disc": "disc", "ring": "ring", "square": "square"}


def test_a_folder_that_was_renamed_so_that_the_order_changed_is_noticed(
    tmp_path: Path, tiny_folder: Path, tiny_spec: RunSpec, state: dict[str, torch.Tensor]
) -> None:
    """As ``automobile`` to ``car``: the disc is called a wheel now, and stands last."""
    folder = renamed_folder(tiny_folder, tmp_path / "p", {**SAME, "disc": "wheel"})
    spec = tiny_spec.with_changes("data", path=str(folder))
    with pytest.raises(OrderError) as caught:
        opened(spec, foreign(tmp_path / "n.pth", state))
    assert caught.value.order.classes == ("cross", "wheel", "ring", "square")
    first = caught.value.order.moved[0]
    assert (first.name, first.output, first.taken_for) == ("ring", 2, "square")
    assert first.example is not None and first.example.shape == (3, 16, 16)


def test_class_names_in_the_order_of_a_paper_are_noticed_and_taken_from_a_file(
    tmp_path: Path, tiny_spec: RunSpec, state: dict[str, torch.Tensor]
) -> None:
    """As kuangliu's plane, car, bird: no alphabet at all."""
    path = foreign(tmp_path / "n.pth", ordered_state(state, [3, 1, 0, 2]))
    with pytest.raises(OrderError, match="another order"):
        opened(tiny_spec, path)
    (tmp_path / "names.txt").write_text("square\ndisc\ncross\nring\n")
    workspace, said = opened(tiny_spec, path, classes=str(tmp_path / "names.txt"))
    assert workspace.card.classes == ("square", "disc", "cross", "ring") and workspace.card.accuracy_train > 80
    assert workspace.card.model is not None and workspace.card.model.classes_from.endswith("names.txt")
    _wrong, said = opened(tiny_spec, path, classes=("cross", "disc", "ring", "square"))
    assert any("With the classes as they are said" in line for line in said)


def test_folders_with_numbers_that_were_sorted_as_text_are_noticed(
    tmp_path: Path, tiny_folder: Path, tiny_spec: RunSpec, state: dict[str, torch.Tensor]
) -> None:
    """As 1, 10, 2: here folders stand as numbers, and the net was trained on 1, 10, 2, 3."""
    folder = renamed_folder(tiny_folder, tmp_path / "p", {"cross": "1", "disc": "2", "ring": "3", "square": "10"})
    spec = tiny_spec.with_changes("data", path=str(folder)).with_changes("forget", classes=("3",))
    as_text = ordered_state(state, [0, 3, 1, 2])
    with pytest.raises(OrderError) as caught:
        opened(spec, foreign(tmp_path / "text.pth", as_text))
    assert caught.value.order.classes == ("1", "10", "2", "3")
    plain, _ = opened(spec, foreign(tmp_path / "numbers.pth", state))
    assert plain.card.classes == ("1", "2", "3", "10") and plain.card.accuracy_train > 80


def test_two_of_many_classes_that_changed_places_are_enough_to_ask() -> None:
    """Of a hundred, where the accuracy hardly tells it; and a class that nothing is right about is said."""
    labels = np.repeat(np.arange(100), 5)
    answers = labels.copy()
    answers[labels == 7], answers[labels == 70] = 70, 7
    reading = Reading.of(answers, labels, 100)
    assert reading.accuracy == 98 and mixed_up(reading)
    names = [f"c{i}" for i in range(100)]
    order = other_order(names, 100, reading, lambda label: None)
    assert order is not None and order.classes[7] == "c70" and len(order.moved) == 2
    answers = np.where(labels == 7, 8, labels)  # one class read as its neighbour: no other order
    reading = Reading.of(answers, labels, 100)
    assert not mixed_up(reading)
    assert lost_classes(names, reading).startswith("Not read, while the other classes are at 100 %: c7, 0 % right")


def test_very_many_classes_are_not_compared_one_by_one() -> None:
    labels = np.repeat(np.arange(MOST_MATCHED + 1), 2)
    reading = Reading.of(np.roll(labels, 2), labels, MOST_MATCHED + 1)
    names = [f"c{i}" for i in range(MOST_MATCHED + 1)]
    assert lost_classes(names, reading) == ""
    assert other_order(names, MOST_MATCHED + 1, reading, lambda label: None) is None


def test_a_net_that_reads_nothing_is_in_no_order() -> None:
    """Its answers fall on two outputs, and some order fits that a little better than the folders' does."""
    labels, many = np.repeat(np.arange(4), 60), np.arange(240) % 60 < 33
    answers = np.select([labels == 0, labels == 1], [np.where(many, 2, 3), np.where(many, 0, 3)], np.where(many, 2, 0))
    reading = Reading.of(answers, labels, 4)
    assert reading.matched < 50 and not mixed_up(reading)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat\ndog\n", ("cat", "dog")),
        ('["cat", "dog"]', ("cat", "dog")),
        ('{"1": "dog", "0": "cat"}', ("cat", "dog")),
        ('{"dog": 1, "cat": 0}', ("cat", "dog")),
        ('{"id2label": {"0": "cat", "1": "dog"}}', ("cat", "dog")),
        ("cat", None),
        ("cat\ncat", None),
        ('{"0": "cat", "2": "dog"}', None),
        ("[1, 2]", None),
        ("{", None),
    ],
)
def test_lists_of_classes(tmp_path: Path, text: str, names: tuple[str, ...] | None) -> None:
    (tmp_path / "classes").write_text(text)
    if names is None:
        with pytest.raises(CheckpointError):
            read_classes(str(tmp_path / "classes"))
    else:
        assert read_classes(str(tmp_path / "classes")) == names


def untrained(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    torch.save(build("resnet8", 4).state_dict(), tmp_path / "fresh.pt")
    return tmp_path / "fresh.pt"


def test_a_model_that_does_not_read_the_pictures_stops_unlearning_until_a_person_says_yes(
    tmp_path: Path, tiny_spec: RunSpec
) -> None:
    path = untrained(tmp_path)
    workspace, said = opened(tiny_spec, path)
    assert not workspace.card.reads
    assert any("does not read these pictures" in line and "guessing gives 25 %" in line for line in said)
    spec = workspace.spec
    with pytest.raises(CheckpointError, match=r"does not read these pictures .*--allow-chance"):
        drained(run(spec, RunControl(), workspace=workspace))
    allowed = spec.with_changes("model", allow_chance=True)
    assert workspace.fits(allowed)  # the yes opens nothing anew
    check_believable(workspace.card, allowed)


def test_always_the_same_answer_is_not_reading_though_most_pictures_are_of_that_class() -> None:
    labels = np.repeat([0, 1, 2], [90, 5, 5])
    assert not _reads(np.zeros(100, dtype=np.int64), labels, 3)
    assert _reads(labels, labels, 3)


def test_a_net_whose_answers_are_not_finite_is_refused(
    tmp_path: Path, tiny_spec: RunSpec, state: dict[str, torch.Tensor]
) -> None:
    large = {**state, "stem.1.weight": state["stem.1.weight"].sign() * 1e38}
    with pytest.raises(CheckpointError, match="numbers that are not finite for"):
        opened(tiny_spec, foreign(tmp_path / "large.pth", large))
