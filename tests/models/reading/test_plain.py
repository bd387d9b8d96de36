"""Tensors that are no plain weights are named before anything is made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from maga_desk.domain.errors import CheckpointError
from maga_desk.models.checkpoint import read_state
from maga_desk.models.reading.contents import METADATA_KEY, read_contents
from tests.conftest import NETS

WIDE = torch.zeros(8, 4)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (torch.zeros(1, 4).expand(60_000_000, 4), r"fc\.weight claims 60000000 x 4 values, and the file has 4"),
        (torch.zeros(1, 1).expand(2**40, 4), r"claims 1099511627776 x 4 values, and the file has 1"),
        (WIDE.to_sparse(), r"fc\.weight is sparse"),
        (WIDE.to(torch.complex64), "holds complex numbers"),
        (WIDE.to(torch.int64), "holds whole numbers"),
    ],
)
def test_what_is_no_weight_is_named(tmp_path: Path, head: torch.Tensor, says: str) -> None:
    path = tmp_path / "net.pt"
    torch.save({"conv.weight": torch.zeros(4, 3, 3, 3), "fc.weight": head, "fc.bias": torch.zeros(8)}, path)
    assert path.stat().st_size < 10_000
    with pytest.raises(CheckpointError, match=says):
        read_contents(path)


def test_a_view_of_what_the_file_holds_is_plain(tmp_path: Path) -> None:
    path, shared = tmp_path / "net.pt", torch.zeros(64)
    torch.save({"a.weight": shared[:32].view(8, 4).t(), "b.weight": shared[32:].view(8, 4)}, path)
    assert len(read_contents(path).nets[0].state) == 2


def test_one_value_may_stand_for_many_within_bounds(tmp_path: Path) -> None:
    """As a tensor that was expanded is saved."""
    state = {"a.weight": torch.full((1, 1), 0.5).expand(64, 32), "a.bias": torch.zeros(1).expand(64)}
    torch.save(state, tmp_path / "net.pt")
    assert read_contents(tmp_path / "net.pt").nets[0].state["a.weight"].shape == (64, 32)
    many = {f"{i}.weight": torch.zeros(1, 1).expand(10_000, 8_000) for i in range(3)}  # 320 MB each
    torch.save(many, tmp_path / "many.pt")
    with pytest.raises(CheckpointError, match=r"2\.weight claims 10000 x 8000 values"):
        read_contents(tmp_path / "many.pt")


def test_tables_of_places_and_masks_are_plain(tmp_path: Path) -> None:
    """Swin's files have where each pair of places looks, as whole numbers."""
    path = tmp_path / "net.pt"
    places = {"attention.relative_position_index": torch.zeros(49, 49, dtype=torch.int64)}
    masks = {"attention.mask": torch.ones(1, 1, 4, 4, dtype=torch.bool)}
    torch.save({"fc.weight": WIDE, "fc.bias": torch.zeros(8), **places, **masks}, path)
    assert len(read_contents(path).nets[0].state) == 4


def test_a_mapping_that_holds_itself_has_no_weights(tmp_path: Path) -> None:
    inner: dict[str, Any] = {}
    inner["inner"] = inner
    torch.save(inner, tmp_path / "net.pt")
    with pytest.raises(CheckpointError, match="holds no weights"):
        read_contents(tmp_path / "net.pt")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("size", 4000, "pictures of 4000 pixels a side, where 1,024 are the most"),
        ("size", True, "pictures of True pixels"),
        ("size", -5, "pictures of -5 pixels"),
        ("classes", "abc", "expected a list of classes"),
        ("classes", ["a", "a", "b", "c"], "a class is named twice"),
        ("mean", [float("nan")] * 3, "not finite"),
    ],
)
def test_metadata_that_cannot_be_meant_is_one_line(tmp_path: Path, key: str, value: object, says: str) -> None:
    state, info = read_state(NETS / "shapes.safetensors")
    said = {**json.loads(info.to_text()), key: value}
    path = tmp_path / "net.safetensors"
    save_file(state, path, {METADATA_KEY: json.dumps(said)})
    with pytest.raises(CheckpointError, match=says):
        read_contents(path)


@pytest.mark.parametrize("text", ["[]", '"x"', "5", "null", "[" * 100_000, "{", '{"families": [1]}'])
def test_metadata_of_another_kind_is_told_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.safetensors"
    save_file(read_state(NETS / "shapes.safetensors")[0], path, {METADATA_KEY: text})
    with pytest.raises(CheckpointError, match=r"\((it is no table|nested too deep|not as this program writes it)"):
        read_contents(path)


def test_a_recipe_that_cannot_be_is_left_aside(tmp_path: Path) -> None:
    state, info = read_state(NETS / "shapes.safetensors")
    path = tmp_path / "net.safetensors"
    said = info.with_made(recipe={"epochs": -3, "lr": 0.05})
    save_file(state, path, {METADATA_KEY: said.to_text()})
    recipe = read_contents(path).recipe.recipe()
    assert recipe.lr == 0.05 and recipe.epochs > 0


def test_packed_weights_in_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(CheckpointError, match=r"weights are packed \(model\.safetensors\.gz\)"):
        read_contents(tmp_path)
