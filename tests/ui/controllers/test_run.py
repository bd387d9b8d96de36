"""The Run page with its controller and a real worker thread; only what a run does is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import (
    Ended,
    Event,
    Message,
    Progress,
    Saved,
    Scalars,
    Started,
    WorkspaceCard,
)
from maga_desk.domain.installation import Installation
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.planned_runs import view_of
from maga_desk.ui.controllers.run import RunController
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.run import RunPage
from maga_desk.ui.workers.job_thread import JobThread
from tests.ui.controllers.conftest import CLASSES, picture_set

NO_LIMITS = LimitsSpec().model_dump()


class Params(MethodParams):
    share: float = 0.3
    lr: float = 0.02


def measured(situation: Situation) -> dict[str, float]:
    return {"share": 0.2 if situation.intent == "membership" else 0.5}


METHODS = [
    MethodInfo("maga", "MaGA", "Forgets.", "", ("class", "random"), Params, measured),
    MethodInfo("plain", "Fine-tuning", "Trains on.", "", ("class", "random"), Params, measured),
]


@dataclass
class Played:
    """A run that yields these events; where ``hold`` is set it goes on until it is cancelled."""

    asked: list[tuple[RunSpec, bool]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    fault: str = ""
    hold: bool = False

    def run(
        self, spec: RunSpec, control: RunControl, *, workspace: Any = None, resume: bool = False
    ) -> Iterator[Event]:
        self.asked.append((spec, resume))
        yield Started("Unlearning")
        yield from self.events
        step = 0
        while self.hold:
            yield Progress("unlearning", step := step + 1, 10**6)
            control.checkpoint()
        if self.fault:
            raise MethodError(self.fault)
        yield Saved(f"{spec.output.dir}/unlearned.safetensors")
        yield Ended("finished", {}, spec.output.dir)


@dataclass
class Bench:
    page: RunPage
    desk: Desk
    jobs: Jobs
    store: SessionStore
    played: Played
    said: list[tuple[str, str]]
    wait: Callable[[Callable[[], bool]], None]

    def start(self) -> None:
        """Press Start and wait until the run is going on."""
        self.page.start_button.click()
        self.wait(lambda: self.desk.runs.live is not None)

    def ended(self) -> None:
        self.wait(lambda: not self.desk.runs.busy and self.jobs.current("run") is None)


@pytest.fixture
def run_bench(qtbot: QtBot, store: SessionStore, tmp_path: Path) -> Iterator[Bench]:
    page, desk, thread, played = RunPage(), Desk(), JobThread(), Played()
    qtbot.addWidget(page)
    jobs = Jobs(thread)
    said: list[tuple[str, str]] = []
    RunController(
        page,
        desk,
        jobs,
        store,
        SettingsFile(),
        lambda text, level: said.append((text, level)),
        played.run,
        tmp_path / "runs",
        lambda erasure: 30.0 * len(erasure.gone),
    )
    thread.start()
    images = picture_set()
    card = WorkspaceCard("net", "resnet8", 9, CLASSES, CLASSES, None, 40, 40, (8, 8), 90.0, None, "cpu", "float32", "")
    desk.set_workspace(images, card, images)
    desk.set_engine(Installation(methods=METHODS))
    desk.set_basket(desk.basket.add(np.arange(10)))  # all birds
    desk.set_session(store.create_session("forget bird", desk.spec), "forget bird")
    page.show_missing([])
    page.show()
    qtbot.waitExposed(page)
    yield Bench(page, desk, jobs, store, played, said, lambda what: qtbot.waitUntil(what, timeout=5000))
    played.hold = False
    thread.close()


def share(bench: Bench) -> str:
    return str(bench.page.form.inputs["share"].field.text())


def test_settings_are_the_specs_at_once(run_bench: Bench) -> None:
    page, desk = run_bench.page, run_bench.desk
    page.options.seed.setValue(7)
    page.options.compare.setCurrentIndex(1)
    page.form.inputs["lr"].set_value(0.25)
    page.form.inputs["lr"].changed.emit()
    assert (desk.spec.seed, desk.spec.audit.retrained) == (7, "make")
    assert desk.spec.method == MethodSpec(params={"lr": 0.25})
    page.method.choose("plain")
    assert desk.spec.method == MethodSpec(name="plain")


def test_another_intent_has_other_defaults_and_keeps_what_was_changed(run_bench: Bench) -> None:
    page, desk = run_bench.page, run_bench.desk
    assert share(run_bench) == "0.5"
    page.form.inputs["lr"].set_value(0.25)
    page.form.inputs["lr"].changed.emit()
    page.options.intent.setCurrentText("as if never trained on")
    assert share(run_bench) == "0.2"
    assert (desk.spec.intent, desk.spec.method.params) == ("membership", {"lr": 0.25})


def test_a_session_shows_its_own_settings_and_never_anothers(run_bench: Bench) -> None:
    page, desk = run_bench.page, run_bench.desk
    page.options.seed.setValue(9)
    page.options.intent.setCurrentText("as if never trained on")
    page.options.compare.setCurrentIndex(2)  # a checkpoint, whose path is not typed yet
    page.method.choose("plain")
    desk.set_spec(RunSpec())
    desk.set_session(2, "forget deer")
    assert page.options.values() == {
        "intent": "auto", "seed": 0, "device": "auto", "retrained": None, "declared_by": "", "guesses": 1,
        "limits": NO_LIMITS,
    }  # fmt: skip
    assert page.options.compare.currentIndex() == 0
    assert page.method_spec() == MethodSpec()


def test_marks_and_guidance_leave_the_settings_alone(run_bench: Bench) -> None:
    page, desk = run_bench.page, run_bench.desk
    page.options.seed.setValue(7)
    page.options.compare.setCurrentIndex(2)
    desk.set_basket(desk.basket.add(np.arange(20)))
    desk.set_spec(desk.spec.with_changes("guidance", gamma=0.5))
    assert page.options.seed.value() == 7
    assert page.options.compare.currentIndex() == 2, "its path is about to be typed"


def test_pausing_is_a_state_of_the_run(run_bench: Bench) -> None:
    page, runs = run_bench.page, run_bench.desk.runs
    run_bench.played.hold = True
    run_bench.start()
    assert runs.live is runs.shown and page.state_text.text() == "Running."
    page.progress.pause_button.click()
    assert runs.shown.state == "paused" and page.progress.pause_button.text() == "Resume"
    assert "paused" in runs.shown.title
    page.progress.pause_button.click()
    assert runs.shown.state == "running"
    page.progress.cancel_button.click()
    assert runs.shown.state in ("stopping", "cancelled")
    run_bench.ended()
    assert runs.shown.state == "cancelled" and page.continue_button.isVisible()
    run_bench.played.hold = False
    page.continue_button.click()
    run_bench.ended()
    assert [resume for _, resume in run_bench.played.asked] == [False, True]
    assert runs.shown.state == "finished" and runs.shown.checkpoint is not None


def test_a_run_that_waits_is_taken_back_at_once(run_bench: Bench) -> None:
    page, runs = run_bench.page, run_bench.desk.runs

    def other(control: RunControl) -> Iterator[Event]:
        while True:
            yield Progress("Retraining", 1, 2)
            control.checkpoint()

    job = run_bench.jobs.start("judge", other, lambda _batch: None, lambda _text: None)
    page.start_button.click()
    (waiting,) = runs.queued
    assert waiting is runs.shown and runs.live is None
    run_bench.wait(lambda: page.progress.words.text() == "Waiting for: retraining")
    page.progress.cancel_button.click()
    assert waiting.state == "cancelled" and not runs.busy
    assert page.start_button.isVisible() and page.form.isEnabled()
    assert not run_bench.played.asked
    job.control.cancel()
    assert waiting.run_id is not None
    assert run_bench.store.run(waiting.run_id).status == "cancelled"
    page.continue_button.click()
    run_bench.ended()
    assert waiting.state == "finished"


def test_continuing_the_first_part_of_a_request_begins_the_others_after_it(run_bench: Bench) -> None:
    page, desk, runs = run_bench.page, run_bench.desk, run_bench.desk.runs
    desk.set_basket(desk.basket.add(np.array([30])))  # a class and a picture: two requests
    run_bench.played.hold = True
    run_bench.start()
    page.progress.cancel_button.click()
    run_bench.ended()
    first, second = runs.shown, run_bench.store.runs(desk.session_id or 0)[0]
    assert (first.state, second.status) == ("cancelled", "cancelled") and second.id != first.run_id
    run_bench.played.hold = False
    page.continue_button.click()
    assert [run.run_id for run in runs.queued] == [second.id, first.run_id]
    run_bench.ended()
    run_bench.wait(lambda: not runs.busy and runs.shown.run_id == second.id)
    assert runs.shown.state == "finished" and any("two requests" in message.text for message in runs.shown.messages)
    assert [info.status for info in run_bench.store.runs(desk.session_id or 0)] == ["finished", "finished"]
    assert [again for _, again in run_bench.played.asked] == [False, True, False], (
        "the second had nothing to go on from"
    )


def test_what_a_run_takes_here_is_said_before_the_start(run_bench: Bench) -> None:
    run_bench.page.options.compare.setCurrentIndex(1)
    assert run_bench.page.options.compare_note.text().endswith("Retraining takes about 5 min here."), "ten pictures go"


def test_a_second_run_is_refused_while_one_goes_on(run_bench: Bench) -> None:
    run_bench.played.hold = True
    run_bench.start()
    run_bench.page.start_requested.emit()
    assert run_bench.said == [("A run is going on already: let it finish or cancel it, then start.", "warning")]
    run_bench.page.progress.cancel_button.click()
    run_bench.ended()


def test_messages_and_the_fault_come_back_with_the_run(run_bench: Bench) -> None:
    page, runs = run_bench.page, run_bench.desk.runs
    run_bench.played.events = [Message("bf16 is used"), Message("only 3 pictures", "warning")]
    run_bench.played.fault = "the loss is not finite"
    page.start_button.click()
    run_bench.ended()
    run = runs.shown
    assert (run.state, run.error) == ("failed", "the loss is not finite")
    text = page.log.toPlainText()
    assert text == "bf16 is used\nWarning: only 3 pictures"
    assert page.state_text.text() == "the loss is not finite"
    assert run.run_id is not None
    again = view_of(run_bench.store.run(run.run_id))
    assert (again.state, again.error, again.messages) == (run.state, run.error, run.messages)
    runs.show(type(run)())
    assert page.log.toPlainText() == "" and page.state_text.text() == "Ready to start."
    runs.show(again)
    assert page.log.toPlainText() == text and page.state_text.text() == run.error


def test_the_curve_of_a_retraining_is_not_the_runs(run_bench: Bench, qtbot: QtBot) -> None:
    run_bench.played.events = [
        Scalars(0, {"retain_accuracy": 90.0, "forget_accuracy": 80.0}),
        Scalars(5, {"retain_accuracy": 88.0, "forget_accuracy": 2.0}),
        Scalars(0, {"retain_accuracy": 10.0}, "reference"),
        Scalars(90, {"retain_accuracy": 78.5}, "reference"),
    ]
    qtbot.mouseClick(run_bench.page.start_button, Qt.MouseButton.LeftButton)
    run_bench.ended()
    assert run_bench.page.curves.retain_key.text == "Retain accuracy 88.0 %"
    assert run_bench.page.curves.forget_key.text == "Forget accuracy 2.0 %"
    run = run_bench.desk.runs.shown
    assert run.run_id is not None
    recorded = run_bench.store.run(run.run_id)
    assert len(recorded.scalars) == 4
    assert view_of(recorded).scalars == run.scalars


def test_the_recommended_method_is_in_force_until_another_is_chosen(run_bench: Bench) -> None:
    page, desk = run_bench.page, run_bench.desk
    best = MethodInfo("best", "Best for pictures", "", "", ("class", "random"), Params, recommended=("random",))
    other = MethodInfo("whole", "Best for classes", "", "", ("class",), Params, recommended=("class",))
    desk.set_engine(Installation(methods=[*METHODS, best, other]))
    assert (
        desk.spec.method == MethodSpec(name="whole") and page.method.currentText() == "Best for classes (recommended)"
    )
    desk.set_basket(desk.basket.remove(np.arange(5)))
    assert desk.spec.method.name == "best", "another task, another method"
    page.method.choose("plain")
    desk.set_basket(desk.basket.add(np.arange(10)))
    assert desk.spec.method.name == "plain", "a person's choice stays"


def test_the_figures_are_one_click_away_when_a_run_ends(qtbot: QtBot, run_bench: Bench) -> None:
    page = run_bench.page
    assert not page.figures_button.isVisible()
    page.start_button.click()
    run_bench.wait(lambda: run_bench.desk.runs.shown.state == "finished")
    assert page.figures_button.isVisible()
    with qtbot.waitSignal(page.figures_requested):
        qtbot.mouseClick(page.figures_button, Qt.MouseButton.LeftButton)
