"""What a session keeps in the whole window: settings, figures, specs, and what has changed since."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.copies import NearCopies
from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Event
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.domain.specs.run import MethodSpec, RunSpec, read_spec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.dialogs.list_preview import ListDialog
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny, start_run, wait_for_end

NO_LIMITS = LimitsSpec().model_dump()


def test_a_finished_run_is_shown_again_as_it_was(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    first = windows.make()
    open_tiny(qtbot, first, tiny_spec)
    mark_class(qtbot, first, "ring")
    start_run(first, "full")
    wait_for_end(qtbot, first)
    view = first.desk.runs.shown
    windows.close(first)
    second = windows.make()
    assert second.load.sessions.list.count() == 1
    assert "forget ring" in second.load.sessions.list.item(0).text()
    second.load.sessions.list.setCurrentRow(0)
    qtbot.mouseClick(second.load.sessions.open_button, Qt.MouseButton.LeftButton)
    again = second.desk.runs.shown
    assert (again.state, again.report, again.folder) == ("finished", view.report, view.folder)
    assert again.scalars == view.scalars and again.messages == view.messages
    assert [(p.true, p.perturbing) for p in again.noise] == [(p.true, p.perturbing) for p in view.noise]
    qtbot.waitUntil(lambda: second.desk.workspace is not None, timeout=PATIENCE)
    assert second.desk.forget is not None and second.desk.spec.forget.classes == ("ring",)
    assert second.desk.runs.shown.report == view.report


def test_specs_go_out_and_come_in(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "disc")
    file = tmp_path / "spec.toml"
    made.sessions.save_spec(str(file))
    assert read_spec(file).forget.classes == ("disc",)
    made.sessions.begin_new()
    assert made.desk.workspace is None and made.desk.session_title == ""
    made.sessions.open_spec(str(file))
    qtbot.waitUntil(lambda: made.desk.forget is not None, timeout=PATIENCE)
    assert made.desk.spec.forget.classes == ("disc",)


def test_settings_of_a_run_go_with_their_session(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    mark_class(qtbot, made, "disc")
    first = made.desk.session_id
    made.window.show_page("run")
    made.run.options.seed.setValue(7)
    made.run.options.intent.setCurrentText("as if never trained on")
    made.run.method.setCurrentIndex(made.run.method.findData("fine-tune"))
    file = tmp_path / "spec.toml"
    made.sessions.save_spec(str(file))
    saved = read_spec(file)
    assert (saved.seed, saved.intent, saved.method.name) == (7, "membership", "fine-tune")
    made.sessions.begin_new()
    assert made.run.options.seed.value() == 0
    open_tiny(qtbot, made, tiny_spec)
    made.run.options.seed.setValue(9)
    made.sessions.reopen(first or 0)
    qtbot.waitUntil(lambda: made.desk.forget is not None, timeout=PATIENCE)
    assert made.run.options.values()["seed"] == 7
    assert made.run.method_spec() == MethodSpec(name="fine-tune")
    windows.close(made)
    again = windows.make()
    again.sessions.reopen(2)
    qtbot.waitUntil(
        lambda: bool(again.desk.installation.methods) and again.desk.workspace is not None, timeout=PATIENCE
    )
    assert again.run.options.values() == {
            "intent": "auto", "seed": 9, "device": "cpu", "retrained": None, "declared_by": "", "guesses": 1,
        "limits": NO_LIMITS,
        }  # fmt: skip


def test_erasing_a_session_clears_the_desk(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    session = made.desk.session_id
    assert session is not None
    made.load.session_deleted.emit(session)
    assert made.desk.workspace is None
    assert made.load.sessions.list.count() == 0


@pytest.mark.parametrize("what", ["hashes", "copies"])
def test_what_reads_the_pictures_while_they_are_erased_keeps_nothing_of_them(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The work is between two looks at its control when the session goes, and comes to its end afterwards."""
    begun, erased = threading.Event(), threading.Event()

    def held(*_: object) -> str:
        begun.set()
        assert erased.wait(60)
        return "ab" * 32

    def searched(*_: object) -> Generator[Event, None, NearCopies]:
        held()
        yield from ()
        nothing = np.zeros(0, dtype=np.int64)
        return NearCopies(nothing, nothing, np.zeros(0), nothing)

    monkeypatch.setattr("maga_desk.services.file_hashes.sha256_of", held)
    monkeypatch.setattr("maga_desk.data.near_copies.searching.search", searched)
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    if what == "hashes":
        qtbot.mouseClick(made.forget.basket.paste_button, Qt.MouseButton.LeftButton)
        made.window.findChildren(ListDialog)[-1].names.setPlainText("ab" * 32)
    else:
        made.forget.twins.look_requested.emit()
    qtbot.waitUntil(begun.is_set, timeout=PATIENCE)
    assert list(paths.kept_dir().glob("*.kept")), "opening keeps something"
    made.load.session_deleted.emit(made.desk.session_id)
    erased.set()
    qtbot.waitUntil(lambda: not made.glances.views() and not made.jobs.views(), timeout=PATIENCE)
    assert made.desk.workspace is None and not list(paths.kept_dir().glob("*.kept"))


