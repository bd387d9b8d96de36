"""Pickles of strangers: nothing of them runs, and the weights are found all the same."""

from __future__ import annotations

import argparse
import datetime
import functools
import os
import pickle
import subprocess
import zipfile
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.domain.errors import CheckpointError
from maga_desk.models.checkpoint import read_state
from maga_desk.models.families.registry import build
from maga_desk.models.reading import files, inert
from maga_desk.models.reading.contents import read_contents

STATE = build("resnet8", 3).state_dict()


def same(read: dict[str, torch.Tensor], state: dict[str, torch.Tensor]) -> bool:
    return read.keys() == state.keys() and all(torch.equal(read[name], state[name]) for name in state)


class Own(nn.Module):
    """A net of the author's own: with buffers that are not saved, and things that are no tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.fc = nn.Linear(4, 3)
        self.register_buffer("scratch", torch.ones(2), persistent=False)
        self.norm = functools.partial(nn.LayerNorm, eps=1e-6)
        self.activation = nn.functional.relu


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize(
    "beside",
    [
        {"args": argparse.Namespace(model="x", lr=0.1, out=Path("a"))},
        {
            "best_acc": np.float64(93.1),
            "confusion": np.eye(3),
            "when": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        },
        {"history": defaultdict(list, loss=[1.0]), "seen": {1, 2}, "rng": np.random.default_rng(0).bit_generator.state},
        {"optimizer": torch.optim.AdamW(build("resnet8", 3).parameters()).state_dict()},
    ],
    ids=["namespace", "numpy", "containers", "optimiser"],
)
def test_harmless_things_beside_the_weights_are_read(tmp_path: Path, beside: dict[str, Any], old: bool) -> None:
    torch.save({"model": STATE, "epoch": 3, **beside}, tmp_path / "a.pth", _use_new_zipfile_serialization=not old)
    contents = read_contents(tmp_path / "a.pth")
    assert same(contents.nets[0].state, STATE)
    assert contents.nets[0].place == "model"
    assert contents.epoch == 3


@pytest.mark.parametrize("wrap", [lambda net: net, lambda net: {"net": net, "epoch": 1}], ids=["alone", "in a dict"])
def test_a_whole_pickled_net_gives_its_tensors_without_being_built(tmp_path: Path, wrap: Any) -> None:
    net = Own()
    torch.save(wrap(net), tmp_path / "net.pt")
    found = read_contents(tmp_path / "net.pt").nets[0]
    assert same(found.state, net.state_dict())
    assert "scratch" not in found.state
    assert found.whole.endswith(".Own")


def test_a_class_that_runs_code_when_it_is_made_is_never_made(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Loud(nn.Module):
        def __setstate__(self, state: Any) -> None:
            marker.touch()

    globals()["Loud"] = Loud
    Loud.__qualname__ = "Loud"
    net = Loud()
    net.fc = nn.Linear(3, 2)
    torch.save(net, tmp_path / "net.pt")
    assert read_contents(tmp_path / "net.pt").nets[0].state.keys() == {"fc.weight", "fc.bias"}
    assert not marker.exists()


CALLS = {
    "a shell": lambda place: (os.system, (f"touch {place}",)),
    "a process": lambda place: (subprocess.check_call, (["touch", str(place)],)),
    "an expression": lambda place: (eval, (f"open({str(place)!r}, 'w')",)),
    "an attribute": lambda _place: (getattr, ("text", "upper")),
    "an import": lambda _place: (__import__, ("os",)),
    "a file": lambda place: (open, (str(place), "w")),
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_pickle_that_calls_anything_else_is_refused_by_its_name(tmp_path: Path, call: Any, old: bool) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return call(tmp_path / "ran")

    torch.save({"model": STATE, "extra": Trap()}, tmp_path / "a.pt", _use_new_zipfile_serialization=not old)
    with pytest.raises(CheckpointError, match=r"wants to run code \(\S+\), and nothing of it was executed") as caught:
        read_state(tmp_path / "a.pt")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_tricks_with_stand_ins_lead_nowhere(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    makers = [
        b"cposix\nsystem\n(S'touch " + os.fsencode(marker) + b"'\ntR.",  # a global, called
        b"(S'touch " + os.fsencode(marker) + b"'\niposix\nsystem\n.",  # an object of an old kind
        b"\x80\x02ctorch._utils\n_import_dotted_name\nX\x02\x00\x00\x00os\x85R.",  # one of torch's, but no maker
        b"\x80\x02ctorch\nload\nX\x01\x00\x00\x00x\x85R.",
        b"\x80\x02cbuiltins\nmap\ncos\nsystem\n]X\x02\x00\x00\x00lsa\x86R.",
    ]
    for number, content in enumerate(makers):
        path = tmp_path / f"{number}.pt"
        path.write_bytes(content)
        with pytest.raises(CheckpointError):
            read_state(path)
    assert not marker.exists()


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_scripted_net_gives_its_weights_and_its_code_is_not_read(tmp_path: Path) -> None:
    net = nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4))).eval()
    torch.jit.save(torch.jit.script(net), str(tmp_path / "net.pt"))
    contents = read_contents(tmp_path / "net.pt")
    assert contents.kind == "TorchScript"
    assert same(contents.nets[0].state, net.state_dict())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "Keras"),
        (b"\x1f\x8b" + bytes(90), "gzip"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        (b"\x08\x07\x12\x07pytorch" + bytes(90), "ONNX"),
        (b"PK\x05\x06" + bytes(18), "not a checkpoint|archive"),
    ],
)
def test_what_is_none_says_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=said):
        read_state(tmp_path / "x.pt")


def test_a_nested_bomb_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "deep.pt").write_bytes(b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".")
    with pytest.raises(CheckpointError):
        read_state(tmp_path / "deep.pt")
    (tmp_path / "shape.pt").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(CheckpointError, match=r"weights|not a checkpoint"):
        read_state(tmp_path / "shape.pt")


def test_a_pickle_of_endless_operations_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inert._Counted, "left", 1_000)
    path = tmp_path / "net.pt"
    torch.save({"fc.weight": torch.zeros(2, 2), "names": [str(i) for i in range(500)]}, path)
    with pytest.raises(CheckpointError, match="not a checkpoint, or a damaged one"):
        read_contents(path)


@pytest.mark.parametrize("name", ["data/0", "data.pkl"])
def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(files, "_HARMLESS", 100_000)
    torch.save({"fc.weight": torch.zeros(2, 2)}, tmp_path / "sound.pt")
    with (
        zipfile.ZipFile(tmp_path / "sound.pt") as sound,
        zipfile.ZipFile(tmp_path / "net.pt", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for each in sound.namelist():
            packed.writestr(each, bytes(2**22) if each.endswith(name) else sound.read(each))
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(CheckpointError, match=r"unpacks to 0\.0 GB, as archive bombs do"):
        read_contents(tmp_path / "net.pt")
