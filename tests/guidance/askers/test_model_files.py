"""Finding a model and looking at it before it is loaded. Nothing of a stranger's is run, nothing is fetched."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.guidance.askers import model_files
from maga_desk.guidance.askers.asker import Ask
from maga_desk.guidance.askers.mllm import LocalModel
from maga_desk.guidance.askers.model_files import choose_precision, find_model
from maga_desk.guidance.exemplars import Exemplar
from tests.guidance import tiny_models

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_models.save_llava(tmp_path / "model")


def fault(name: str | None, exemplars: list[Exemplar] | None = None, **more: object) -> str:
    """The one line that a person sees."""
    guidance = GuidanceSpec(proposer="mllm", model=name, **more)  # type: ignore[arg-type]
    asks = [Ask((0, 1), each, "True or False?") for each in exemplars or ()]
    with pytest.raises(GuidanceError) as caught:
        list(LocalModel(guidance, CPU).ask(asks, RunControl()))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def edit(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def test_places_that_hold_no_model(tmp_path: Path) -> None:
    assert "no model is given" in fault(None)
    assert "no model: there is no config.json" in fault(str(tmp_path))
    assert "there is no such folder" in fault(str(tmp_path / "nowhere"))
    assert "there is no such folder" in fault("./nowhere")
    assert "neither a folder nor a hub name" in fault("what ever?!")
    (tmp_path / "config.json").write_text("[1, 2")
    assert "config.json cannot be read" in fault(str(tmp_path))
    (tmp_path / "config.json").write_text("[1, 2]")
    assert "config.json is no model configuration" in fault(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "no_such_thing"}')
    assert "transformers does not know this model (no_such_thing)" in fault(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    assert "transformers does not know this model (without a model_type)" in fault(str(tmp_path))


def test_a_hub_name_is_looked_up_in_the_cache_and_never_fetched(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    assert "neither a folder nor in the hub's cache; fetch it: hf download some/model" in fault("some/model")
    assert "hf download some/model --revision v2" in fault("some/model", revision="v2")
    commit = "0123456789abcdef0123456789abcdef01234567"
    place = tmp_path / "hub" / "models--some--model"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(commit)
    (place / "snapshots").mkdir()
    folder.rename(place / "snapshots" / commit)
    found = find_model("some/model", None)
    assert (found.name, found.folder, found.revision) == ("some/model", place / "snapshots" / commit, commit[:12])
    assert find_model("some/model", commit).folder == found.folder


def test_code_of_its_own_is_never_run(folder: Path, tmp_path: Path) -> None:
    trace = tmp_path / "was run"
    (folder / "configuration_evil.py").write_text(f"open({str(trace)!r}, 'w')\n")
    edit(folder, model_type="evil", auto_map={"AutoConfig": "configuration_evil.EvilConfig"})
    assert "the model needs code of its own, which is never run" in fault(str(folder))
    assert not trace.exists()


def test_only_safetensors_are_read(folder: Path, exemplars: list[Exemplar]) -> None:
    weights = folder / "model.safetensors"
    torch.save(load_file(weights), folder / "pytorch_model.bin")
    whole = weights.read_bytes()
    weights.unlink()
    assert "there are no safetensors weights; other formats can run code and are not read" in fault(str(folder))
    for broken in (b"", b"\x01\x02", struct.pack("<Q", 2**60) + b"{}", struct.pack("<Q", 8) + b"nonsense"):
        weights.write_bytes(broken)
        assert "model.safetensors: the weights are no safetensors file" in fault(str(folder))
    weights.write_bytes(whole[:-100])
    assert "the model cannot be loaded" in fault(str(folder), exemplars)


def test_weights_that_are_missing_are_not_made_up(folder: Path, exemplars: list[Exemplar]) -> None:
    weights = load_file(folder / "model.safetensors")
    gone = next(name for name in weights if "q_proj" in name)
    del weights[gone]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert "weights are missing" in fault(str(folder), exemplars)


def test_the_revision_changes_with_any_file(folder: Path) -> None:
    seen = {find_model(str(folder), None).revision}
    assert find_model(str(folder), None).revision in seen
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    seen.add(find_model(str(folder), None).revision)
    weights = load_file(folder / "model.safetensors")
    name = next(iter(weights))
    save_file({**weights, name: weights[name] + 1}, folder / "model.safetensors", metadata={"format": "pt"})
    seen.add(find_model(str(folder), None).revision)
    assert len(seen) == 3


def test_memory_is_looked_at_before_loading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = find_model(str(folder), None)
    count = sum(weight.numel() for weight in load_file(folder / "model.safetensors").values())
    assert files.parameters() == count
    assert choose_precision("auto", files, CPU) == "float32"
    monkeypatch.setattr(model_files, "_SMALL", 0)
    for free, precision in ((5 * count, "float32"), (4 * count, "bfloat16")):
        monkeypatch.setattr(model_files, "free_memory", lambda _device, free=free: free)
        assert choose_precision("auto", files, CPU) == precision
    with pytest.raises(GuidanceError, match=r"not enough memory: in float32 the model needs about .* GB are free"):
        choose_precision("float32", files, CPU)
    monkeypatch.setattr(model_files, "free_memory", lambda _device: count)
    monkeypatch.setattr(model_files, "load", lambda *_: pytest.fail("loaded"))
    line = fault(str(folder))
    assert "not enough memory: in bfloat16" in line and "take a smaller model" in line


def test_four_bits_need_their_library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    line = "4bit loading needs bitsandbytes and accelerate; pip install bitsandbytes accelerate"
    assert line in fault(str(folder), precision="4bit")
