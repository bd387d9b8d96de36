"""The same picture on both sides of a forget set, in a run: said before, in the record, and with a way out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Message, Opened, drained
from maga_desk.domain.findings import findings
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.parts import divided
from maga_desk.services.runs import run
from maga_desk.services.workspace import open_workspace, said_of_names


@pytest.fixture
def spec(tiny_spec: RunSpec, tmp_path: Path) -> RunSpec:
    """Three rings lie among the discs as well, and one among the test pictures."""
    root = tmp_path / "twins"
    shutil.copytree(tiny_spec.data.path or "", root)
    for number in range(3):
        shutil.copy(root / f"train/ring/00{number}.png", root / f"train/disc/9{number}.png")
    shutil.copy(root / "train/ring/000.png", root / "test/ring/900.png")
    found = tiny_spec.with_changes("data", path=str(root))
    return found.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")


def test_a_run_says_it_first_and_keeps_it(spec: RunSpec) -> None:
    events = list(run(spec, RunControl()))
    told = [e.text for e in events if isinstance(e, Message) and e.level == "warning" and "to forget have" in e.text]
    assert "3 pictures to forget have the very same pixels as a picture that stays (train/ring/000.png is " in told[0]
    assert "by --with-twins" in told[0] and "1 picture to forget has" in "".join(
        e.text for e in events if isinstance(e, Message)
    )
    card = next(event.card for event in events if isinstance(event, Opened))
    assert any("6 pictures are under several classes" in note or "7 pictures are" in note for note in card.notes)
    folder = Path(spec.output.dir)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["twins"] == {"stay": 3, "test": 1}
    report = Report.from_dict(json.loads((folder / "report.json").read_text()))
    assert findings(report)[0].kind == "twins"
    assert (folder / "twins.csv").read_text().count("forgotten") == 3


def test_the_twins_are_a_request_of_their_own_or_go_together(spec: RunSpec) -> None:
    workspace = drained(open_workspace(spec, RunControl()))
    wanted = spec.with_changes("forget", with_twins=True)
    stream = divided(wanted, workspace.forget_set(wanted), workspace.images.catalogue())
    assert stream is not None and len(stream.requests[1].forget.pictures) == 3
    erasure = Erasure.of(workspace, wanted.with_changes("forget", together=True))
    assert erasure.left.counts() == {"stay": 0, "test": 2}, "the ring and its twin"
    assert any("are forgotten as well" in e.text for e in said_of_names(erasure.forget) if isinstance(e, Message))
