"""While a model opens, the Load page says what it takes of the memory."""

from __future__ import annotations

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ResourceError
from maga_desk.domain.events import Event, Forecast, Progress
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.load import LoadController
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.load import LoadPage
from maga_desk.ui.workers.job_thread import JobThread


def test_the_forecast_stands_there_until_the_job_ends(qtbot: QtBot) -> None:
    page, thread = LoadPage(), JobThread()
    qtbot.addWidget(page)
    go_on, said = list[bool](), list[str]()
    page.told.connect(lambda text, _level: said.append(text))

    def opening(_spec: RunSpec, control: RunControl) -> Iterator[Event]:
        yield Forecast(60_000, (224, 224), 9_100_000_000, 25, 512_000_000, 12_300_000_000)
        while not go_on:
            yield Progress("Reading the pictures", 1, 60_000)
            control.checkpoint()
        raise ResourceError("not enough memory")

    controller = LoadController(page, Desk(), Jobs(thread), opening)
    thread.start()
    try:
        controller.open(RunSpec())
        told = page.progress.told
        qtbot.waitUntil(lambda: not told.isHidden() and bool(told.text()), timeout=5000)
        assert told.text() == "60,000 pictures take 9.1 GB; 12.3 GB are free"
        assert "25 at a time through the model 512 MB" in told.toolTip()
        go_on.append(True)
        qtbot.waitUntil(lambda: told.isHidden(), timeout=5000)
        assert said[-1] == "not enough memory"
    finally:
        go_on.append(True)
        thread.close()
