"""What nothing says of a net's input is tried on the pictures: framing, channels, sizes; units are understood."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, SpecError, UserError
from maga_desk.domain.events import Message
from maga_desk.domain.specs.run import ModelSpec, RunSpec, parse_spec
from maga_desk.models.checkpoint import read_state
from maga_desk.models.reading.contents import read_contents
from maga_desk.services.fitting import candidate
from maga_desk.services.fitting_notes import order_unsought
from maga_desk.services.workspace import Workspace, open_workspace

State = dict[str, torch.Tensor]


def opened(spec: RunSpec, checkpoint: Path, /, **changes: Any) -> tuple[Workspace, list[str]]:
    """The workspace of a stranger's file, and what was said."""
    said: list[str] = []
    model = {"mean": None, "std": None, **changes.pop("model", {}), "checkpoint": str(checkpoint)}
    job = open_workspace(spec.with_changes("model", **model).with_changes("data", **changes), RunControl())
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            return end.value, said
        if isinstance(event, Message):
            said.append(event.text)


@pytest.fixture
def state(tiny_model: Path) -> State:
    return dict(read_state(tiny_model)[0])


@pytest.fixture
def own(tiny_model: Path) -> dict[str, Any]:
    """Mean and deviation of the tiny net's pictures."""
    info = read_state(tiny_model)[1]
    return {"mean": info.mean, "std": info.std}


def stretched(tiny_folder: Path, target: Path, size: tuple[int, int]) -> Path:
    """The tiny world with every picture made ``size`` (W, H): squashing brings back what the net knows."""
    for path in tiny_folder.rglob("*.png"):
        place = target / path.relative_to(tiny_folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).resize(size, Image.Resampling.BICUBIC).save(place)
    return target


def test_a_resize_policy_that_nothing_says_is_found_by_trial(
    tmp_path: Path, tiny_folder: Path, tiny_spec: RunSpec, state: State, own: dict[str, Any]
) -> None:
    folder = stretched(tiny_folder, tmp_path / "wide", (48, 24))
    torch.save(state, tmp_path / "net.pt")
    workspace, said = opened(tiny_spec, tmp_path / "net.pt", path=str(folder), size=16, model=own)
    facts = workspace.card.model
    assert facts is not None and facts.reads.framing is not None
    assert facts.reads.framing.resize == "squash" and facts.reads.why["framing"] == "tried"
    assert workspace.info.framing == facts.reads.framing
    assert any("brought to a size. Tried: 16 × 16, squashed" in line and "cover" in line for line in said)
    assert any("squashed to 16 × 16" in line for line in workspace.card.found.guesses)
    assert workspace.card.accuracy_train > 80
    cropped, _ = opened(tiny_spec, tmp_path / "net.pt", path=str(folder), size=16, resize="cover", crop=1, model=own)
    assert cropped.card.accuracy_train < workspace.card.accuracy_train - 10


