"""What a run really used stands in all of its records; what was asked for stays what it was."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import SpecError
from maga_desk.domain.events import Ended
from maga_desk.domain.resolved import RESOLVED, lines
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.models.checkpoint import read_state
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.resolving import resolved_of
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace


def test_defaults_that_nobody_wrote_stand_in_every_record(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    spec = tiny_spec.with_changes("method", name="fine-tune", params={"epochs": 1}).with_changes("audit", depth="quick")
    digest = Erasure.of(tiny_workspace, spec).run_digest
    list(run(spec, RunControl(), workspace=tiny_workspace))
    folder = Path(spec.output.dir)
    written = tomllib.loads((folder / "spec.toml").read_text())
    used = written[RESOLVED]
    assert used["params"]["batch_size"] == 128 and used["params"]["epochs"] == 1 and used["method"] == "fine-tune"
    training = used["training"]
    assert training["optimizer"] == "SGD" and training["momentum"] == 0.9 and training["steps"] > 0
    assert used["machine"].keys() >= {"device", "threads", "precision"} and used["pictures"]["augmentation"] == "shift"
    assert used["seed"] == spec.seed and used["audit"]["depth"] == "quick"
    for record in (json.loads((folder / name).read_text()) for name in ("summary.json", "report.json")):
        assert record[RESOLVED] == used
    made = read_state(folder / "unlearned.safetensors")[1].made
    assert made[RESOLVED] == used and made["params"] == {"epochs": 1}, "what was given stays as it was"
    again = read_spec(folder / "spec.toml")
    assert again == spec and Erasure.of(tiny_workspace, again).run_digest == digest
    ended = list(run(again, RunControl(), workspace=tiny_workspace, resume=True))[-1]
    assert isinstance(ended, Ended) and (ended.summary or {})[RESOLVED] == used

    list(judge(Erasure.of(tiny_workspace, spec.with_changes("audit", depth="full")), folder / "unlearned.safetensors",
               RunControl()))  # fmt: skip
    judged = Report.from_dict(json.loads((folder / "report.json").read_text())).resolved
    assert judged["audit"]["depth"] == "full" and judged["training"] == training
    assert tomllib.loads((folder / "spec.toml").read_text())[RESOLVED] == judged


def test_people_read_them_a_line_each(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    told = "\n".join(lines(resolved_of(Erasure.of(tiny_workspace, tiny_spec), {"steps": 0})))
    assert "preset auto" in told and "retain batch " in told and "seed 0; class, concept" in told
    assert "steps: none are taken" in told and "threads" in told
    assert lines({}) == []


def test_batches_are_no_larger_than_what_there_is(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    few = tiny_spec.with_changes("forget", classes=(), pictures=("train/ring/000.png", "train/ring/001.png"))
    assert resolved_of(Erasure.of(tiny_workspace, few))["params"]["forget_batch"] == 2


def test_only_a_table_is_a_record(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text('resolved = "yes"\n')
    with pytest.raises(SpecError, match="unknown key 'resolved'"):
        read_spec(tmp_path / "spec.toml")
