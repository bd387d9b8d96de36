"""Where training programs put the weights: under keys and prefixes of their own, twice, in shards, in folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn
from torch.nn.utils import prune
from torch.optim.swa_utils import AveragedModel

from maga_desk.domain.errors import CheckpointError
from maga_desk.models.checkpoint import read_state, restore
from maga_desk.models.families.registry import build
from maga_desk.models.reading.contents import read_contents
from maga_desk.models.reading.weights import find_weights

NET = build("resnet8", 3)
STATE = NET.state_dict()


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in STATE.items()}


@pytest.mark.parametrize(
    "prefix",
    [
        "module.",
        "_orig_mod.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "model.",
        "net.module.",
        "backbone.",
        "my_net.",
        "a.b.c.",
    ],
)
def test_any_common_prefix_is_taken_off(prefix: str) -> None:
    found = find_weights({"state_dict": prefixed(prefix)})[0]
    assert found.state.keys() == STATE.keys()
    assert found.prefix == prefix


@pytest.mark.parametrize(
    "tree",
    [
        {"anything": STATE},
        {"checkpoint": {"model": STATE, "step": 3}},
        {"state_dict": {**prefixed("model."), "criterion.weight": torch.ones(3)}, "hyper_parameters": {"lr": 1}},
        {"state_dict": {**prefixed("net."), "train_acc.confmat": torch.zeros(3, 3)}},
        [STATE, {"optimizer": {"state": {0: {"step": 1, "exp_avg": torch.ones(3, 3), "v": torch.ones(3, 3)}}}}],
        {"net": {"stem": {"0": {"weight": STATE["stem.0.weight"]}}, "head": {"weight": STATE["head.weight"]}}},
    ],
    ids=["any key", "nested", "Lightning with a loss", "Lightning with a metric", "a list", "a tree of modules"],
)
def test_the_one_mapping_of_tensors_that_is_a_net_is_found(tree: Any) -> None:
    found = find_weights(tree)[0]
    assert set(found.state) <= set(STATE)
    assert torch.equal(found.state["head.weight"], STATE["head.weight"])
    assert not [name for name in found.state if "criterion" in name or "confmat" in name]


@pytest.mark.parametrize("key", ["state_dict_ema", "model_ema", "ema_state_dict", "ema", "swa_model", "teacher"])
def test_an_average_of_the_net_is_found_beside_it_and_alone(key: str) -> None:
    averaged = {name: tensor + 1 for name, tensor in STATE.items()}
    both = find_weights({"state_dict": STATE, key: averaged})
    assert [each.averaged for each in both] == [False, True]
    alone = find_weights({key: averaged, "epoch": 3})
    assert [each.averaged for each in alone] == [True]
    assert alone[0].state.keys() == STATE.keys()


def test_torchs_own_average_is_named(tmp_path: Path) -> None:
    torch.save(AveragedModel(NET).state_dict(), tmp_path / "a.pt")
    (found,) = read_contents(tmp_path / "a.pt").nets
    assert found.averaged
    assert found.state.keys() == STATE.keys()


def test_pruning_masks_are_multiplied_out_and_kept() -> None:
    net = build("resnet8", 3)
    convolution = net.get_submodule("stem.0")
    prune.l1_unstructured(convolution, "weight", amount=0.5)
    found = find_weights(net.state_dict())[0]
    assert found.state.keys() == STATE.keys()
    assert torch.equal(found.state["stem.0.weight"], convolution.weight)
    assert int((~found.masks["stem.0.weight"]).sum()) == convolution.weight.numel() // 2


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_number_formats_become_the_nets_own(tmp_path: Path, dtype: torch.dtype) -> None:
    state = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in STATE.items()}
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    model, arch = restore(read_state(tmp_path / "a.safetensors")[0], None, where="a")
    assert arch == "resnet8"
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.float32, torch.int64}


def test_shards_are_read_as_one_by_index_and_by_folder(tmp_path: Path) -> None:
    names = sorted(STATE)
    places = {name: f"model-0000{1 + number % 2}-of-00002.safetensors" for number, name in enumerate(names)}
    for file in set(places.values()):
        part = {name: STATE[name].contiguous() for name in names if places[name] == file}
        safetensors.torch.save_file(part, tmp_path / file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    for path in (index, tmp_path):
        assert read_state(path)[0].keys() == STATE.keys()
    index.write_text(json.dumps({"weight_map": {**places, "more": "../elsewhere.safetensors"}}))
    with pytest.raises(CheckpointError, match="outside of its folder"):
        read_state(index)
    index.write_text(json.dumps({"weight_map": {**places, "more": names and places[names[0]]}}))
    with pytest.raises(CheckpointError, match="in no shard"):
        read_state(index)


def test_a_folder_with_several_or_no_checkpoints_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="without weights"):
        read_state(tmp_path)
    torch.save(STATE, tmp_path / "last.pt")
    assert read_state(tmp_path)[0].keys() == STATE.keys()
    torch.save(STATE, tmp_path / "best.pt")
    with pytest.raises(CheckpointError, match=r"2 checkpoints \(best.pt, last.pt\)"):
        read_state(tmp_path)


def test_what_a_training_program_says_beside_the_weights_is_read(tmp_path: Path) -> None:
    torch.save(
        {"state_dict": STATE, "arch": "resnet8", "acc": 91.5, "epoch": 12, "class_names": ["a", "b", "c"]},
        tmp_path / "ckpt.pth",
    )
    contents = read_contents(tmp_path / "ckpt.pth")
    assert contents.named[0] == "resnet8"
    assert contents.score == ("acc", 91.5)
    assert contents.epoch == 12
    assert contents.info.classes == ("a", "b", "c")


def test_a_lone_layer_is_not_taken_for_a_wrapper() -> None:
    state = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)).state_dict()
    assert find_weights({"conv": state})[0].state.keys() == state.keys()
