"""What a job's line says, and what its buttons ask for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Progress
from maga_desk.ui.job_view import JOB_KINDS, JobView
from maga_desk.ui.widgets.basic.job_line import JobLine

UNLEARNING = Progress("unlearning", 1200, 4000, 754)
RUNNING = JobView(JOB_KINDS["run"], "running", UNLEARNING)
SHADOWS = JobView(JOB_KINDS["judge"], "running", Progress("Training shadow models", 3, 8, 240))


@pytest.fixture
def line(qtbot: QtBot) -> JobLine:
    line = JobLine()
    qtbot.addWidget(line)
    return line


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (RUNNING, "Unlearning: 1,200 of 4,000, about 13 min left"),
        (JobView(JOB_KINDS["run"], "running", Progress("reading pictures", 3, 0)), "Reading pictures"),
        (JobView(JOB_KINDS["engine"], "running"), "Starting the engine"),
        (JobView(JOB_KINDS["run"], "paused", UNLEARNING), "Paused: Unlearning: 1,200 of 4,000"),
        (JobView(JOB_KINDS["run"], "stopping", UNLEARNING), "Stopping: Unlearning: 1,200 of 4,000"),
        (
            JobView(JOB_KINDS["run"], "waiting", None, SHADOWS),
            "Waiting for: training shadow models, about 4 min left",
        ),
        (
            JobView(JOB_KINDS["open"], "waiting", None, JobView(JOB_KINDS["engine"], "running")),
            "Waiting for: starting the engine",
        ),
        (
            JobView(JOB_KINDS["export"], "waiting", None, JobView(JOB_KINDS["run"], "paused", UNLEARNING), 1),
            "Waiting for: unlearning, paused, then 1 more",
        ),
    ],
)
def test_how_a_job_stands_in_words(line: JobLine, view: JobView, words: str) -> None:
    line.show_job(view)
    assert line.words.text() == line.bar.accessibleDescription() == words


def test_the_bar_knows_how_far_it_is_or_only_moves(line: JobLine) -> None:
    line.show_job(RUNNING)
    assert (line.bar.value(), line.bar.maximum()) == (300, 1000)
    line.show_job(JobView(JOB_KINDS["run"], "running", Progress("reading pictures", 3, 0)))
    assert line.bar.maximum() == 0
    line.show_job(JobView(JOB_KINDS["run"], "waiting", None, RUNNING))
    assert (line.bar.value(), line.bar.maximum()) == (0, 1000), "nothing of it is done"
    line.show_job(None)
    assert line.isHidden()


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("waiting", {"Cancel"}),
        ("running", {"Pause", "Cancel"}),
        ("paused", {"Resume", "Cancel"}),
        ("stopping", set()),
    ],
)
def test_each_state_offers_what_can_be_done(line: JobLine, state: str, offered: set[str]) -> None:
    line.show_job(JobView(JOB_KINDS["run"], state, UNLEARNING, RUNNING if state == "waiting" else None))  # type: ignore[arg-type]
    assert {button.text() for button in line.findChildren(QPushButton) if button.isEnabled()} == offered


def test_buttons_ask_for_what_they_say(qtbot: QtBot, line: JobLine) -> None:
    line.show()
    line.show_job(RUNNING)
    with qtbot.waitSignal(line.pause_requested):
        qtbot.mouseClick(line.pause_button, Qt.MouseButton.LeftButton)
    line.show_job(JobView(JOB_KINDS["run"], "paused", UNLEARNING))
    with qtbot.waitSignal(line.resume_requested):
        qtbot.mouseClick(line.pause_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(line.cancel_requested):
        qtbot.mouseClick(line.cancel_button, Qt.MouseButton.LeftButton)


def test_a_note_stays_until_something_goes_on_again(line: JobLine) -> None:
    line.show_job(RUNNING)
    line.show_job(None)
    line.say("Cancelled.")
    assert not line.isHidden() and line.cancel_button.isHidden()
    line.show_job(RUNNING)
    line.show_job(None)
    assert line.isHidden()


def test_what_is_told_stands_below_the_words_while_the_job_goes_on(line: JobLine) -> None:
    line.show_job(RUNNING)
    line.tell("2 MB", "2 MB of 12 GB")
    assert not line.told.isHidden() and (line.told.text(), line.told.toolTip()) == ("2 MB", "2 MB of 12 GB")
    line.show_job(None)
    assert line.told.isHidden() and not line.told.text()
