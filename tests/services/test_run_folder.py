"""What is written into a run's folder comes back, and an earlier run's files do not pass for this one's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import OutputError
from maga_desk.domain.events import Begun, Message, NoisePair, Scalars, Started
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.run_folder import EventFile, RunFolder, read_noise
from maga_desk.services.runs import run


def test_noise_comes_back(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(2, 3, 4, 4)).astype(np.float32)
    pairs = [
        NoisePair("cat", "dog", noise, -noise),
        NoisePair("cat", "mug", None, noise),
        NoisePair("a", "b", None, None),
    ]
    folder = RunFolder(tmp_path)
    folder.write_noise(pairs)
    back = read_noise(tmp_path)
    assert [(pair.true, pair.perturbing) for pair in back] == [("cat", "dog"), ("cat", "mug"), ("a", "b")]
    for one, other in zip(pairs, back, strict=True):
        for ours, theirs in ((one.positive, other.positive), (one.negative, other.negative)):
            assert theirs is None if ours is None else np.array_equal(ours, theirs)
    folder.write_noise([])
    assert read_noise(tmp_path) == [] and list(tmp_path.iterdir()) == [], "an earlier run's noise is gone"


def lines(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text().splitlines()]


def test_events_wait_until_the_spec_has_proved_usable(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "of an earlier run"}\n')
    with EventFile(path, keep=False) as log:
        log.write(Started("a"))
    assert lines(path) == ["of an earlier run"], "it never began"
    with EventFile(path, keep=True) as log:
        log.write(Started("a"))
        log.begin()
        log.write(NoisePair("a", "b", None, None))
        log.write(Scalars(1, {"loss": 1.0}))
        assert lines(path) == ["of an earlier run", "started", "scalars"], "flushed at once, without bulk data"
    with EventFile(path, keep=False) as log:
        log.begin()
        log.write(Message("anew"))
    assert lines(path) == ["message"]


def test_an_event_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with (
        EventFile(tmp_path / "gone" / "events.jsonl", keep=False) as log,
        pytest.raises(OutputError, match="cannot write"),
    ):
        log.begin()


def test_two_runs_at_once_do_not_share_a_folder(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")
    other = spec.with_changes("forget", classes=["disc"])
    first = run(spec, RunControl())
    for event in first:
        if isinstance(event, Begun):
            break
    for force in (False, True):
        with pytest.raises(OutputError, match=r"out: is being written by another run \(process "):
            list(run(other, RunControl(), force=force))
    list(first)
    folder = Path(spec.output.dir)
    assert json.loads((folder / "summary.json").read_text())["task"] == "class"
    assert lines(folder / "events.jsonl").count("started") == 1 and not list(folder.glob(".*"))
    assert "ring" in (folder / "spec.toml").read_text() and "ring" in (folder / "forgotten.txt").read_text()

    list(run(other, RunControl(), force=True))
    assert "disc" in (folder / "forgotten.txt").read_text() and not list(folder.glob(".*"))
    aside = folder.with_name("out-1")
    assert "ring" in (aside / "forgotten.txt").read_text() and not list(aside.glob(".*"))
