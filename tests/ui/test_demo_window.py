"""What "Try the demo" opens: each task marked and ready to start."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.demo import DEMO_TASKS, DemoTask
from tests.ui.driving import PATIENCE, Windows


@pytest.mark.parametrize("demo", DEMO_TASKS, ids=lambda demo: demo.task)
def test_the_demo_opens_each_task_ready_to_start(
    qtbot: QtBot, windows: Windows, small_demo: None, demo: DemoTask
) -> None:
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
