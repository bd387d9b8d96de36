"""Programs that torch.export wrote give their weights; nothing of them runs."""

from __future__ import annotations

import io
import json
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.resnet import FAMILY
from maga_desk.models.reading.contents import read_contents


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    torch.manual_seed(0)
    net = FAMILY.build("resnet8", 4).eval()
    net.register_buffer("turned", torch.arange(6.0).view(2, 3).T)
    path = tmp_path_factory.mktemp("exported") / "net.pt2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the buffer that is no contiguous piece
        torch.export.save(torch.export.export(net, (torch.rand(2, 3, 16, 16),)), path)
    return net, path


def test_weights_and_buffers_are_as_in_the_net(written: tuple[nn.Module, Path]) -> None:
    net, path = written
    contents = read_contents(path)
    assert contents.nets[0].state.keys() == net.state_dict().keys()
    assert all(torch.equal(value, contents.nets[0].state[name]) for name, value in net.state_dict().items())


def test_what_an_earlier_pytorch_wrote(tmp_path: Path) -> None:
    weights = io.BytesIO()
    torch.save({"fc.weight": torch.ones(2, 3), "fc.bias": torch.zeros(2)}, weights)
    with zipfile.ZipFile(tmp_path / "net.pt2", "w") as archive:
        archive.writestr("serialized_exported_program.json", "{}")
        archive.writestr("serialized_state_dict.pt", weights.getvalue())
    contents = read_contents(tmp_path / "net.pt2")
    assert torch.equal(contents.nets[0].state["fc.weight"], torch.ones(2, 3))


def altered(path: Path, target: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy whose table says something else of the first tensor."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name.endswith("model_weights_config.json"):
                table = json.loads(content)
                change(next(iter(table["config"].values())))
                content = json.dumps(table).encode()
            after.writestr(name, content)
    return target


def meta(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda entry: entry["tensor_meta"].update(changes)


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.update(use_pickle=True),
        meta(dtype=99),
        meta(sizes=[{"as_int": 10**12}], strides=[{"as_int": 1}]),
        meta(sizes=[{"as_int": -4}], strides=[{"as_int": 1}]),
        meta(sizes=[{"as_expr": "s0"}]),
        lambda entry: entry.update(path_name="weight_none"),
    ],
    ids=["pickled", "unknown format", "larger than its bytes", "negative", "symbolic", "missing"],
)
def test_a_table_that_does_not_fit_is_one_line(
    written: tuple[nn.Module, Path], tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(CheckpointError, match="whose weights cannot be read"):
        read_contents(altered(written[1], tmp_path / "net.pt2", change))


def test_half_a_file(written: tuple[nn.Module, Path], tmp_path: Path) -> None:
    half = tmp_path / "half.pt2"
    shutil.copy(written[1], half)
    with half.open("r+b") as stream:
        stream.truncate(half.stat().st_size // 2)
    with pytest.raises(CheckpointError):
        read_contents(half)
