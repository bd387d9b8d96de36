"""Inputs that once ran and were silently wrong: each is read rightly now, or said.

The others of their kind: an average of the net (``test_fitting``), two orders of classes (``test_fitting``), pictures
that were cut to half (``test_trial``, ``test_framing``).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn

from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import drained
from maga_desk.domain.specs.run import DataSpec, RunSpec
from maga_desk.models.families.registry import build
from maga_desk.models.heads import head_of
from maga_desk.services.workspace import Workspace, open_workspace

FEW = 48  # pictures that a net's head is fitted to


def fitted(net: nn.Module, spec: RunSpec, mean: float, std: float) -> dict[str, Tensor]:
    """The state of a net of random features whose head names the few training pictures, read with this mean and
    deviation, rightly.
    """
    images = load_pictures(spec.data, size=16)
    pixels = (torch.from_numpy(images.train.whole()).float() / 255 - mean) / std
    seen: list[Tensor] = []
    head = head_of(net)
    hook = head.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        net.eval()(pixels)
        hook.remove()
        wanted = nn.functional.one_hot(torch.from_numpy(images.train.labels), 4).double()
        features = torch.cat([seen[0].double(), torch.ones(len(pixels), 1, dtype=torch.double)], dim=1)
        weights = torch.linalg.lstsq(features, wanted, driver="gelsd").solution.float()
        head.weight.copy_(weights[:-1].T)
        assert head.bias is not None
        head.bias.copy_(weights[-1])
    return dict(net.state_dict())


@pytest.fixture
def few(tiny_spec: RunSpec) -> RunSpec:
    return tiny_spec.with_changes("data", train_limit=FEW, size=16)


def opening(spec: RunSpec, path: Path) -> Workspace:
    workspace: Workspace = drained(open_workspace(spec.with_changes("model", checkpoint=str(path)), RunControl()))
    return workspace


@pytest.mark.parametrize(
    ("mean", "std", "title"), [(0.0, 1.0, "0 to 1, not normalised"), (0.5, 0.5, "-1 to 1 (mean and deviation 0.5)")]
)
def test_pixels_that_were_not_normalised_or_by_one_half(
    tmp_path: Path, few: RunSpec, mean: float, std: float, title: str
) -> None:
    torch.manual_seed(0)
    torch.save(fitted(build("resnet8", 4), few, mean, std), tmp_path / "net.pt")
    workspace = opening(few, tmp_path / "net.pt")
    assert workspace.pictures.normalisation.mean == (mean,) * 3 and workspace.card.accuracy_train > 80
    assert any(f"Tried: {title}" in note for note in workspace.card.notes)


def test_a_net_whose_first_pooling_was_taken_out(tmp_path: Path, few: RunSpec) -> None:
    torch.manual_seed(0)
    net = torchvision.models.resnet18(num_classes=4)
    net.maxpool = nn.Identity()
    torch.save(fitted(net, few, 0.0, 1.0), tmp_path / "net.pt")
    workspace = opening(few.with_changes("model", mean=(0.0,), std=(1.0,), order="RGB"), tmp_path / "net.pt")
    assert "pooling" in workspace.card.arch and workspace.card.accuracy_train > 80
    assert workspace.card.model is not None and len({each.form for each in workspace.card.model.reads.tried}) > 1


@pytest.mark.parametrize("how", ["avif", "nested"])
def test_half_of_the_pictures_in_another_format_or_a_folder_deeper(tiny_folder: Path, tmp_path: Path, how: str) -> None:
    root = tmp_path / "half"
    for path in tiny_folder.rglob("*.png"):
        if int(path.stem) >= 6:
            continue
        place = root / path.relative_to(tiny_folder)
        if int(path.stem) % 2 and how == "nested":
            place = place.parent / "deeper" / place.name
        place.parent.mkdir(parents=True, exist_ok=True)
        if int(path.stem) % 2 and how == "avif":
            Image.open(path).save(place.with_suffix(".avif"))
        else:
            shutil.copy(path, place)
    images = load_pictures(DataSpec(path=str(root)), size=16)
    used: dict[str, Any] = dict(images.found.used)
    assert len(images.train) == sum(used["train"].values()) == 24 and images.found.skipped_files == 0
    assert np.bincount(images.train.labels).tolist() == [6] * 4
