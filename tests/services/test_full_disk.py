"""Where there is no room, nothing is written by halves, and one line says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from maga_desk.cli.recording import recorded
from maga_desk.cli.store import session_store
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import FullError, OutputError
from maga_desk.domain.events import Begun, Ended, Message
from maga_desk.domain.files import remember_json
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.formats.registry import FORMATS
from maga_desk.services.exporting import export
from maga_desk.services.run_folder import EventFile
from maga_desk.services.runs import run

resource = pytest.importorskip("resource")  # not on Windows


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_run_without_room_leaves_no_half_file_and_can_be_gone_on_with(
    tiny_spec: RunSpec, tiny_workspace: Any
) -> None:
    spec = tiny_spec.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")
    folder = Path(spec.output.dir)
    with room(100_000), pytest.raises(FullError, match=r"unlearned\.safetensors: cannot write: File too large") as full:
        list(run(spec, RunControl(), workspace=tiny_workspace))
    assert full.value.status == 3
    assert {path.name for path in folder.iterdir()} - {"not-used.csv"} == {"spec.toml", "events.jsonl"}
    *_, ended = run(spec, RunControl(), workspace=tiny_workspace, resume=True)
    assert isinstance(ended, Ended) and ended.status == "finished"


def test_progress_that_cannot_be_kept_leaves_the_earlier_one(tiny_spec: RunSpec, tmp_path: Path) -> None:
    from maga_desk.models.checkpoint import write_torch

    kept = tmp_path / "resume.pt"
    kept.write_bytes(b"earlier")
    import torch

    with room(10_000), pytest.raises(OutputError, match="cannot write: File too large"):
        write_torch(kept, {"model": torch.zeros(100_000)})
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"earlier"]


@pytest.mark.parametrize("fmt", [name for name in FORMATS if name not in ("patch", "int8")])  # which need a run
def test_an_export_without_room_leaves_nothing(fmt: str, tiny_model: Path, tmp_path: Path) -> None:
    target = tmp_path / f"net{FORMATS[fmt].info.suffix}"
    with room(50_000), pytest.raises(OutputError, match="cannot write: File too large"):
        list(export(tiny_model, fmt, target, RunControl()))
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_was_cut_off_keeps_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "mess')
    with EventFile(path, keep=True) as log:
        log.begin()
        log.write(Message("on"))
    first, second = path.read_text().splitlines()
    assert first == '{"event": "mess' and '"text": "on"' in second


FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="a device that is always full")


@needs_full
def test_events_on_a_full_disk_are_one_line() -> None:
    def begin() -> None:
        with EventFile(FULL, keep=False) as log:
            log.write(Message("on"))
            log.begin()

    with pytest.raises(FullError, match="cannot write: No space left"):
        begin()


@needs_full
def test_what_is_only_remembered_stops_nothing() -> None:
    remember_json(FULL / "precision.json", {})


def test_a_full_disk_behind_any_fault_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from maga_desk.cli import main

    source = tmp_path / "many.toml"
    source.write_text("def build():\n    pass\n")
    with room(1):
        status = main(["trust", str(source), "--yes"])
    said = capsys.readouterr().err
    assert status == 3 and said.count("\n") == 1 and "File too large; make room" in said


def test_sessions_on_a_full_disk_are_told_once_and_the_command_goes_on(
    tiny_spec: RunSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    with session_store("the run is not kept") as store:
        assert store is not None
        with recorded(store, tiny_spec, resume=False) as record:
            record(Begun(tiny_spec.output.dir))
            store.flush()
            store._owner.call(lambda db: db.execute(f"PRAGMA max_page_count = {pages(db)}").fetchall())
            for number in range(200):
                record(Message(f"{number} " * 2000))
    said = capsys.readouterr().err.splitlines()
    assert 1 <= len(said) <= 2 and all("the disk is full; make room there" in line for line in said)


def pages(db: Any) -> int:
    return int(db.execute("PRAGMA page_count").fetchone()[0])
