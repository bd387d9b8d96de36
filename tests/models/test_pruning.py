"""A pruned net stays as sparse as it came: its zeros are zero after every step, in copies, fresh nets and files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import drained
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.routine import fresh_model
from maga_desk.models.checkpoint import plain_state, read_state, restore, write_checkpoint
from maga_desk.models.families.registry import build
from maga_desk.models.pruning import SPARSE, found_zeros, keep_zeros, zeros_of
from maga_desk.models.reading.quantised import quantiser
from maga_desk.services.erasure import Erasure
from maga_desk.services.exporting import export
from maga_desk.services.judging.trainings import Training, read_reference, train_without
from maga_desk.services.judging.yardsticks import claim
from tests.engine.materials import inputs_for, unlearn
from tests.services.test_fitting import opened

LAYERS = ("stem.0", "stages.1.0.conv1", "head")


@pytest.fixture
def pruned(tmp_path: Path, tiny_model: Path) -> Path:
    net = restore(read_state(tiny_model)[0], None, where="x")[0]
    for name in LAYERS:
        prune.l1_unstructured(net.get_submodule(name), "weight", amount=0.25)
    torch.save({"net": net.state_dict()}, tmp_path / "sparse.pth")
    return tmp_path / "sparse.pth"


def zeros(state: dict[str, torch.Tensor]) -> dict[str, int]:
    return {name: int((state[f"{name}.weight"] == 0).sum()) for name in LAYERS}


@pytest.mark.parametrize("method", ["fine-tune", "fisher", "lfssd", "retrain"])
def test_zeros_stay_zero_and_go_back_as_masks(method: str, pruned: Path, tmp_path: Path, tiny_spec: RunSpec) -> None:
    workspace, said = opened(tiny_spec, pruned)
    assert any("25% of the weights of 3 layers were pruned away" in line for line in said)
    before = zeros(workspace.model.state_dict())
    assert all(before.values())
    quick: dict[str, Any] = {"fine-tune": {"epochs": 1}, "retrain": {"epochs": 1}}.get(method, {})
    _, outcome = unlearn(method, inputs_for(workspace, tiny_spec), **quick)
    assert zeros(plain_state(outcome.model)) == before
    checkpoint = write_checkpoint(tmp_path / "unlearned.safetensors", outcome.model, workspace.info)
    list(export(checkpoint, "own", tmp_path / "back.pth", RunControl()))
    theirs = build("resnet8", 4)
    for name in LAYERS:
        prune.identity(theirs.get_submodule(name), "weight")
    theirs.load_state_dict(torch.load(tmp_path / "back.pth", weights_only=True)["net"])
    assert {name: int((theirs.get_submodule(name).weight_mask == 0).sum()) for name in LAYERS} == before
    again, _ = opened(tiny_spec, checkpoint)
    assert zeros_of(again.model).keys() == {f"{name}.weight" for name in LAYERS}, "and the next time as well"


def test_zeros_without_a_mask_stay_zero_too(tiny_model: Path, tmp_path: Path, tiny_spec: RunSpec) -> None:
    """As `prune.remove` and other programs leave them; also in a file of this program."""
    state, info = read_state(tiny_model)
    for name in LAYERS:
        weight = state[f"{name}.weight"]
        weight[weight.abs() <= weight.abs().flatten().median()] = 0
    net = restore(state, info.arch, where="x")[0]
    torch.save(net.state_dict(), tmp_path / "dense.pth")
    for file in (tmp_path / "dense.pth", write_checkpoint(tmp_path / "ours.safetensors", net, info)):
        workspace, said = opened(tiny_spec, file)
        assert any("50% of the weights of 3 layers were pruned away" in line for line in said)
        before = zeros(workspace.model.state_dict())
        _, outcome = unlearn("salun", inputs_for(workspace, tiny_spec))
        assert zeros(plain_state(outcome.model)) == before


def test_zeros_that_training_or_rounding_leaves_are_no_pruning() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(32, 16, 3, 3, generator=generator)
    dead, few = weight.clone(), weight.clone()
    dead[:12] = 0
    few.flatten()[::40] = 0
    rounded = torch.round(weight * 4) / 4
    assert (rounded == 0).float().mean() > SPARSE
    assert not found_zeros({"a.weight": dead, "b.weight": few, "c.weight": rounded, "d.weight": torch.zeros(4, 4)})
    sparse = weight * (torch.rand(weight.shape, generator=generator) > 0.3)
    assert found_zeros({"a.weight": sparse, "a.bias": torch.zeros(32)}).keys() == {"a.weight"}


def test_copies_and_fresh_nets_keep_them(tiny_spec: RunSpec, tiny_workspace: Any) -> None:
    net = tiny_workspace.model
    mask = torch.rand(net.head.weight.shape) > 0.5
    keep_zeros(net, {"head.weight": mask})
    fresh = fresh_model(net, 4, 1, tiny_workspace.runtime)
    for each in (copy.deepcopy(net), fresh):
        with torch.no_grad():
            each.head.weight.fill_(1.0)
        images = torch.zeros(2, 3, 16, 16)
        (each(images) + each(images)).sum().backward()
        assert torch.equal(each.head.weight != 0, mask)
    assert plain_state(net)["head.weight"].count_nonzero() <= mask.sum()


def test_a_retrained_net_is_pruned_alike_also_from_its_file_and_its_record_says_so(
    pruned: Path, tiny_spec: RunSpec, tiny_workspace: Any
) -> None:
    workspace, _ = opened(tiny_spec, pruned)
    recipe = {"epochs": 1, "lr": 0.1, "batch_size": 32}
    erasure = Erasure.of(workspace, tiny_spec.with_changes("audit", recipe=recipe))
    training = Training(erasure.gone, 1)
    made = drained(train_without(erasure, training, RunControl(), "Retraining", watched=False))
    again = read_reference(workspace, made.path)
    masks = zeros_of(workspace.model)
    assert masks and zeros_of(again.model).keys() == masks.keys(), "relearning cannot fill its zeros"
    assert "pruned as the original is: the same 25%" in claim(erasure, again.model, again.info, again.path).reasons[-1]
    dense = build("resnet8", 4)
    said = claim(erasure, dense, made.info, made.path).reasons[-1]
    assert "The original is pruned" in said and "this model is not" in said
    other = Erasure.of(tiny_workspace, erasure.spec)
    assert other.workspace.images.fingerprint == workspace.images.fingerprint
    assert erasure.training_digest(erasure.gone, 1) != other.training_digest(erasure.gone, 1), (
        "a dense net's is another"
    )


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_quantised_weights_are_named_and_refused(tmp_path: Path, tiny_spec: RunSpec, tiny_model: Path) -> None:
    state = dict(read_state(tiny_model)[0])
    packed = torch.quantize_per_tensor(state["head.weight"], 0.1, 0, torch.qint8)
    torch.save({**state, "head.weight": packed}, tmp_path / "packed.pth")
    with pytest.raises(CheckpointError, match=r"was quantised \(PyTorch's quantisation\)"):
        opened(tiny_spec, tmp_path / "packed.pth")
    eight = {"fc.weight": torch.zeros(3, 4, dtype=torch.int8), "fc.SCB": torch.ones(3)}
    assert quantiser(eight) == "bitsandbytes"
    assert quantiser({"fc.weight": torch.zeros(3, 4).to(torch.float8_e4m3fn)}) == "8-bit floating point"
    assert quantiser({"fc.weight": torch.zeros(3, 4, dtype=torch.int8)}) == "weights in whole numbers"
    assert not quantiser(nn.BatchNorm2d(3).state_dict() | state)
