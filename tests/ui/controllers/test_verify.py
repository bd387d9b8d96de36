"""The Verify page with its controller and a real worker thread; only the judging itself is played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Ended, Event, Message
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.yardstick import Yardstick
from maga_desk.services.erasure import Erasure
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.verify import VerifyController
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.declare import DeclareDialog
from maga_desk.ui.dialogs.listing import ListingDialog
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.dialogs.retrain import RetrainDialog
from maga_desk.ui.dialogs.without_retraining import WithoutRetrainingDialog
from maga_desk.ui.pages.verify import VerifyPage
from maga_desk.ui.runs import RunView
from maga_desk.ui.workers.job_thread import JobThread

RUN = Path(__file__).parents[2] / "kept" / "home" / "runs" / "20261128-053351"
STRANGER = Yardstick("net.pt", "cd" * 32, "none", reasons=("It has no record.",), declarable=True)


def report() -> Report:
    return replace(Report.from_dict(json.loads((RUN / "report.json").read_text())), yardstick=STRANGER)


class Played:
    """Judges by what was declared, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[RunSpec] = []

    def judge(self, erasure: Erasure, _checkpoint: str, _control: RunControl) -> Iterator[Event]:
        self.asked.append(erasure.spec)
        who = erasure.spec.audit.declared_by
        yield Audited(replace(report(), yardstick=replace(STRANGER, standing="declaration", declared_by=who)))
        yield Ended("finished")

    def models(self, erasure: Erasure, _control: RunControl) -> Iterator[Event]:
        """Say how many verification models it was asked about."""
        yield Message(f"{erasure.spec.audit.verification_models} models, {erasure.spec.audit.without_retraining}")
        yield Ended("finished")

    def cost(self, erasure: Erasure, _control: RunControl) -> Iterator[Event]:
        """Say what it was asked about."""
        yield Message(f"{erasure.recipe.epochs} epochs, batch {erasure.recipe.batch_size}")
        yield Ended("finished")


@pytest.fixture
def bench(
    qtbot: QtBot, store: SessionStore, tiny_spec: RunSpec, tiny_workspace: Any, tmp_path: Path
) -> Iterator[tuple[VerifyPage, Desk, Played, SessionStore]]:
    page, desk, thread, played = VerifyPage(), Desk(), JobThread(), Played()
    qtbot.addWidget(page)
    VerifyController(
        page,
        desk,
        Jobs(thread),
        store,
        lambda *_: None,
        lambda _: None,
        judge_service=played.judge,
        retraining_cost_service=played.cost,
        verification_cost_service=played.models,
    )
    thread.start()
    spec = tiny_spec.with_changes("audit", retrained=str(tmp_path / "net.pt"))
    desk.set_workspace(tiny_workspace, tiny_workspace.card, tiny_workspace.images)
    session = store.create_session("forget ring", spec)
    desk.set_session(session, "forget ring")
    for number in range(2):
        recorder = store.start_run(session, spec.with_changes("", seed=number), str(tmp_path / f"run-{number}"))
        recorder.record(Audited(report()))
        recorder.record(Ended("finished"))
    store.flush()
    desk.runs.set_recorded(store.runs(session))
    shown = RunView(run_id=desk.runs.recorded[0].id, spec=spec, state="finished", report=report(), checkpoint="net")
    desk.runs.show(shown)
    page.show()
    qtbot.waitExposed(page)
    yield page, desk, played, store
    thread.close()


def test_a_person_declares_a_yardstick_by_name_and_is_named(qtbot: QtBot, bench: Any) -> None:
    page, desk, played, _ = bench
    assert page.declare_button.isVisible() and "press Declare it retrained" in page.result.advice.text()
    qtbot.mouseClick(page.declare_button, Qt.MouseButton.LeftButton)
    dialog = page.window().findChild(DeclareDialog)
    assert isinstance(dialog, DeclareDialog) and "It has no record." in dialog.reasons.text()
    assert not dialog.declare_button.isEnabled(), "nobody is not enough"
    qtbot.keyClicks(dialog.name, "N. N.")
    qtbot.mouseClick(dialog.declare_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(played.asked) and desk.runs.shown.report.judged, timeout=5000)
    assert played.asked[0].audit.declared_by == "N. N." and desk.runs.shown.spec.audit.declared_by == "N. N."
    assert "judged by declaration of N. N." in page.overview.text() and not page.declare_button.isVisible()
    assert "figures are as after retraining" in page.result.sentence.text()