def test_a_session_whose_run_goes_on_elsewhere_stays_open(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)

    def busy(*_: object) -> None:
        raise StoreError("run 1 of this session is going on in process 1", todo="cancel it first")

    monkeypatch.setattr("maga_desk.store.sessions.refuse_running", busy)
    made.load.session_deleted.emit(made.desk.session_id)
    assert made.desk.workspace is not None and "is going on in process 1" in made.window.notices.text()
    assert made.load.sessions.list.count() == 1


def test_a_failed_reopening_leaves_the_session_alone(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made = windows.make()
    model = tmp_path / "net.safetensors"
    shutil.copy(tiny_spec.model.checkpoint or "", model)
    open_tiny(qtbot, made, tiny_spec.with_changes("model", checkpoint=str(model)))
    mark_class(qtbot, made, "ring")
    made.sessions.save()
    first = made.desk.session_id
    assert first is not None
    model.unlink()
    made.sessions.reopen(first)
    qtbot.waitUntil(lambda: "no such file" in made.window.notices.text(), timeout=PATIENCE)
    open_tiny(qtbot, made, tiny_spec)
    assert made.desk.session_id != first
    with SessionStore.open(paths.sessions_file()) as store:
        assert store.session(first).spec.model.checkpoint == str(model)


def test_changed_pictures_are_said_and_the_session_stays_as_it_was(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made, pictures, model = windows.make(), tmp_path / "pictures", tmp_path / "net.safetensors"
    shutil.copytree(tiny_spec.data.path or "", pictures)
    shutil.copy(tiny_spec.model.checkpoint or "", model)
    spec = tiny_spec.with_changes("data", path=str(pictures)).with_changes("model", checkpoint=str(model))
    open_tiny(qtbot, made, spec)
    mark_class(qtbot, made, "ring")
    made.sessions.save()
    first, kept = made.desk.session_id, made.desk.card
    assert first is not None and kept is not None and kept.fingerprint and kept.checkpoint_sha256
    made.sessions.begin_new()
    before = session_row(first)
    (pictures / "train" / "ring" / "000.png").unlink()
    made.sessions.reopen(first)
    qtbot.waitUntil(lambda: "The pictures have changed since" in made.window.notices.text(), timeout=PATIENCE)
    assert made.desk.workspace is None and made.desk.session_id == first and made.desk.card == kept
    assert made.desk.spec.forget.classes == ("ring",)
    made.sessions.save()
    assert session_row(first) == before
    qtbot.waitUntil(made.load.open_button.isEnabled, timeout=PATIENCE)
    qtbot.mouseClick(made.load.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.workspace is not None, timeout=PATIENCE)
    second = made.desk.session_id
    assert second is not None and second != first and session_row(first) == before
    made.sessions.begin_new()
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    content = load_file(model)
    content["head.bias"] = content["head.bias"] + 1
    with safe_open(model, "numpy") as stream:
        about = stream.metadata()
    save_file(content, model, about)
    made.sessions.reopen(second)
    qtbot.waitUntil(lambda: "The checkpoint has changed since" in made.window.notices.text(), timeout=PATIENCE)


def session_row(session: int) -> tuple[Any, ...]:
    """What the file keeps of a session, to the byte."""
    with closing(sqlite3.connect(paths.sessions_file())) as db:
        row: tuple[Any, ...] = db.execute("SELECT * FROM sessions WHERE id = ?", (session,)).fetchone()
    return row
