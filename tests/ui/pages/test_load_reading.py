"""The Load page: how the model reads pictures, in fields and on the card; what is asked, shown and saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.class_order import ClassOrder, MovedClass, OrderError
from maga_desk.domain.events import AT_CHANCE, WorkspaceCard
from maga_desk.domain.model_facts import InputFacts, ModelFacts, TriedInput
from maga_desk.domain.preprocessing import Framing
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.load import LoadController, confirmed
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.class_order import ClassOrderDialog
from maga_desk.ui.dialogs.listing import ListingDialog
from maga_desk.ui.pages.load import LoadPage
from maga_desk.ui.workers.job_thread import JobThread

TRIED = (TriedInput("resnet8", "CIFAR-10's mean and deviation", "16 × 16, squashed", 91.0),)
READS = InputFacts(
    (0.49, 0.48, 0.45), (0.2, 0.2, 0.2), "RGB", (16, 16), Framing("squash"),
    {"normalisation": "tried", "order": "tried", "size": "the spec", "framing": "tried"}, TRIED,
)  # fmt: skip
MODEL = ModelFacts("net.pt", "PyTorch", "resnet8", "by its names and shapes", 2, 3, 300_000, reads=READS)
FOUND = Accounting("folder", used={"train": {"cat": 90}}, skipped=(PassedOver("unreadable", ("a.jpg",)),))
CARD = WorkspaceCard(
    "net.pt", "resnet8", 300_000, ("cat", "dog"), ("cat", "dog"), None, 100, 20, (16, 16), 99.0, 91.0, "cpu", "float32",
    "", found=FOUND, model=MODEL,
)  # fmt: skip
FULL: dict[str, Any] = {
    "data": {
        "path": "/pictures", "size": [64, 128], "resize": "squash", "crop": 0.9, "interpolation": "bicubic",
        "held_out": 0.2,
    },
    "model": {
        "checkpoint": "/net.pt", "mean": [123.5, 116.0, 104.0], "std": [58.4] * 3, "order": "BGR", "weights": "average",
        "classes": "/names.txt",
    },
}  # fmt: skip


def test_every_key_has_a_field_and_none_of_them_is_said_unless_filled_in(page: LoadPage) -> None:
    page.form.path.setText("/pictures")
    page.form.checkpoint.setText("/net.pt")
    plain = parse_spec(page.form.given())
    assert plain == parse_spec({"data": {"path": "/pictures"}, "model": {"checkpoint": "/net.pt"}})
    assert not page.form.reading.inside.isVisible()
    full = parse_spec(FULL)
    page.show_spec(full)
    assert page.form.reading.inside.isVisible()
    assert parse_spec(page.form.given()) == full


@pytest.mark.parametrize(
    ("size", "means"), [("224", 224), ("64 × 128", (64, 128)), ("64x128", (64, 128)), ("[64, 128]", (64, 128))]
)
def test_sizes_are_read_as_people_write_them(page: LoadPage, size: str, means: object) -> None:
    page.form.reading.pixels.setText(size)
    assert parse_spec({"data": page.form.reading.given()["data"]}).data.size == means


def test_what_was_found_stands_in_the_fields_and_a_guess_is_confirmed_or_changed(page: LoadPage, qtbot: QtBot) -> None:
    page.show_card(CARD, None)
    reading = page.form.reading
    assert reading.mean.placeholderText() == "0.49 0.48 0.45" and "guessed: pixels" in reading.summary.text()
    assert page.card.guessed.isVisible() and "by trial: the pixels" in page.card.guess_text.text()
    with qtbot.waitSignal(page.card.reading_confirmed):
        page.card.confirm_button.click()
    page.card.doubt_button.click()
    assert reading.inside.isVisible()
    said = confirmed(RunSpec(), READS)
    assert (said.model.mean, said.model.order, said.data.resize, said.data.size) == (
        READS.mean,
        "RGB",
        "squash",
        (16, 16),
    )
    sure = replace(MODEL, reads=replace(READS, why=dict.fromkeys(READS.why, "its config")))
    page.show_card(replace(CARD, model=sure), None)
    assert not page.card.guessed.isVisible()
    assert reading.summary.text() == "as the file and its config say"


def test_a_model_at_chance_is_said_apart_with_a_box(page: LoadPage, qtbot: QtBot) -> None:
    page.show_card(CARD, None)
    assert not page.card.allow.isVisible() and not page.card.unread.isVisible()
    page.show_card(replace(CARD, reads=False, notes=(f"{AT_CHANCE}: 25 %.", "Else.")), None)
    assert page.card.unread.text() == f"{AT_CHANCE}: 25 %." and "Else." in page.card.notes.text()
    with qtbot.waitSignal(page.card.chance_allowed) as told:
        page.card.allow.click()
    assert told.args == [True]


def test_files_used_and_not_used_are_listed_and_saved(qtbot: QtBot, tmp_path: Path, monkeypatch: Any) -> None:
    from maga_desk.ui.composition import Composition

    made = Composition(None)
    qtbot.addWidget(made.window)
    made.desk.set_workspace(object(), CARD, None)
    page = made.window.findChild(LoadPage)
    assert isinstance(page, LoadPage)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **more: (str(tmp_path / "files.csv"), ""))
    for button, holds in ((page.card.files_button, "a.jpg"), (page.card.tried_button, "CIFAR-10's mean")):
        button.click()
        dialog = QApplication.activeModalWidget() or page.findChild(ListingDialog)
        assert isinstance(dialog, ListingDialog) and holds in dialog.text.toPlainText()
        dialog.save_button.click()
        dialog.reject()
        assert holds in (tmp_path / "files.csv").read_text()


def test_another_order_of_classes_is_shown_with_pictures_and_taken_with_one_button(qtbot: QtBot) -> None:
    example = np.zeros((3, 8, 8), dtype=np.uint8)
    moved = (MovedClass("car", 2, "bird", 0.0, 98.0, example), MovedClass("bird", 1, "car", 0.0, 99.0, example))
    order = ClassOrder(("plane", "car", "bird"), 33.0, 99.0, moved, (0, 2, 1))
    assert OrderError(order, where="n.pt").said == {"classes": order.classes}
    dialog = ClassOrderDialog(order)
    qtbot.addWidget(dialog)
    assert [dialog.table.item(0, column).text() for column in range(5)] == ["car", "3", "bird", "0 %", "98 %"]
    assert not dialog.table.item(0, 0).icon().isNull()
    with qtbot.waitSignal(dialog.accepted):
        dialog.take_button.click()


def test_the_yes_to_a_model_at_chance_is_said_in_the_spec_and_opens_nothing(qtbot: QtBot) -> None:
    from maga_desk.ui.composition import Composition

    made = Composition(None)
    qtbot.addWidget(made.window)
    made.desk.set_workspace(object(), replace(CARD, reads=False, notes=(f"{AT_CHANCE}.",)), None)
    page = made.window.findChild(LoadPage)
    assert isinstance(page, LoadPage)
    opened = made.desk.workspace
    page.card.allow.click()
    assert made.desk.spec.model.allow_chance and made.desk.workspace is opened
    made.desk.set_spec(made.desk.spec.with_changes("model", allow_chance=False))
    assert not page.card.allow.isChecked()


def test_an_order_that_is_refused_is_asked_about_and_said_when_it_is_taken(
    page: LoadPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = LoadController(page, Desk(), Jobs(JobThread(page), page))
    wanted: list[RunSpec] = []
    monkeypatch.setattr(controller, "open", lambda spec, session, kept: wanted.append(spec))
    controller._refused(OrderError(ClassOrder(("b", "a"), 0.0, 99.0, (), (1, 0)), where="n.pt"))
    dialog = page.findChild(ClassOrderDialog)
    assert isinstance(dialog, ClassOrderDialog)
    dialog.take_button.click()
    assert [spec.model.classes for spec in wanted] == [("b", "a")]