class Wide(nn.Module):
    """Reads left halves and right halves: any size of picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3)
        self.conv2 = nn.Conv2d(4, 8, 3)
        self.fc1 = nn.Linear(8 * 2 * 6, 2)


def test_a_picture_that_is_no_square_is_not_cropped_in_silence(tmp_path: Path, tiny_spec: RunSpec) -> None:
    from tests.conftest import draw_shape

    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for kind in ("disc", "ring"):
            (tmp_path / "p" / split / kind).mkdir(parents=True)
            for i in range(4):
                pair = np.concatenate([draw_shape(kind, rng), draw_shape("cross", rng)], axis=1)
                Image.fromarray(pair).save(tmp_path / "p" / split / kind / f"{i}.png")
    torch.manual_seed(0)
    from maga_desk.models.families.registry import build

    torch.save(build("resnet8", 2).state_dict(), tmp_path / "net.pt")
    spec = tiny_spec.with_changes("forget", classes=("ring",))
    _, said = opened(spec, tmp_path / "net.pt", path=str(tmp_path / "p"))
    assert any("32 × 16" in line and "16 × 16" in line and "Tried" in line for line in said)
    whole, _ = opened(spec, tmp_path / "net.pt", path=str(tmp_path / "p"), size=(16, 32))
    assert whole.pictures.train.images.shape[2:] == (16, 32)
    assert (whole.info.size, whole.info.width) == (16, 32)
    crop, _ = opened(spec, tmp_path / "net.pt", path=str(tmp_path / "p"), size=16, resize="cover")
    assert any("50 % of the pictures is cut off" in line for line in crop.card.found.guesses)


def fitted_net(pixels: torch.Tensor, labels: torch.Tensor, classes: int) -> State:
    """A resnet8 of random features whose head names these pictures ``(n, 3, H, W) float32`` rightly."""
    from maga_desk.models.families.registry import build
    from maga_desk.models.heads import head_of

    torch.manual_seed(0)
    net = build("resnet8", classes).eval()
    seen: list[torch.Tensor] = []
    hook = head_of(net).register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        net(pixels)
        hook.remove()
        features = torch.cat([seen[0], torch.ones(len(pixels), 1)], dim=1)
        wanted = torch.nn.functional.one_hot(labels, classes).float()
        weights = torch.linalg.lstsq(features.double(), wanted.double(), driver="gelsd").solution.float()
        head = head_of(net)
        head.weight.copy_(weights[:-1].T)
        head.bias.copy_(weights[-1])
    return dict(net.state_dict())


def test_red_and_blue_the_other_way_round_are_noticed(tmp_path: Path, tiny_spec: RunSpec) -> None:
    colours = {"fruit": ((200, 0, 0), (0, 200, 0)), "paint": ((0, 0, 200), (200, 200, 0))}
    rng = np.random.default_rng(0)
    shown, labels = [], []
    for split in ("train", "test"):
        for label, (name, pair) in enumerate(colours.items()):
            (tmp_path / "p" / split / name).mkdir(parents=True)
            for i in range(12):
                pixels = (np.array(pair[i % 2]) + rng.integers(0, 55, (16, 16, 3))).astype(np.uint8)
                Image.fromarray(pixels).save(tmp_path / "p" / split / name / f"{i:02}.png")
                shown.append(torch.from_numpy(pixels[:, :, ::-1].copy()).permute(2, 0, 1).float() / 255)
                labels.append(label)
    torch.save(fitted_net(torch.stack(shown), torch.tensor(labels), 2), tmp_path / "bgr.pt")
    plain = {"mean": (0.0,), "std": (1.0,)}
    spec = tiny_spec.with_changes("forget", classes=("fruit",))
    tried, _ = opened(spec, tmp_path / "bgr.pt", path=str(tmp_path / "p"), model=plain)
    assert tried.pictures.normalisation.order == "BGR" and tried.card.accuracy_train > 90
    assert tried.card.model is not None and tried.card.model.reads.why["order"] == "tried"
    told, _ = opened(spec, tmp_path / "bgr.pt", path=str(tmp_path / "p"), model={**plain, "order": "BGR"})
    assert told.outputs.train.equal(tried.outputs.train)
    assert told.card.model is not None and told.card.model.reads.why["order"] == "the spec"
    wrong, _ = opened(spec, tmp_path / "bgr.pt", path=str(tmp_path / "p"), model={**plain, "order": "RGB"})
    assert wrong.card.accuracy_train < 80


def test_means_for_bytes_are_the_same_as_means_for_zero_to_one(
    tmp_path: Path, tiny_spec: RunSpec, state: State, own: dict[str, Any]
) -> None:
    torch.save(state, tmp_path / "net.pt")
    bytes_ = {key: tuple(255 * value for value in values) for key, values in own.items()}
    workspaces = [opened(tiny_spec, tmp_path / "net.pt", model=each)[0] for each in (own, bytes_)]
    one, other = (workspace.pictures.normalisation for workspace in workspaces)
    assert one.mean == pytest.approx(other.mean) and one.std == pytest.approx(other.std)
    assert workspaces[1].card.model is not None
    assert workspaces[1].card.model.reads.why["normalisation"] == "the spec"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"mean": [0.5] * 3}, "mean without std: give both"),
        ({"std": [0.5] * 3}, "std without mean: give both"),
        ({"mean": [123.7] * 3, "std": [0.2] * 3}, "both for 0 to 255"),
        ({"mean": [0.5] * 3, "std": [58.4] * 3}, "both for 0 to 255"),
        ({"mean": [0.5] * 3, "std": [0.5, 0.0, 0.5]}, "model.std"),
        ({"mean": [], "std": []}, "model.mean"),
        ({"mean": [300.0], "std": [1.0]}, "model.mean"),
        ({"order": "GBR"}, "model.order"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(tiny_spec: RunSpec, model: dict[str, Any], said: str) -> None:
    raw = tiny_spec.model_dump(mode="json", exclude_none=True)
    raw["model"] |= model
    with pytest.raises(SpecError, match=said) as caught:
        parse_spec(raw)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 160


def test_one_value_is_for_all_channels_and_two_are_a_mistake(tmp_path: Path, tiny_spec: RunSpec, state: State) -> None:
    torch.save(state, tmp_path / "net.pt")
    workspace, _ = opened(tiny_spec, tmp_path / "net.pt", model={"mean": (0.5,), "std": (0.5,)})
    assert workspace.pictures.normalisation.mean == (0.5,) * 3
    with pytest.raises(CheckpointError, match="reads 3 channels, and the spec gives mean or deviation for 2"):
        opened(tiny_spec, tmp_path / "net.pt", model={"mean": (0.5, 0.5), "std": (0.5, 0.5)})


def test_nets_that_take_bytes_less_the_mean_are_understood(tiny_spec: RunSpec) -> None:
    from maga_desk.domain.preprocessing import in_units

    mean, std = in_units((103.9, 116.8, 123.7), (1.0,) * 3)
    assert std == (1 / 255,) * 3 and mean[0] == pytest.approx(103.9 / 255)
    assert in_units((0.0,), (255.0,)) == ((0.0,), (1.0,))
    assert in_units((0.0,), (1.0,)) == ((0.0,), (1.0,))


def test_a_size_that_a_net_cannot_take_is_said_before_any_picture_is_decoded(
    tmp_path: Path, tiny_spec: RunSpec
) -> None:
    torch.save(Wide().state_dict(), tmp_path / "wide.pt")
    with pytest.raises(UserError):
        opened(tiny_spec, tmp_path / "wide.pt", size=8)


def test_that_the_order_of_very_many_classes_is_not_looked_for_is_said(tiny_model: Path) -> None:
    found = candidate(ModelSpec(), read_contents(tiny_model))
    many = replace(found, facts=replace(found.facts, outputs=2001))
    unnamed = replace(many, info=replace(many.info, classes=None))
    (line,) = order_unsought(unnamed)
    assert "Of 2,001 outputs" in line and "up to 2,000" in line and "[model] classes" in line
    assert order_unsought(many) == ()
