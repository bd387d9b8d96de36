"""What the Export page says of the run whose checkpoint it saves."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.controllers.export import ExportController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.export import ExportPage
from maga_desk.ui.runs import RunView
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.workers.job_thread import JobThread


def test_a_run_that_ended_is_no_longer_said_to_be_running(qtbot: QtBot) -> None:
    """The checkpoint is told while the run still goes on: its audit comes after."""
    page, desk, run = ExportPage(), Desk(), RunView(spec=RunSpec())
    qtbot.addWidget(page)
    ExportController(page, desk, Jobs(JobThread()), None, lambda spec, path: None)

    def said() -> str:
        return next(label.text() for label in page.findChildren(TextLabel) if label.accessibleName() == "Run")

    desk.runs.begin(run)
    desk.runs.show(run)
    desk.runs.set_checkpoint(run, "unlearned.safetensors")
    assert said().endswith("running")
    desk.runs.end(run, "finished")
    assert said().endswith("finished")
