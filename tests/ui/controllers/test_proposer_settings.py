"""The settings of the chosen proposer: what it needs, checked where it is typed."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.guidance import EndpointSpec, GuidanceSpec, MixturePart
from maga_desk.domain.specs.prompt import QUESTION, Prompt
from maga_desk.ui.dialogs.proposer import ProposerDialog


def opened(bench: Any, proposer: str, **fields: Any) -> ProposerDialog:
    """The settings of a guidance that is in force."""
    spec = bench.desk.spec.with_changes("guidance", proposer=proposer, **fields)
    bench.desk.set_spec(spec)
    return reopened(bench)


def reopened(bench: Any) -> ProposerDialog:
    bench.settings.open()
    assert bench.settings.dialog is not None
    return bench.settings.dialog


def ok(qtbot: QtBot, dialog: ProposerDialog) -> None:
    qtbot.mouseClick(dialog.ok_button, Qt.MouseButton.LeftButton)


def test_only_what_is_installed_is_offered_in_readable_words(bench: Any) -> None:
    page = bench.page
    page.show_proposers({name: bench.desk.installation.proposers[name] for name in ("classifier", "uniform")})
    assert [page.bar.proposer.itemText(i) for i in range(2)] == ["Classifier's softmax", "Uniform (control)"]
    page.draft.follow(GuidanceSpec(proposer="mllm"))
    assert "not here" in page.bar.proposer.currentText()
    assert not page.bar.propose_button.isEnabled()
    assert "not part of this installation" in page.bar.help.text()


@pytest.mark.parametrize(
    ("proposer", "shown"),
    [
        ("mllm", ["model", "revision", "prompt", "exemplars", "precision", "batch"]),
        ("endpoint", ["endpoint", "model", "prompt", "exemplars"]),
        ("clip", ["model", "revision", "prompt", "exemplars", "precision", "batch"]),
        ("classifier", ["temperature"]),
        ("file", ["file"]),
    ],
)
def test_each_proposer_shows_what_it_needs(qtbot: QtBot, bench: Any, proposer: str, shown: list[str]) -> None:
    dialog = opened(bench, proposer)
    form = dialog.form
    assert form.needed() == shown
    for name in ("mixture", "endpoint", "model", "prompt", "exemplars", "precision", "batch", "temperature", "file"):
        entry = form.inputs[name] if name in form.inputs else getattr(form, name)
        assert entry.isVisible() == (name in shown)
    dialog.reject()


def test_the_uniform_control_has_no_settings(bench: Any) -> None:
    bench.page.draft.follow(GuidanceSpec(proposer="uniform"))
    assert not bench.page.bar.settings_button.isEnabled()


def test_settings_reach_the_request(qtbot: QtBot, bench: Any) -> None:
    dialog = opened(bench, "mllm")
    form = dialog.form
    form.model.box.setCurrentText("demo")
    form.inputs["exemplars"].set_value(3)
    form.inputs["precision"].set_value("bfloat16")
    form.inputs["batch"].set_value(7)
    ok(qtbot, dialog)
    qtbot.mouseClick(bench.page.bar.propose_button, Qt.MouseButton.LeftButton)
    bench.wait(lambda: len(bench.played.asked) == 1)
    given = bench.played.asked[0].guidance
    assert (given.model, given.exemplars, given.precision, given.batch) == ("demo", 3, "bfloat16", 7)
    assert given.prompt is None, "the standard question"
    bench.wait(lambda: bench.jobs.current("propose") is None)


def test_cancelled_settings_change_nothing(bench: Any) -> None:
    before = bench.page.draft.settings()
    dialog = opened(bench, "classifier")
    dialog.form.inputs["temperature"].set_value(9)
    dialog.reject()
    assert bench.page.draft.settings() == before


def test_a_prompt_is_previewed_named_and_restored(qtbot: QtBot, bench: Any) -> None:
    dialog = opened(bench, "mllm", model="demo", prompt="Is it like a {class}?", names={"deer": "sea lion"})
    editor = dialog.form.prompt
    editor.preview_class.setCurrentText("deer")
    assert editor.preview.text() == "“Is it like a sea lion?”"
    assert editor.version.text() == f"version {Prompt('Is it like a {class}?').version}"
    editor.edit.setPlainText("Is it like that?")
    assert not dialog.ok_button.isEnabled()
    assert "no {class}" in dialog.form.line("prompt")
    qtbot.mouseClick(editor.restore_button, Qt.MouseButton.LeftButton)
    assert editor.edit.toPlainText() == QUESTION
    assert dialog.ok_button.isEnabled()
    ok(qtbot, dialog)
    assert bench.page.draft.settings()["prompt"] is None


def test_each_proposer_keeps_its_own_model_and_question(bench: Any) -> None:
    bench.page.draft.follow(GuidanceSpec(proposer="mllm", model="demo", prompt="Is it {class}?"))
    box = bench.page.bar.proposer
    box.setCurrentIndex(box.findData("clip"))
    assert (bench.page.draft.settings()["model"], bench.page.draft.settings()["prompt"]) == (None, None)
    assert bench.page.draft.settings_for("mllm")["prompt"] == "Is it {class}?"
    box.setCurrentIndex(box.findData("mllm"))
    assert (bench.page.draft.settings()["model"], bench.page.draft.settings()["prompt"]) == ("demo", "Is it {class}?")


@pytest.mark.parametrize(
    ("proposer", "field", "words"),
    [("mllm", "model", "Name a model"), ("file", "file", "Choose a file"), ("mixture", "mixture", "at least one part"),
     ("endpoint", "endpoint", "address")],
)  # fmt: skip
def test_what_is_missing_is_told_where_it_is(bench: Any, proposer: str, field: str, words: str) -> None:
    dialog = opened(bench, proposer)
    assert words in dialog.form.line(field)
    assert not dialog.ok_button.isEnabled()
    dialog.reject()


def test_a_wrong_address_is_told_where_it_is(qtbot: QtBot, bench: Any) -> None:
    dialog = opened(bench, "endpoint", model="m")
    form = dialog.form.endpoint
    for wrong, words in (("ftp://x", "http:// or https://"), ("https://me:pw@x/v1", "keys belong into the keyring")):
        form.url.setText(wrong)
        assert words in dialog.form.line("endpoint")
        assert not form.save_key.isEnabled() and not form.test_button.isEnabled()
    form.url.setText("https://x.example/v1")
    assert dialog.ok_button.isEnabled()
    dialog.reject()


def test_a_key_is_never_part_of_the_settings(qtbot: QtBot, bench: Any) -> None:
    dialog = opened(bench, "endpoint", model="m", endpoint=EndpointSpec(url="https://x.example/v1"))
    form = dialog.form.endpoint
    assert form.key.echoMode() == QLineEdit.EchoMode.Password
    assert "keyring" in form.key.placeholderText()
    qtbot.keyClicks(form.key, "s3cret")
    qtbot.mouseClick(form.save_key, Qt.MouseButton.LeftButton)
    assert bench.played.keys == {"https://x.example": "s3cret"}
    qtbot.keyClicks(form.key, "s3cret")
    form.inputs["input_price"].set_value(0.5)
    form.inputs["concurrency"].set_value(2)
    ok(qtbot, dialog)
    endpoint = bench.page.draft.settings()["endpoint"]
    assert (endpoint.input_price, endpoint.concurrency) == (0.5, 2)
    assert "s3cret" not in str(bench.page.draft.settings())


def test_a_connection_that_fails_is_told_where_it_was_tried(qtbot: QtBot, bench: Any) -> None:
    dialog = opened(bench, "endpoint", model="m", endpoint=EndpointSpec(url="https://x.example/v1"))
    bench.played.fault = "no answer"
    qtbot.mouseClick(dialog.form.endpoint.test_button, Qt.MouseButton.LeftButton)
    bench.wait(lambda: dialog.form.endpoint.result.text() == "no answer")
    dialog.reject()


def test_what_a_closed_dialog_asked_for_is_told_to_nobody(qtbot: QtBot, bench: Any) -> None:
    dialog = opened(bench, "endpoint", model="m", endpoint=EndpointSpec(url="https://x.example/v1"))
    qtbot.mouseClick(dialog.form.endpoint.test_button, Qt.MouseButton.LeftButton)
    assert dialog.form.endpoint.result.text() == "Asking…"
    dialog.reject()
    bench.wait(lambda: bench.jobs.current("connection") is None)
    assert bench.played.tested[0][1] == "m"


def test_a_mixture_is_put_together(qtbot: QtBot, bench: Any) -> None:
    dialog = opened(bench, "mixture", model="demo", mixture=(MixturePart(proposer="classifier", weight=2.0),))
    table = dialog.form.mixture
    assert "temperature" in dialog.form.needed() and "model" not in dialog.form.needed()
    qtbot.mouseClick(table.add_button, Qt.MouseButton.LeftButton)
    assert table.sources() == {"classifier", "mllm"}
    assert "prompt" in dialog.form.needed(), "what a part needs can be set"
    ok(qtbot, dialog)
    parts = bench.page.draft.settings()["mixture"]
    assert [(part.proposer, part.weight) for part in parts] == [("classifier", 2.0), ("mllm", 1.0)]
    dialog = reopened(bench)
    again = dialog.form.mixture
    again.table.selectRow(0)
    qtbot.mouseClick(again.remove_button, Qt.MouseButton.LeftButton)
    assert again.sources() == {"mllm"}
    dialog.reject()
