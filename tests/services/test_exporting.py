"""Exports are proved by reloading, and written whole or not at all."""

from __future__ import annotations

import functools
import platform
import socket
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain import paths
from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.cost import host_mark
from maga_desk.domain.errors import CheckpointError, OutputError
from maga_desk.domain.events import Ended, Progress
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_info, read_state
from maga_desk.models.formats import registry
from maga_desk.models.formats.registry import FORMATS
from maga_desk.services.exporting import export
from maga_desk.services.runs import run


def exported(checkpoint: Path, fmt: str, target: Path, **options: Any) -> dict[str, Any]:
    *_, ended = export(checkpoint, fmt, target, RunControl(), **options)
    assert isinstance(ended, Ended) and ended.summary is not None
    return dict(ended.summary)


Once = Callable[[str], tuple[Path, dict[str, Any]]]


@pytest.fixture(scope="module")
def once(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Once:
    """The shapes' net as a format, in a folder that was new, and the export's summary. Do not write to the file."""

    @functools.cache
    def of(fmt: str) -> tuple[Path, dict[str, Any]]:
        target = tmp_path_factory.mktemp(fmt) / "new" / f"net{FORMATS[fmt].info.suffix}"
        return target, exported(tiny_model, fmt, target)

    return of


@pytest.mark.parametrize("fmt", [name for name in FORMATS if name not in ("patch", "int8")])  # which need a run
def test_each_format_predicts_the_same(fmt: str, once: Once) -> None:
    target, summary = once(fmt)
    assert summary["largest_difference"] < 1e-3
    assert summary["bytes"] == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_how_long_it_takes_is_said_once_it_is_known(tiny_model: Path, tmp_path: Path) -> None:
    def said(target: Path) -> list[float | None]:
        events = export(tiny_model, "safetensors", target, RunControl())
        return [event.seconds_left for event in events if isinstance(event, Progress)]

    said(tmp_path / "first.safetensors")
    paths.rates_file().unlink()
    assert said(tmp_path / "second.safetensors") == [None, None, None]
    assert (before := said(tmp_path / "third.safetensors"))[0] is not None and before[0] > 0
    assert before[-1] is None, "nothing is left"


@pytest.mark.parametrize("fmt", ["safetensors", "state-dict"])
def test_what_is_known_travels_along(fmt: str, tiny_model: Path, tmp_path: Path) -> None:
    target = tmp_path / f"net{FORMATS[fmt].info.suffix}"
    exported(tiny_model, fmt, target)
    state, info = read_state(target)
    original, known = read_state(tiny_model)
    assert info == known
    assert all(torch.equal(state[name], original[name]) for name in original)


def test_onnx_takes_any_batch_and_carries_the_metadata(tiny_model: Path, once: Once) -> None:
    import onnx

    target, _ = once("onnx")
    predict = FORMATS["onnx"].read(target, read_state(tiny_model)[1])
    for count in (1, 5):
        assert predict(torch.zeros(count, 3, 16, 16)).shape == (count, 4)
    properties = {entry.key: entry.value for entry in onnx.load(target).metadata_props}
    assert properties["classes"] == '["cross", "disc", "ring", "square"]'


def test_a_file_that_predicts_otherwise_is_not_kept(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "net.safetensors"
    target.write_text("what was there before")
    good = FORMATS["safetensors"]

    def spoil(path: Path, model: torch.nn.Module, info: Any, example: torch.Tensor) -> None:
        with torch.no_grad():
            next(model.parameters()).mul_(1.01)
        good.write(path, model, info, example)

    monkeypatch.setattr(registry, "format_for", lambda path, name: replace(good, write=spoil))
    with pytest.raises(CheckpointError, match="predictions differ"):
        exported(tiny_model, "safetensors", target, force=True)
    assert target.read_text() == "what was there before"
    assert len(list(tmp_path.iterdir())) == 1


def test_mistakes(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no format is called 'zip'"):
        exported(tiny_model, "zip", tmp_path / "a.zip")
    with pytest.raises(OutputError, match=r"ends in \.onnx"):
        exported(tiny_model, "onnx", tmp_path / "a.pt")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        exported(tiny_model, "onnx", tmp_path / "file" / "a.onnx")
    torch.save(read_state(tiny_model)[0], tmp_path / "bare.pt")
    with pytest.raises(CheckpointError, match="pictures' size"):
        exported(tmp_path / "bare.pt", "onnx", tmp_path / "a.onnx")
    assert exported(tmp_path / "bare.pt", "onnx", tmp_path / "a.onnx", size=16)["bytes"] > 0


def test_several_formats_go_beside_a_runs_checkpoint(tiny_model: Path, tmp_path: Path) -> None:
    """Each with the list of what was forgotten, which is one and the same."""
    checkpoint = tmp_path / "unlearned.safetensors"
    checkpoint.write_bytes(tiny_model.read_bytes())
    (tmp_path / "forgotten.txt").write_text("train/ring/000.png\n")
    for fmt in ("onnx", "state-dict"):
        exported(checkpoint, fmt, tmp_path / f"unlearned{FORMATS[fmt].info.suffix}")
    assert (tmp_path / "unlearned.forgotten.txt").read_text() == "train/ring/000.png\n"
    (tmp_path / "other.forgotten.txt").write_text("train/disc/000.png\n")
    with pytest.raises(OutputError, match="there already"):
        exported(checkpoint, "onnx", tmp_path / "other.onnx")


def test_a_program_of_torch_export_takes_any_batch_and_says_how_pictures_are_shown(
    tiny_model: Path, once: Once
) -> None:
    """Read with nothing but torch."""
    target, _ = once("torch-export")
    beside = {"maga_desk.json": ""}
    program = torch.export.load(target, extra_files=beside).module()
    for count in (1, 5):
        assert program(torch.zeros(count, 3, 16, 16)).shape == (count, 4)
    known = read_state(tiny_model)[1]
    assert CheckpointInfo.from_text(beside["maga_desk.json"]) == known and known.mean is not None


def test_a_net_that_torch_export_cannot_follow_says_so_in_one_line(tmp_path: Path) -> None:
    class Choosing(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return pictures if float(pictures.sum()) > 0 else -pictures

    with pytest.raises(CheckpointError, match=r"cannot be exported as a torch\.export program: .*state dict") as error:
        FORMATS["torch-export"].write(tmp_path / "a.pt2", Choosing(), CheckpointInfo(size=8), torch.randn(2, 3, 8, 8))
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_a_runs_export_is_shown_the_runs_own_pictures(finished: Path, tmp_path: Path) -> None:
    summary = exported(finished / "unlearned.safetensors", "state-dict", tmp_path / "net.pt")
    assert summary["checked_on"] == "the run's test pictures" and summary["checked_pictures"] > 8
    spec = finished / "spec.toml"
    moved = spec.read_text().replace("path = ", 'path = "/nowhere" # ', 1)
    assert "/nowhere" in moved
    elsewhere = tmp_path / "moved"
    elsewhere.mkdir()
    (elsewhere / "spec.toml").write_text(moved)
    (elsewhere / "net.safetensors").write_bytes((finished / "unlearned.safetensors").read_bytes())
    summary = exported(elsewhere / "net.safetensors", "state-dict", tmp_path / "other.pt")
    assert summary["checked_on"] == "random pictures" and summary["checked_pictures"] == 64


def test_onnx_carries_no_path_of_this_machine(once: Once) -> None:
    content = once("onnx")[0].read_bytes()
    assert b"site-packages" not in content and str(Path(torch.__file__).parent).encode() not in content
    assert b"maga_desk/" not in content


def test_a_program_carries_no_path_of_this_machine(once: Once) -> None:
    with zipfile.ZipFile(once("torch-export")[0]) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"site-packages" not in content and str(Path(torch.__file__).parent).encode() not in content
    assert b"maga_desk/" not in content


def _contents(path: Path) -> bytes:
    """What a file holds, be it a zip archive's members."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.fixture
def named_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine whose name would tell whose it is."""
    name = "erikas-notebook"
    monkeypatch.setattr(platform, "node", lambda: name)
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    host_mark.cache_clear()
    yield name
    host_mark.cache_clear()


def test_no_export_carries_the_machines_name(tiny_spec: RunSpec, named_machine: str, tmp_path: Path) -> None:
    """What remains of it is a hash, the same in all that the machine has made."""
    list(run(tiny_spec, RunControl()))
    checkpoint, place = Path(tiny_spec.output.dir) / "unlearned.safetensors", tmp_path / "exports"
    assert read_info(checkpoint).made["machine"]["host"] == host_mark() != named_machine
    for fmt, form in FORMATS.items():
        exported(checkpoint, fmt, place / f"{fmt}{form.info.suffix or '.safetensors'}")
    found = {path.name: _contents(path) for path in place.iterdir()}
    assert len(found) > 2 * len(FORMATS), "with lists, cards and an audit, and no lock"
    assert [name for name, content in found.items() if named_machine.encode() in content] == []
    assert len([name for name, content in found.items() if host_mark().encode() in content]) >= 5
