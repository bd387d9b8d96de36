"""Sessions and run folders of version 0.1.0 (``tests/kept``): they open, are shown, judged, exported and continued."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition

KEPT = Path(__file__).parent / "kept"
NET = Path(__file__).parent / "nets" / "shapes.safetensors"
OLD_ROOT = "/tmp/kept"
PATIENCE = 60_000
RINGS, SQUARES = "20261128-053351", "square"
REFERENCE = "b95a51fbe9e3961762a7c890.safetensors"


@dataclass(frozen=True)
class Kept:
    """The old files in a folder of this test's own."""

    root: Path

    def run(self, name: str) -> Path:
        return self.root / "home" / "runs" / name

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database says, read without the program."""
        with closing(sqlite3.connect(self.root / "home" / "sessions.sqlite")) as db:
            return db.execute(question).fetchall()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    root = tmp_path / "kept"
    shutil.copytree(KEPT, root, ignore=shutil.ignore_patterns("make.py", "README.md"))
    shutil.copy(NET, root / "shapes.safetensors")
    with np.load(root / "pictures.npz") as pictures:
        for name, pixels in pictures.items():
            path = root / "pictures" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    for path in root.rglob("*"):
        if path.suffix in (".toml", ".json", ".jsonl"):
            path.write_text(path.read_text().replace(OLD_ROOT, root.as_posix()))
    with closing(sqlite3.connect(root / "home" / "sessions.sqlite")) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for _, column, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
                if kind == "TEXT":
                    db.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (OLD_ROOT, root.as_posix()))
        db.commit()
    monkeypatch.setenv("MAGA_DESK_HOME", str(root / "home"))
    return Kept(root)


@pytest.fixture
def window(qtbot: QtBot, kept: Kept) -> Iterator[Composition]:
    made = Composition(SessionStore.open(paths.sessions_file()), confirm=lambda *_: True)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.start()
    qtbot.waitUntil(lambda: bool(made.desk.installation.proposers), timeout=PATIENCE)
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()


def reopen(qtbot: QtBot, window: Composition, session: int) -> None:
    window.sessions.reopen(session)
    qtbot.waitUntil(lambda: window.desk.forget is not None and window.desk.session_id == session, timeout=PATIENCE)


def weights(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(path)


def test_the_window_shows_a_finished_run_judges_it_and_exports_it(
    qtbot: QtBot, window: Composition, kept: Kept, tmp_path: Path
) -> None:
    listed = [
        window.pages["load"].sessions.list.item(i).text() for i in range(window.pages["load"].sessions.list.count())
    ]
    assert [line.splitlines()[0] for line in listed] == [
        "forget square in pictures",
        "forget 3 pictures in pictures",
        "forget disc in pictures",
        "forget ring in pictures",
    ]
    reopen(qtbot, window, 1)
    desk = window.desk
    assert desk.spec.forget.classes == ("ring",) and desk.forget is not None and len(desk.forget) == 12
    (cell,) = desk.spec.guidance.matrix_edits
    assert (cell.row, cell.column, cell.value) == ("ring", "cross", 0.75)
    by_hand = {"train/ring/000.png": "square", "train/ring/002.png": "cross"}
    assert desk.spec.guidance.label_edits == by_hand
    # the proposal comes back with what a person changed in it
    qtbot.waitUntil(lambda: desk.proposal is not None, timeout=PATIENCE)
    proposal = desk.proposal
    assert proposal is not None
    stored = kept.rows("SELECT label, source, accepted FROM labels WHERE session_id = 1 ORDER BY position")
    assert proposal.labels.tolist() == [label for label, _, _ in stored]
    assert proposal.edited.tolist() == [source == "user" for _, source, _ in stored]
    assert np.flatnonzero(proposal.agreed & ~proposal.edited).tolist() == [3, 4]
    assert set(desk.changed_at) == {*by_hand, "train/ring/003.png", "train/ring/004.png"}
    # the run with its curves, noises and report
    run = desk.runs.shown
    assert (run.state, run.folder, run.checkpoint) == (
        "finished", str(kept.run(RINGS)), str(kept.run(RINGS) / "unlearned.safetensors"),
    )  # fmt: skip
    steps = kept.rows("SELECT DISTINCT step FROM metrics WHERE run_id = 1 ORDER BY step")
    assert [scalars.step for scalars in run.scalars] == [step for (step,) in steps]
    told = kept.rows("SELECT text FROM messages WHERE run_id = 1 ORDER BY id")
    assert told and [message.text for message in run.messages] == [text for (text,) in told]
    assert len(run.noise) > 0 and run.noise[0].positive is not None
    ((text,),) = kept.rows("SELECT report FROM runs WHERE id = 1")
    old = run.report
    assert old is not None
    is_now, was = json.loads(json.dumps(old.as_dict())), json.loads(text)
    assert {key: is_now[key] for key in was} == was, "what later versions say beside it is new"
    assert old.retrained is not None and old.guided is not None and old.guided.labels_by_hand == 2
    # judged again: the same figures, and a retrained model of the same name (its fingerprint)
    window.pages["verify"].judge_requested.emit("make")
    qtbot.waitUntil(
        lambda: desk.runs.shown.report is not old and window.jobs.current("judge") is None, timeout=PATIENCE
    )
    again = desk.runs.shown.report
    assert again is not None and again.retrained is not None
    for key in ("retain_train", "forget_train", "retain_test", "forget_test"):
        assert again.after.value(key) == old.after.value(key)
    assert [path.name for path in paths.references_dir().iterdir()] == [REFERENCE]
    target = tmp_path / "net.safetensors"
    window.pages["export"].export_requested.emit("safetensors", str(target), "float32")
    qtbot.waitUntil(lambda: "Saved and checked" in window.pages["export"].result.text(), timeout=PATIENCE)
    with SessionStore.open(paths.sessions_file()) as store:
        (exported,) = [file for file in store.run(1).artefacts if file.kind == "export"]
        card = store.session(1).card
    assert card is not None and card.fingerprint and card.checkpoint_sha256, "known since it was opened again"
    assert (exported.format, exported.path, exported.bytes) == ("safetensors", str(target), target.stat().st_size)
    before, after = weights(kept.run(RINGS) / "unlearned.safetensors"), weights(target)
    assert before.keys() == after.keys() and all(np.array_equal(before[name], after[name]) for name in before)


def test_the_window_shows_sessions_of_every_kind(qtbot: QtBot, window: Composition, kept: Kept) -> None:
    desk = window.desk
    reopen(qtbot, window, 2)  # an unlearned model that forgot more
    assert len(desk.earlier) == 12 and desk.spec.forget.classes == ("disc",)
    assert desk.runs.shown.state == "finished" and desk.runs.shown.report is not None
    assert desk.runs.shown.report.after.value("earlier_train") is not None
    assert desk.runs.shown.checkpoint is None, "it was deleted"
    reopen(qtbot, window, 3)  # labels by a model at an endpoint, which answers no more
    qtbot.waitUntil(lambda: desk.proposal is not None, timeout=PATIENCE)
    assert desk.proposal is not None and desk.runs.shown.state == "none"
    (opinion,) = desk.proposal.opinions
    assert (opinion.model, opinion.questions, len(opinion.pictures)) == ("seer", 9, 3)
    assert desk.proposal.edited.sum() == 1
    window.pages["guide"].bar.propose_requested.emit(desk.spec.guidance.model_dump())
    qtbot.waitUntil(lambda: "all remembered" in window.pages["guide"].matrix.cost.text(), timeout=PATIENCE)
    reopen(qtbot, window, 4)
    assert desk.runs.shown.state == "interrupted" and desk.runs.shown.can_continue
    assert [scalars.step for scalars in desk.runs.shown.scalars] == list(range(10))


def test_an_interrupted_run_is_continued_to_the_same_weights(
    kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept.run(SQUARES)
    assert main(["run", "--resume", str(folder / "spec.toml")]) == 0
    assert "Continuing from step 9 of 18" in capsys.readouterr().err
    whole = tmp_path / "whole.toml"
    whole.write_text((folder / "spec.toml").read_text().replace(str(folder), str(tmp_path / "whole")))
    assert main(["run", str(whole)]) == 0
    resumed = weights(folder / "unlearned.safetensors")
    for name, values in weights(tmp_path / "whole" / "unlearned.safetensors").items():
        # equal to the last bit where the first half was made; other processors round otherwise
        np.testing.assert_allclose(resumed[name], values, rtol=1e-3, atol=1e-3)
    assert not (folder / "resume.pt").exists()
    with SessionStore.open(paths.sessions_file()) as store:
        (run,) = store.runs(4)
        record = store.run(run.id)
    assert run.status == "finished" and run.folder == str(folder)
    assert [scalars.step for scalars in record.scalars] == list(range(19))


def test_the_command_line_lists_them_and_redoes_no_trial(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", "--json"]) == 0
    sessions = json.loads(capsys.readouterr().out)["sessions"]
    assert [(row["id"], [run["status"] for run in row["runs"]]) for row in sessions] == [
        (4, ["interrupted"]), (3, []), (2, ["finished"]), (1, ["finished"]),
    ]  # fmt: skip
    assert main(["sessions", "--show", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["fingerprint"], shown["checkpoint_sha256"]) == (None, None), "that version kept none"
    hands = [(hand["picture"], hand["label"]) for hand in shown["guidance"]["labels_by_hand"]]
    assert hands == [("train/ring/000.png", "square"), ("train/ring/002.png", "cross")]
    assert [edit["after"] for edit in shown["edits"]] == [0.75, "square", "square", "cross", None]
    assert {file["kind"] for file in shown["runs"][0]["files"]} >= {"checkpoint", "report", "summary", "noise"}
    assert main(["sessions", "--show", "1"]) == 0
    text = capsys.readouterr().out
    assert "likeness of ring to cross: as proposed -> 0.75" in text
    assert "label of train/ring/001.png: square -> as proposed" in text
    assert "12 proposed by classifier (product)" in text and "2 set by hand, 2 agreed to" in text
    assert "info: Retraining without the forget pictures" in text
    assert main(["compare", str(kept.root / "compare.toml"), "--show", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["tasks"]["rings"]
    assert [row["name"] for row in rows] == ["(original)", "logit-mask"]
