"""What "Try the demo" opens: each task marked and ready to start."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.data.demo_world.world import demo_world
from maga_desk.domain.demo import DEMO_TASKS, DemoTask
from tests.ui.driving import PATIENCE, Windows


@pytest.mark.parametrize("demo", DEMO_TASKS, ids=lambda demo: demo.task)
def test_the_demo_opens_each_task_ready_to_start(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch, demo: DemoTask
) -> None:
    # the same pictures, fewer of them: the whole world takes many seconds to draw
    monkeypatch.setattr("maga_desk.data.demo_world.world.demo_world", lambda progress: demo_world(0, 10, 5, progress))
    made = windows.make()
    button = next(each for each in made.load.demo_tasks.buttons if each.text() == demo.title)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert made.load.demo_about.text() == demo.text
    qtbot.mouseClick(made.load.demo_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.forget is not None and bool(made.desk.installation.methods), timeout=PATIENCE)
    assert made.desk.forget is not None and made.desk.forget.task == demo.task
    spec = made.desk.spec
    assert spec.method.name == demo.method and spec.audit.retrained
    made.window.show_page("run")
    assert made.run.start_button.isEnabled() and "(recommended)" in made.run.method.currentText()
    assert made.run.options.values()["retrained"] == spec.audit.retrained
    assert made.desk.session_title.startswith("forget ")
