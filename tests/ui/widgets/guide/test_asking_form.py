"""The settings of asking: what each proposer needs, checked where it is typed."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.guidance import EndpointSpec, GuidanceSpec, MixturePart
from maga_desk.domain.specs.prompt import QUESTION, Prompt
from maga_desk.ui.dialogs.asking import AskingDialog
from maga_desk.ui.widgets.guide.guidance_bar import GuidanceBar

SOURCES = ["mllm", "endpoint", "clip", "classifier", "centroids", "uniform", "file", "mixture"]


@pytest.fixture
def bar(qtbot: QtBot) -> GuidanceBar:
    bar = GuidanceBar()
    qtbot.addWidget(bar)
    bar.show_proposers(SOURCES)
    bar.show_classes(["cat", "sea_lion"])
    bar.show()
    qtbot.waitExposed(bar)
    return bar


def opened(bar: GuidanceBar, proposer: str, **fields: Any) -> AskingDialog:
    bar.show_guidance(GuidanceSpec(proposer=proposer, **fields))
    bar.open_settings()
    assert bar.dialog is not None
    return bar.dialog


def ok(qtbot: QtBot, dialog: AskingDialog) -> None:
    qtbot.mouseClick(dialog.ok_button, Qt.MouseButton.LeftButton)


def test_only_what_is_installed_is_offered_in_readable_words(bar: GuidanceBar) -> None:
    bar.show_proposers(["classifier", "uniform"])
    assert [bar.proposer.itemText(i) for i in range(2)] == ["Classifier's softmax", "Uniform (control)"]
    bar.show_guidance(GuidanceSpec(proposer="mllm"))
    assert "not here" in bar.proposer.currentText()
    assert not bar.propose_button.isEnabled()
    assert "not part of this installation" in bar.help.text()


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
def test_each_proposer_shows_what_it_needs(qtbot: QtBot, bar: GuidanceBar, proposer: str, shown: list[str]) -> None:
    dialog = opened(bar, proposer)
    form = dialog.form
    assert form.needed() == shown
    for name in ("mixture", "endpoint", "model", "prompt", "exemplars", "precision", "batch", "temperature", "file"):
        assert getattr(form, name).isVisible() == (name in shown)
    dialog.reject()


def test_the_uniform_control_has_no_settings(bar: GuidanceBar) -> None:
    bar.show_guidance(GuidanceSpec(proposer="uniform"))
    assert not bar.settings_button.isEnabled()


def test_settings_reach_the_request(qtbot: QtBot, bar: GuidanceBar) -> None:
    form = opened(bar, "mllm").form
    form.model.box.setCurrentText("demo")
    form.exemplars.setValue(3)
    form.precision.setCurrentText("bfloat16")
    form.batch.setValue(7)
    assert bar.dialog is not None
    ok(qtbot, bar.dialog)
    with qtbot.waitSignal(bar.propose_requested) as caught:
        qtbot.mouseClick(bar.propose_button, Qt.MouseButton.LeftButton)
    given = caught.args[0]
    assert (given["model"], given["exemplars"], given["precision"], given["batch"]) == ("demo", 3, "bfloat16", 7)
    assert given["prompt"] is None, "the standard question"


def test_cancelled_settings_change_nothing(bar: GuidanceBar) -> None:
    before = bar.settings()
    dialog = opened(bar, "classifier")
    dialog.form.temperature.setValue(9)
    dialog.reject()
    assert bar.settings() == before


def test_a_prompt_is_previewed_named_and_restored(qtbot: QtBot, bar: GuidanceBar) -> None:
    dialog = opened(bar, "mllm", model="demo", prompt="Is it like a {class}?")
    editor = dialog.form.prompt
    editor.preview_class.setCurrentText("sea_lion")
    assert editor.preview.text() == "“Is it like a sea lion?”"
    assert editor.version.text() == f"version {Prompt('Is it like a {class}?').version}"
    editor.edit.setPlainText("Is it like that?")
    assert not dialog.ok_button.isEnabled()
    assert "no {class}" in dialog.form.line("prompt")
    qtbot.mouseClick(editor.restore_button, Qt.MouseButton.LeftButton)
    assert editor.edit.toPlainText() == QUESTION
    assert dialog.ok_button.isEnabled()
    ok(qtbot, dialog)
    assert bar.settings()["prompt"] is None


def test_each_proposer_keeps_its_own_model_and_question(bar: GuidanceBar) -> None:
    bar.show_guidance(GuidanceSpec(proposer="mllm", model="demo", prompt="Is it {class}?"))
    bar.proposer.setCurrentIndex(bar.proposer.findData("clip"))
    assert (bar.settings()["model"], bar.settings()["prompt"]) == (None, None)
    assert bar.settings_for("mllm")["prompt"] == "Is it {class}?"
    bar.proposer.setCurrentIndex(bar.proposer.findData("mllm"))
    assert (bar.settings()["model"], bar.settings()["prompt"]) == ("demo", "Is it {class}?")


@pytest.mark.parametrize(
    ("proposer", "field", "words"),
    [("mllm", "model", "Name a model"), ("file", "file", "Choose a file"), ("mixture", "mixture", "at least one part"),
     ("endpoint", "endpoint", "address")],
)  # fmt: skip
def test_what_is_missing_is_told_where_it_is(bar: GuidanceBar, proposer: str, field: str, words: str) -> None:
    dialog = opened(bar, proposer)
    assert words in dialog.form.line(field)
    assert not dialog.ok_button.isEnabled()
    dialog.reject()


def test_a_wrong_address_is_told_where_it_is(qtbot: QtBot, bar: GuidanceBar) -> None:
    dialog = opened(bar, "endpoint", model="m")
    form = dialog.form.endpoint
    for wrong, words in (("ftp://x", "http:// or https://"), ("https://me:pw@x/v1", "keys belong into the keyring")):
        form.url.setText(wrong)
        assert words in dialog.form.line("endpoint")
        assert not form.save_key.isEnabled() and not form.test_button.isEnabled()
    form.url.setText("https://x.example/v1")
    assert dialog.ok_button.isEnabled()
    dialog.reject()


def test_a_key_is_never_part_of_the_settings(qtbot: QtBot, bar: GuidanceBar) -> None:
    dialog = opened(bar, "endpoint", model="m", endpoint=EndpointSpec(url="https://x.example/v1"))
    form = dialog.form.endpoint
    assert form.key.echoMode() == QLineEdit.EchoMode.Password
    assert "keyring" in form.key.placeholderText()
    qtbot.keyClicks(form.key, "s3cret")
    with qtbot.waitSignal(bar.key_saved) as caught:
        qtbot.mouseClick(form.save_key, Qt.MouseButton.LeftButton)
    assert caught.args == ["https://x.example", "s3cret"]
    qtbot.keyClicks(form.key, "s3cret")
    form.inputs["input_price"].set_value(0.5)
    form.inputs["concurrency"].set_value(2)
    ok(qtbot, dialog)
    endpoint = bar.settings()["endpoint"]
    assert (endpoint.input_price, endpoint.concurrency) == (0.5, 2)
    assert "s3cret" not in str(bar.settings())


def test_a_test_of_the_connection_is_asked_for_and_answered(qtbot: QtBot, bar: GuidanceBar) -> None:
    dialog = opened(bar, "endpoint", model="m", endpoint=EndpointSpec(url="https://x.example/v1"))
    with qtbot.waitSignal(bar.connection_tested) as caught:
        qtbot.mouseClick(dialog.form.endpoint.test_button, Qt.MouseButton.LeftButton)
    assert caught.args[0].url == "https://x.example/v1" and caught.args[1] == "m"
    bar.show_connection("no answer", good=False)
    assert dialog.form.endpoint.result.text() == "no answer"
    dialog.reject()


def test_a_mixture_is_put_together(qtbot: QtBot, bar: GuidanceBar) -> None:
    dialog = opened(bar, "mixture", model="demo", mixture=(MixturePart(proposer="classifier", weight=2.0),))
    table = dialog.form.mixture
    assert "temperature" in dialog.form.needed() and "model" not in dialog.form.needed()
    qtbot.mouseClick(table.add_button, Qt.MouseButton.LeftButton)
    assert table.sources() == {"classifier", "mllm"}
    assert "prompt" in dialog.form.needed(), "what a part needs can be set"
    ok(qtbot, dialog)
    parts = bar.settings()["mixture"]
    assert [(part.proposer, part.weight) for part in parts] == [("classifier", 2.0), ("mllm", 1.0)]
    bar.open_settings()
    assert bar.dialog is not None
    again = bar.dialog.form.mixture
    again.table.selectRow(0)
    qtbot.mouseClick(again.remove_button, Qt.MouseButton.LeftButton)
    assert again.sources() == {"mllm"}
    bar.dialog.reject()
