"""Checkpoints: ours and other programs', and those that must be refused."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.errors import CheckpointError, OutputError
from maga_desk.models.checkpoint import read_state, restore, write_checkpoint
from maga_desk.models.families.registry import build

INFO = CheckpointInfo(
    arch="resnet8", classes=("cat", "dog"), families={"tom": "cat"}, mean=(0.1, 0.2, 0.3), std=(1, 1, 1), size=32,
    made={"by": "train", "seconds": 1.5},
)  # fmt: skip


def same(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    one, two = first.state_dict(), second.state_dict()
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def test_round_trip_with_all_that_is_known(tmp_path: Path) -> None:
    model = build("resnet8", 2)
    write_checkpoint(tmp_path / "a.safetensors", model, INFO)
    state, info = read_state(tmp_path / "a.safetensors")
    assert info == INFO
    again, arch = restore(state, info.arch, where="a")
    assert arch == "resnet8"
    assert same(model, again)


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model": s}])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_state_dicts_of_other_programs(tmp_path: Path, wrap: object, prefix: str) -> None:
    model = build("resnet8", 5)
    state = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    torch.save(wrap(state), tmp_path / "a.pt")  # type: ignore[operator]
    read, info = read_state(tmp_path / "a.pt")
    again, arch = restore(read, None, where="a")
    assert info == CheckpointInfo()
    assert arch == "resnet8"
    assert same(model, again)


def test_a_pickle_that_wants_to_run_code_is_refused_and_not_executed(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {marker}",)

    torch.save({"weights": Trap()}, tmp_path / "zip.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps({"weights": Trap()}))
    for name in ("zip.pt", "plain.pt"):
        with pytest.raises(CheckpointError, match=r"wants to run code|not a checkpoint") as caught:
            read_state(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(CheckpointError, match="wants to run code"):
        read_state(tmp_path / "zip.pt")
    assert not marker.exists()
    pickle.loads((tmp_path / "plain.pt").read_bytes())
    assert marker.exists()  # the trap itself works: it was the reader that did not step into it


def test_of_a_whole_pickled_model_the_weights_are_read(tmp_path: Path) -> None:
    model = build("resnet8", 2)
    torch.save(model, tmp_path / "model.pt")
    again, arch = restore(read_state(tmp_path / "model.pt")[0], None, where="a")
    assert arch == "resnet8"
    assert same(model, again)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello, world, this is text",
        b"PK\x03\x04 no zip",
        b"\x80\x04 no pickle",
        bytes(8) + b"{broken",
        b"\x00" * 100,
    ],
)
def test_files_that_are_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read_state(tmp_path / "x.pt")
    assert "x.pt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_and_empty_dicts(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        read_state(tmp_path / "none.pt")
    torch.save({"epoch": 3}, tmp_path / "empty.pt")
    with pytest.raises(CheckpointError, match="holds no weights"):
        read_state(tmp_path / "empty.pt")


def test_metadata_of_the_wrong_form_is_named(tmp_path: Path) -> None:
    state = build("resnet8", 2).state_dict()
    safetensors.torch.save_file(state, tmp_path / "a.safetensors", metadata={"maga_desk": '{"mean": "red"}'})
    with pytest.raises(CheckpointError, match="metadata"):
        read_state(tmp_path / "a.safetensors")


def test_missing_extra_misshapen_and_infinite_tensors(tmp_path: Path) -> None:
    state = build("resnet8", 3).state_dict()
    without = {name: tensor for name, tensor in state.items() if name != "stem.0.weight"}
    with pytest.raises(CheckpointError, match=r"1 tensors are missing \(stem.0.weight\)"):
        restore(without, "resnet8", where="x")
    with pytest.raises(CheckpointError, match=r"1 are unknown \(extra\)"):
        restore({**state, "extra": torch.zeros(1)}, "resnet8", where="x")
    with pytest.raises(CheckpointError, match=r"stem.0.weight is \(1, 3, 3, 3\)"):
        restore({**state, "stem.0.weight": torch.zeros(1, 3, 3, 3)}, "resnet8", where="x")
    with pytest.raises(CheckpointError, match="not finite"):
        restore({**state, "head.bias": torch.full((3,), torch.nan)}, "resnet8", where="x")
    with pytest.raises(CheckpointError, match="does not fit resnet18"):
        restore(state, "resnet18", where="x")
    with pytest.raises(CheckpointError, match="does not say its architecture"):
        restore(without, None, where="x")
    with pytest.raises(CheckpointError, match="no architecture is called 'resnet9'"):
        restore(state, "resnet9", where="x")


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        write_checkpoint(tmp_path / "file" / "a.safetensors", build("resnet8", 2), INFO)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
