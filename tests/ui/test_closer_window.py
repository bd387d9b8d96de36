"""Looking closer in the whole window: asked once, of the run in sight, again after reopening."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.composition import Composition
from maga_desk.ui.pages.closer_view import RELEARNING
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny, start_run, wait_for_end


def with_a_run(qtbot: QtBot, windows: Windows, spec: RunSpec) -> Composition:
    made = windows.make()
    open_tiny(qtbot, made, spec)
    mark_class(qtbot, made, "ring")
    start_run(made)
    wait_for_end(qtbot, made)
    made.window.show_page("verify")
    return made


def test_single_pictures_of_a_run_and_of_its_session_when_reopened(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = with_a_run(qtbot, windows, tiny_spec)
    page, session = made.verify, made.desk.session_id
    page.views.buttons[1].click()
    assert page.closer.isVisible() and not page.retrain_button.isVisible()
    qtbot.mouseClick(page.closer.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.closer.look is not None, timeout=PATIENCE)
    look = page.closer.look
    assert look is not None and look.forget.sum() == 60 and look.classes == ("cross", "disc", "ring", "square")
    page.views.buttons[1 + RELEARNING].click()
    page.closer.relearning.ensure()
    panel = page.closer.lesson
    panel.steps.setValue(10)
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(panel.curves.points) == 3 and panel.start_button.isEnabled(), timeout=PATIENCE)
    assert panel.told.text().startswith("Shown: 10 forgotten pictures beside 180 that stay")
    panel.steps.setValue(500)
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(panel.curves.points) > 1, timeout=PATIENCE)
    qtbot.mouseClick(panel.progress.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(panel.start_button.isEnabled, timeout=PATIENCE)
    assert panel.progress.note.text() == "Stopped. Both copies are thrown away."
    page.views.buttons[0].click()
    assert page.table.isVisible() and page.retrain_button.isVisible() and not page.closer.isVisible()
    windows.close(made)
    again = windows.make()
    assert session is not None
    qtbot.waitUntil(lambda: bool(again.desk.installation.methods), timeout=PATIENCE)
    again.sessions.reopen(session)
    qtbot.waitUntil(lambda: again.desk.workspace is not None, timeout=PATIENCE)
    again.window.show_page("verify")
    again.verify.views.buttons[2].click()
    assert again.verify.closer.look is None
    qtbot.mouseClick(again.verify.closer.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: again.verify.closer.look is not None, timeout=PATIENCE)
    found = again.verify.closer.look
    assert found is not None
    assert (found.nets["unlearned"].train.named == look.nets["unlearned"].train.named).all()


def test_a_checkpoint_that_has_gone_is_said(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = with_a_run(qtbot, windows, tiny_spec)
    Path(str(made.desk.runs.shown.checkpoint)).unlink()
    made.verify.views.buttons[1].click()
    qtbot.mouseClick(made.verify.closer.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "unlearned.safetensors" in made.window.notices.text(), timeout=PATIENCE)
    assert made.verify.closer.look is None and made.verify.closer.empty.button.isVisible()


@pytest.mark.parametrize("place", range(6))
def test_every_view_fits_a_small_window(qtbot: QtBot, windows: Windows, place: int) -> None:
    from tests.ui.staging import close_look, filled
    from tests.ui.test_fit import SMALL, cut, settle, sideways

    made = filled()
    windows.open.append(made)
    made.window.show()
    made.window.resize(SMALL)
    made.window.show_page("verify")
    for view in (made.verify.closer.scores, made.verify.closer.features, made.verify.closer.relearning):
        view.ensure()
    made.verify.closer.show_look(close_look())
    made.verify.views.buttons[place].click()
    settle()
    assert made.window.size() == SMALL and sideways(made.window) == [] and cut(made.window) == []
