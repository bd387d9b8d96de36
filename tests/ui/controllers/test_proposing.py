"""Asking, comparing, agreeing to send pictures, pausing and cancelling, through the page."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.guidance import EndpointSpec, MixturePart
from maga_desk.ui.controllers.proposing import KEPT
from maga_desk.ui.controllers.run import RunController
from maga_desk.ui.dialogs.consent import ConsentDialog
from maga_desk.ui.pages.run import RunPage

ORIGIN = "https://ai.example.org"
ENDPOINT = EndpointSpec(url=f"{ORIGIN}/v1")


def consent(bench: Any) -> ConsentDialog | None:
    found = [dialog for dialog in bench.page.findChildren(ConsentDialog) if dialog.isVisible()]
    return found[0] if found else None


def press(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_is_set_up_reaches_the_service(bench: Any) -> None:
    bench.propose(proposer="mllm", model="demo", exemplars=3, prompt="Is it {class}?")
    guidance = bench.played.asked[-1].guidance
    assert (guidance.model, guidance.exemplars, guidance.prompt) == ("demo", 3, "Is it {class}?")
    assert bench.desk.spec.guidance == guidance
    assert bench.desk.proposed_at is not None


def test_settings_that_make_no_sense_are_refused_in_words(bench: Any) -> None:
    bench.page.bar.propose_requested.emit({"proposer": "mllm", "exemplars": 0})
    assert "exemplars" in bench.said[-1][0]
    assert not bench.played.asked


def test_nothing_is_sent_before_a_person_agrees(qtbot: QtBot, bench: Any) -> None:
    bench.page.bar.propose_requested.emit({"proposer": "endpoint", "model": "m", "endpoint": ENDPOINT, "exemplars": 8})
    dialog = consent(bench)
    assert dialog is not None
    assert dialog.text() == f"6 exemplar pictures of cat would be sent to {ORIGIN}."
    assert "private data" in dialog.informativeText()
    default = dialog.defaultButton()
    assert isinstance(default, QPushButton) and default.text().replace("&", "") == "Cancel"
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    bench.wait(lambda: consent(bench) is None)
    assert not bench.played.asked
    assert SettingsFile().values.endpoints.agreed == ()


def test_agreement_is_asked_for_once_and_can_be_taken_back(qtbot: QtBot, bench: Any) -> None:
    wanted = {"proposer": "endpoint", "model": "m", "endpoint": ENDPOINT}
    bench.page.bar.propose_requested.emit(wanted)
    dialog = consent(bench)
    assert dialog is not None
    press(qtbot, dialog.send_button)
    bench.wait(lambda: bench.desk.proposal is not None)
    assert SettingsFile().values.endpoints.agreed == (ORIGIN,)
    bench.page.bar.propose_requested.emit(wanted)
    assert consent(bench) is None
    bench.wait(lambda: len(bench.played.asked) == 2)
    bench.settings.open()
    form = bench.settings.dialog.form.endpoint
    assert ORIGIN in form.consent.text()
    press(qtbot, form.withdraw_button)
    assert SettingsFile().values.endpoints.agreed == ()
    bench.page.bar.propose_requested.emit(wanted)
    assert consent(bench) is not None
    bench.settings.dialog.reject()


@pytest.mark.parametrize("compared", [False, True])
def test_a_part_of_a_mixture_needs_agreement_too(qtbot: QtBot, bench: Any, compared: bool) -> None:
    parts = (MixturePart(proposer="endpoint"), MixturePart(proposer="uniform"))
    bench.page.draft.change(mixture=parts, endpoint=ENDPOINT)
    if compared:
        bench.page.matrix.compare.compare_requested.emit("mixture")
    else:
        bench.page.draft.choose("mixture")
        press(qtbot, bench.page.bar.propose_button)
    dialog = consent(bench)
    assert dialog is not None
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    bench.wait(lambda: consent(bench) is None)
    assert not bench.played.asked and not bench.played.compared


def test_a_run_sends_nothing_either_before_a_person_agrees(qtbot: QtBot, bench: Any) -> None:
    page = RunPage()
    qtbot.addWidget(page)
    ran: list[Any] = []

    def say(text: str, level: str) -> None:
        bench.said.append((text, level))

    settings = SettingsFile()
    service = lambda spec, control, **_: iter([ran.append(spec)])  # noqa: E731
    RunController(page, bench.desk, bench.jobs, None, settings, say, service)
    bench.desk.set_spec(bench.desk.spec.with_changes("guidance", proposer="endpoint", model="m", endpoint=ENDPOINT))
    page.start_requested.emit()
    assert bench.jobs.current("run") is None and not bench.desk.runs.busy
    assert "press Propose labels" in bench.said[-1][0]
    settings.change(lambda now: now.with_agreement(ORIGIN, agreed=True))
    page.start_requested.emit()
    bench.wait(lambda: len(ran) == 1)
    bench.wait(lambda: bench.jobs.current("run") is None)


def test_an_endpoint_without_address_is_not_asked(bench: Any) -> None:
    bench.page.bar.propose_requested.emit({"proposer": "endpoint", "model": "m"})
    assert "no address" in bench.said[-1][0]
    assert consent(bench) is None and not bench.played.asked


def test_another_source_is_shown_beside_and_dropped_with_the_marks(qtbot: QtBot, bench: Any) -> None:
    bench.propose()
    box = bench.page.matrix.compare.box
    box.setCurrentIndex(box.findData("centroids"))
    box.activated.emit(box.currentIndex())
    bench.wait(lambda: bench.desk.compared is not None)
    assert bench.played.compared[-1].guidance.proposer == "centroids"
    assert bench.desk.spec.guidance.proposer == "classifier", "the spec says who proposed, not who was compared"
    assert bench.page.matrix.model.layer == "difference"
    assert "Rank agreement" in bench.page.matrix.compare.words.text()
    bench.mark([0, 1])
    assert bench.desk.compared is None
    assert bench.page.matrix.model.other is None
    assert box.currentData() is None


def test_nothing_beside_drops_the_comparison(bench: Any) -> None:
    bench.propose()
    bench.page.matrix.compare.compare_requested.emit("uniform")
    bench.wait(lambda: bench.desk.compared is not None)
    box = bench.page.matrix.compare.box
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert bench.desk.compared is None
    assert not bench.page.matrix.compare.layers.isVisible()


def test_pause_resume_and_cancel(qtbot: QtBot, bench: Any) -> None:
    bench.played.hold = True
    bench.page.bar.propose_requested.emit({"proposer": "mllm", "model": "demo"})
    line = bench.page.progress
    bench.wait(lambda: "of 100,000" in line.words.text())
    assert "about 12 s left" in line.words.text()
    press(qtbot, line.pause_button)
    assert bench.played.controls[0].paused
    assert line.pause_button.text() == "Resume"
    press(qtbot, line.pause_button)
    assert not bench.played.controls[0].paused
    press(qtbot, line.cancel_button)
    bench.wait(lambda: bench.jobs.current("propose") is None)
    assert line.note.text() == KEPT
    assert line.isVisible() and not line.cancel_button.isVisible()
    assert bench.page.bar.propose_button.isEnabled()
    bench.played.hold = False
    bench.propose(proposer="mllm", model="demo")
    assert not line.isVisible(), "the note goes when something is asked again"


def test_waiting_is_only_said_while_another_job_runs(qtbot: QtBot, bench: Any) -> None:
    seen: list[str] = []
    bench.jobs.changed.connect(lambda _purpose, view: seen.append(view.words() if view else ""))
    bench.propose()
    assert not any("Waiting" in words for words in seen)
    bench.played.hold = True
    bench.page.bar.propose_requested.emit({"proposer": "classifier"})
    bench.page.matrix.compare.compare_requested.emit("uniform")
    bench.wait(lambda: any("Waiting for: asking, about 12 s left" in words for words in seen))
    press(qtbot, bench.page.progress.cancel_button)
    assert bench.jobs.current("compare") is None, "what waits is over at once"
    bench.wait(lambda: bench.jobs.current("propose") is None)
    assert not bench.played.compared


def test_keys_and_connections_answer_in_the_settings(qtbot: QtBot, bench: Any) -> None:
    bench.page.bar.proposer.setCurrentIndex(bench.page.bar.proposer.findData("endpoint"))
    bench.settings.open()
    dialog = bench.settings.dialog
    form = dialog.form.endpoint
    form.url.setText(f"{ORIGIN}/v1")
    dialog.form.model.set_value("small")
    qtbot.keyClicks(form.key, "s3cret")
    press(qtbot, form.save_key)
    assert bench.played.keys == {ORIGIN: "s3cret"}
    assert form.key.text() == "" and "kept" in form.result.text()
    press(qtbot, form.test_button)
    bench.wait(lambda: form.result.text() == "small answers")
    assert bench.played.tested[0][0].url == f"{ORIGIN}/v1"
    press(qtbot, form.delete_key)
    assert bench.played.keys == {}
    press(qtbot, dialog.ok_button)
    settings = bench.page.draft.settings()
    assert settings["endpoint"].url == f"{ORIGIN}/v1"
    assert "s3cret" not in str(settings)
