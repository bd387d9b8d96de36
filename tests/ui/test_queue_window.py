"""The queue in the window, with real runs: adding, order, running, closing with one half done, and going on."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.again import AgainDialog
from tests.ui.driving import PATIENCE, QUICK, Windows, choose, ready_to_run


def states(made: Composition) -> list[tuple[int, str]]:
    return [(entry.id, entry.state) for entry in made.desk.queue.view.entries]


def test_a_queue_is_filled_ordered_and_run(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "logit-mask")
    page, actions = made.run, made.actions
    assert "Nothing waits" in actions["queue-run"].toolTip()
    qtbot.mouseClick(page.add_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.add_button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(
        made.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert states(made) == [(1, "waiting"), (2, "waiting"), (3, "waiting")]
    assert page.below.choice.buttons[1].text() == "Queue (3)"
    assert "last already" in actions["queue-down"].toolTip(), "what was added last is selected"
    qtbot.keyClick(made.window, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [number for number, _ in states(made)] == [1, 3, 2]
    page.below.queue.select(2)
    actions["queue-hold"].trigger()
    assert states(made)[2] == (2, "held") and actions["queue-hold"].text() == "Let go o&n"
    page.below.queue.select(1)
    page.below.queue.view.setFocus()
    qtbot.keyClick(page.below.queue.view, Qt.Key.Key_Delete)
    actions["queue-run"].trigger()
    qtbot.waitUntil(lambda: not made.desk.queue.going and not made.desk.runs.busy, timeout=PATIENCE)
    assert states(made) == [(2, "held"), (3, "finished")]
    shown = made.desk.runs.shown
    assert shown.state == "finished" and shown.report is not None and shown.run_id == 1
    assert [info.status for info in made.desk.runs.recorded] == ["finished"], "it belongs to the session"
    assert page.add_button.isEnabled() and page.start_button.isEnabled()
    made._presets.save(0, "mask & all")
    choose(made, "maga")
    made._presets.apply("mask & all")
    assert made.desk.spec.method.name == "logit-mask"
    actions["again"].trigger()
    dialog = made.window.findChild(AgainDialog)
    assert dialog is not None
    given = made.desk.spec
    made.desk.set_spec(given.model_copy(update={"precision": "bfloat16", "limits": LimitsSpec(minutes=5)}))
    dialog.show_button.click()
    assert (made.desk.spec.precision, made.desk.spec.limits) == (given.precision, given.limits), "as it was run"
    actions["again"].trigger()
    dialog = next(each for each in made.window.findChildren(AgainDialog) if each.isVisible())
    dialog.seeds.setText("5-6")
    qtbot.mouseClick(dialog.queue_button, Qt.MouseButton.LeftButton)
    added = made.desk.queue.view.to_come[1:]
    assert [entry.seed for entry in added] == [5, 6] and len({entry.folder for entry in added}) == 2


def test_a_second_click_on_start_adds_nothing(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "logit-mask")
    choose(made, "maga", **{**QUICK, "passes": 50.0})
    page, start = made.run, made.run.start_button
    place = start.mapTo(page, start.rect().center())
    qtbot.mouseClick(start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.runs.busy, timeout=PATIENCE)
    qtbot.wait(50)  # the layout follows
    assert page.childAt(place) is start and not start.isEnabled() and not made.desk.queue.view.to_come
    page.progress.cancel_requested.emit()
    qtbot.waitUntil(lambda: not made.desk.runs.busy, timeout=PATIENCE)
    assert start.isEnabled()


def test_what_a_person_left_waiting_is_not_begun_by_adding(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "logit-mask")
    made.run.add_requested.emit()
    choose(made, "maga", **{**QUICK, "passes": 50.0})
    made.run.start_requested.emit()
    qtbot.waitUntil(lambda: made.desk.runs.busy, timeout=PATIENCE)
    made.run.add_requested.emit()
    assert not made.desk.queue.going and len(made.desk.queue.view.to_come) == 2
    made.run.progress.cancel_requested.emit()
    qtbot.waitUntil(lambda: not made.desk.runs.busy, timeout=PATIENCE)
    assert not made.desk.queue.going


@pytest.mark.usefixtures("watched_often")
def test_what_was_half_done_at_closing_goes_on_in_the_next_window(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = ready_to_run(qtbot, windows, tiny_spec, "logit-mask")
    choose(made, "maga", **{**QUICK, "passes": 50.0})
    made.run.start_requested.emit()
    qtbot.waitUntil(lambda: bool(made.desk.runs.shown.scalars), timeout=PATIENCE)
    made.run.add_requested.emit()
    assert made.desk.queue.going, "what is added while a run goes on follows by itself"
    made.run.progress.cancel_requested.emit()
    qtbot.waitUntil(lambda: states(made) == [(1, "running")], timeout=PATIENCE)
    qtbot.waitUntil(lambda: bool(made.desk.runs.shown.scalars) and made.desk.runs.shown.run_id == 2, timeout=PATIENCE)
    windows.close(made)
    with SessionStore.open(paths.sessions_file()) as store:
        (entry,) = store.queue.view().entries
        assert entry.state_words == "waits, begun" and entry.run_id == 2
    asking = windows.make()
    qtbot.waitUntil(lambda: bool(asking.desk.installation.methods), timeout=PATIENCE)
    assert "1 run waits in the queue, one of them begun" in asking.window.notices.text()
    assert not asking.desk.queue.going
    windows.close(asking)
    SettingsFile().change(lambda now: now.having("queue", at_start="go on"))
    again = windows.make()
    qtbot.waitUntil(lambda: bool(again.desk.runs.shown.scalars), timeout=PATIENCE)
    assert Path(again.desk.runs.shown.folder) == Path(entry.folder)
    again.run.progress.pause_requested.emit()
    qtbot.waitUntil(lambda: again.desk.runs.shown.state == "paused", timeout=PATIENCE)
    assert again.desk.queue.view.entries[0].state_words == "paused, keeps its memory"
    again.run.progress.resume_requested.emit()
    qtbot.waitUntil(lambda: again.desk.runs.shown.state == "running", timeout=PATIENCE)
    again.actions["queue-free"].trigger() if again.window.page is again.run else again._queue.free()
    qtbot.waitUntil(lambda: states(again) == [(1, "waiting")], timeout=PATIENCE)
    assert again.desk.queue.view.paused == "free"