def test_what_retraining_costs_is_measured_again_when_the_recipe_changes(qtbot: QtBot, bench: Any) -> None:
    page, _, played, _ = bench
    qtbot.mouseClick(page.retrain_button, Qt.MouseButton.LeftButton)
    dialog = page.window().findChild(RetrainDialog)
    assert isinstance(dialog, RetrainDialog)
    qtbot.waitUntil(lambda: dialog.estimate.text() == "20 epochs, batch 32.", timeout=5000)
    dialog.form.by_hand.setChecked(True)
    dialog.form.inputs["epochs"].set_value(7)
    assert not dialog.train_button.isEnabled() and "Measuring" in dialog.estimate.text()
    qtbot.waitUntil(lambda: dialog.estimate.text() == "7 epochs, batch 32.", timeout=5000)
    qtbot.mouseClick(dialog.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(played.asked), timeout=5000)
    recipe = played.asked[0].audit.recipe
    assert recipe is not None and recipe.given() == {"epochs": 7}, "the rest is the checkpoint's own"


def test_judging_without_retraining_is_offered_with_its_cost(qtbot: QtBot, bench: Any) -> None:
    page, desk, played, _ = bench
    qtbot.mouseClick(page.without_button, Qt.MouseButton.LeftButton)
    dialog = page.window().findChild(WithoutRetrainingDialog)
    assert isinstance(dialog, WithoutRetrainingDialog) and "never" in dialog.why.text()
    qtbot.waitUntil(lambda: dialog.estimate.text() == "3 models, True.", timeout=5000)
    dialog.count.setValue(5)
    assert not dialog.train_button.isEnabled() and "Measuring" in dialog.estimate.text()
    qtbot.waitUntil(lambda: dialog.estimate.text() == "5 models, True.", timeout=5000)
    qtbot.mouseClick(dialog.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(played.asked), timeout=5000)
    asked = played.asked[0].audit
    assert asked.without_retraining and asked.verification_models == 5
    qtbot.waitUntil(lambda: desk.runs.shown.spec.audit == asked, timeout=5000)


def test_the_settings_that_a_run_used_are_listed_and_saved(qtbot: QtBot, bench: Any, tmp_path: Path) -> None:
    page, desk, _played, _store = bench
    assert not page.used_button.isEnabled(), "a run of an earlier version"
    run = desk.runs.shown
    desk.runs.set_report(run, replace(report(), resolved={"method": "maga", "preset": "auto", "params": {"lr": 0.02}}))
    qtbot.mouseClick(page.used_button, Qt.MouseButton.LeftButton)
    dialog = page.findChild(ListingDialog)
    assert dialog is not None and "parameters: lr 0.02" in dialog.text.toPlainText()
    dialog.save_requested.emit(str(tmp_path / "used.txt"))
    assert "method: maga, preset auto" in (tmp_path / "used.txt").read_text()
    dialog.reject()


def test_a_run_is_renamed_and_keeps_its_name(qtbot: QtBot, bench: Any) -> None:
    page, desk, _, store = bench
    qtbot.mouseClick(page.rename_button, Qt.MouseButton.LeftButton)
    dialog = page.window().findChild(NameDialog)
    assert isinstance(dialog, NameDialog)
    dialog.line.setText("4711")
    dialog.buttons.accepted.emit()
    assert page.runs.currentText().startswith("4711: ") and "ring" in page.runs.currentText()
    assert store.runs(desk.session_id)[0].name == "4711"
