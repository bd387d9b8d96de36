"""A patch and its original make the very net again, bit for bit; nothing else makes anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maga_desk.cli import main
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, OutputError
from maga_desk.domain.events import Ended
from maga_desk.domain.files import sha256_of
from maga_desk.models.checkpoint import read_state
from maga_desk.models.patching import PATCH_KEY, _seal, apply_patch, digest_of, make_patch, read_patch
from maga_desk.services.exporting import export
from maga_desk.services.patching import apply


@pytest.fixture
def patch(finished: Path, tmp_path: Path) -> Path:
    """The patch of a finished run."""
    path = tmp_path / "net.patch"
    *_, ended = export(finished / "unlearned.safetensors", "patch", path, RunControl())
    assert isinstance(ended, Ended) and ended.summary is not None
    assert ended.summary["largest_difference"] == 0 and "SHA-256" in ended.summary["notes"][0]
    return path


def test_original_and_patch_give_the_very_file(patch: Path, finished: Path, tiny_model: Path, tmp_path: Path) -> None:
    made = apply(tiny_model, patch, tmp_path / "again.safetensors")
    assert made.sha256 == sha256_of(finished / "unlearned.safetensors")
    assert (
        made.forgotten and (tmp_path / "again.forgotten.txt").read_bytes() == (finished / "forgotten.txt").read_bytes()
    )
    read = read_patch(patch)
    assert 0 < read.changed <= read.values and read.original == sha256_of(tiny_model)


def test_from_the_command_line(
    patch: Path, finished: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again.safetensors"
    assert main(["apply-patch", str(tiny_model), str(patch), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sha256"] == sha256_of(finished / "unlearned.safetensors")
    assert main(["apply-patch", str(tiny_model), str(patch), "--out", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["apply-patch", str(tiny_model), str(patch), "--out", str(tiny_model), "--force"]) == 2
    assert "is the original" in capsys.readouterr().err


def test_another_original_is_refused(patch: Path, finished: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is not the original: its SHA-256 is another"):
        apply(finished / "unlearned.safetensors", patch, tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()
    other = finished / "unlearned.safetensors"
    with pytest.raises(CheckpointError, match="is not the original"):
        list(export(other, "patch", tmp_path / "b.patch", RunControl(), original=other))


def test_an_original_that_is_gone_is_said(finished: Path, tmp_path: Path) -> None:
    lone = tmp_path / "lone.safetensors"
    lone.write_bytes((finished / "unlearned.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match="no run lies around it"):
        list(export(lone, "patch", tmp_path / "a.patch", RunControl()))
    with pytest.raises(CheckpointError, match="the original is gone"):
        list(export(lone, "patch", tmp_path / "a.patch", RunControl(), original=tmp_path / "nothing"))
    assert not (tmp_path / "a.patch").exists()


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def _said_otherwise(content: bytes) -> bytes:
    return content.replace(b"maga_desk_patch", b"maga_desk_patch", 1).replace(b'\\"changed\\": ', b'\\"changed\\":1', 1)


@pytest.mark.parametrize("spoil", [_cut, _flipped, _said_otherwise, lambda _: b"", lambda _: b"{}" * 40])
def test_a_patch_that_was_cut_or_edited_is_refused(
    spoil: Callable[[bytes], bytes], patch: Path, tiny_model: Path, tmp_path: Path
) -> None:
    content = patch.read_bytes()
    assert spoil(content) != content
    patch.write_bytes(spoil(content))
    with pytest.raises(CheckpointError, match=r"cut|edited"):
        apply(tiny_model, patch, tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()


def test_what_is_no_patch_and_what_is_newer(patch: Path, tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is no patch"):
        apply(tiny_model, tiny_model, tmp_path / "a.safetensors")
    with safetensors.safe_open(patch, framework="pt") as stream:
        said = json.loads(stream.metadata()["maga_desk_patch"])
    newer = safetensors.torch.save({}, metadata={"maga_desk_patch": json.dumps({**said, "format": 2})})
    patch.write_bytes(newer)
    with pytest.raises(CheckpointError, match="newer version"):
        apply(tiny_model, patch, tmp_path / "a.safetensors")


@pytest.mark.parametrize("info", ["{}", '{"arch": null}', '{"arch": 5}', '{"mean": [1' + "0" * 400 + "]}", "no JSON"])
def test_a_sealed_patch_whose_record_says_no_architecture_is_refused(
    info: str, tiny_model: Path, tmp_path: Path
) -> None:
    state = read_state(tiny_model)[0]
    path, said = tmp_path / "a.patch", {"original": sha256_of(tiny_model), "original_name": "tiny"}
    path.write_bytes(make_patch(state, state, **said, info=info))
    with pytest.raises(CheckpointError, match=r"a\.patch.*(architecture|metadata cannot be understood)"):
        apply(tiny_model, path, tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.bool, torch.int64])
def test_a_sealed_patch_whose_changed_bits_are_no_bytes_is_refused(dtype: torch.dtype, tmp_path: Path) -> None:
    before, after = {"a": torch.zeros(99)}, {"a": torch.full((99,), 0.5)}
    path = tmp_path / "a.patch"
    path.write_bytes(make_patch(before, after, original="o", original_name="n", info="{}"))
    with safetensors.safe_open(path, framework="pt") as stream:
        said, stored = json.loads(stream.metadata()[PATCH_KEY]), {"a": stream.get_tensor("a")}
    assert said["tensors"]["a"] == {"how": "xor"} and stored["a"].dtype == torch.uint8
    stored = {"a": stored["a"].to(dtype)}
    said["seal"] = _seal(said, stored)
    path.write_bytes(safetensors.torch.save(stored, metadata={PATCH_KEY: json.dumps(said)}))
    with pytest.raises(CheckpointError, match="does not fit the original"):
        apply_patch(read_patch(path), before, where="x")


def test_without_room_nothing_is_left(finished: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    place = tmp_path / "new"
    place.mkdir()
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        with pytest.raises(OutputError, match="cannot write"):
            list(export(finished / "unlearned.safetensors", "patch", place / "net.patch", RunControl()))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(place.iterdir())


_DTYPES = st.sampled_from([torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.uint8])


@given(dtype=_DTYPES, size=st.integers(0, 40), changed=st.integers(0, 40), seed=st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_any_tensor_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, dtype: torch.dtype, size: int, changed: int, seed: int
) -> None:
    """NaN payloads, infinities and negative zeros too: bits are compared, not numbers."""
    draw = torch.Generator().manual_seed(seed)
    width = torch.empty(0, dtype=dtype).element_size()
    raw = torch.randint(0, 256, (size * width,), dtype=torch.uint8, generator=draw)
    other = raw.clone()
    other[: changed * width] = torch.randint(0, 256, (min(changed, size) * width,), dtype=torch.uint8, generator=draw)
    before, after = {"a": raw.view(dtype), "same": torch.ones(3)}, {"a": other.view(dtype), "same": torch.ones(3)}
    path = tmp_path_factory.mktemp("patch") / "a.patch"
    path.write_bytes(make_patch(before, after, original="o", original_name="n", info="{}"))
    patch = read_patch(path)
    made = apply_patch(patch, before, where="x")
    assert digest_of(made) == digest_of(after) and patch.changed <= min(changed, size)
