"""The Load page: the form follows the sources' records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from maga_desk.domain.choices import Options, SourceInfo
from maga_desk.domain.events import Progress, WorkspaceCard
from maga_desk.domain.specs.run import DataSpec, RunSpec, parse_spec
from maga_desk.services.installation import sources
from maga_desk.ui.job_view import JOB_KINDS, JobView
from maga_desk.ui.pages.load import LoadPage


class ScanOptions(Options):
    """One key with an input, one without."""

    sites: int = Field(3, ge=1, le=9, description="How many hospitals")
    weights: tuple[float, ...] = Field((), description="One a hospital")


SCANS = SourceInfo(
    "scans", "Scans", "One archive.", path="file", path_help="an archive", suffixes=(".scan",), options=ScanOptions
)
PUBLIC = SourceInfo("public", "A public set", "Comes with a model.", checkpoint=lambda data: Path("own.pt"))
FACTS = ("cpu", "float32", "")
CARD = WorkspaceCard("net.pt", "resnet8", 300_000, ("cat",), ("cat",), None, 100, 20, (32, 32), 99.0, 91.0, *FACTS)


def add(page: LoadPage) -> None:
    page.show_sources({**sources(ours=True), "scans": SCANS, "public": PUBLIC})


def choose(page: LoadPage, title: str) -> None:
    page.form.source.setCurrentIndex(page.form.source.findText(title))


def test_pictures_are_found_by_looking_unless_a_source_is_chosen(page: LoadPage) -> None:
    form = page.form
    assert form.path.isVisible() and "folder or file" in form.path.placeholderText()
    assert "20 kinds" in page.demo_text.text()
    assert form.given()["data"]["source"] == "auto"


def test_the_demo_is_not_offered_twice(page: LoadPage) -> None:
    add(page)
    titles = [page.form.source.itemText(i) for i in range(page.form.source.count())]
    assert titles[:2] == ["Found by looking", "A folder or an archive"] and titles[-2:] == ["Scans", "A public set"]


def test_what_is_missing_is_named_until_it_can_be_opened(page: LoadPage, qtbot: QtBot) -> None:
    add(page)
    choose(page, "Scans")
    assert page.open_button.toolTip() == "Name the pictures' file and the checkpoint first"
    page.form.path.setText("/pictures.scan")
    assert page.open_button.toolTip() == "Name the checkpoint first"
    page.form.checkpoint.setText("/net.pt")
    assert page.open_button.isEnabled() and page.open_button.toolTip() == ""
    page.set_busy(True)
    assert not page.open_button.isEnabled()
    page.set_busy(False)
    with qtbot.waitSignal(page.open_requested) as given:
        qtbot.keyClick(page.form.checkpoint, Qt.Key.Key_Return)
    (request,) = given.args
    assert parse_spec(request).data == DataSpec(source="scans", path=str(Path("/pictures.scan").absolute()))


def test_a_source_with_a_model_of_its_own_needs_nothing_else(page: LoadPage) -> None:
    add(page)
    choose(page, "A public set")
    assert not page.form.path.isVisible()
    assert "or none" in page.form.checkpoint.placeholderText()
    assert page.open_button.isEnabled()
    spec = parse_spec(page.form.given())
    assert (spec.data, spec.model.checkpoint) == (DataSpec(source="public"), None)


def test_own_keys_come_and_go_with_their_source(page: LoadPage) -> None:
    add(page)
    choose(page, "Scans")
    assert list(page.form.own) == ["sites"]
    assert page.form.own["sites"].field.accessibleName() == "Sites"
    assert "options" not in page.form.given()["data"]
    page.form.own["sites"].set_value(5)
    assert page.form.given()["data"]["options"] == {"sites": 5}
    choose(page, "A folder")
    assert page.form.own == {} and "options" not in page.form.given()["data"]
    choose(page, "Scans")
    assert page.form.own["sites"].value() == 3


def spec(**data: Any) -> RunSpec:
    return parse_spec({"data": data, "model": {"checkpoint": "/net.pt", "arch": "resnet8"}, "device": "cpu"})


def test_a_spec_fills_the_form_with_keys_that_have_no_input_too(page: LoadPage) -> None:
    add(page)
    given = spec(source="scans", path="/a.scan", train_limit=7, options={"sites": 2, "weights": [0.5, 0.5]})
    page.show_spec(given)
    assert page.form.source.currentText() == "Scans"
    assert parse_spec(page.form.given()) == given
    page.show_spec(spec(source="demo"))
    assert page.form.path.text() == "/a.scan"  # the demo leaves what was typed


def test_a_spec_of_a_source_that_is_not_known_yet_waits(page: LoadPage) -> None:
    page.form.path.setText("/typed")
    page.show_spec(spec(source="scans", path="/a.scan"))
    assert (page.form.given()["data"]["source"], page.form.path.text()) == ("auto", "/typed")
    add(page)
    assert (page.form.given()["data"]["source"], page.form.path.text()) == ("scans", "/a.scan")


def test_browsing_asks_for_what_the_source_reads(page: LoadPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: asked.append("folder") or "/folder")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (asked.append(args[3]) or "/a.scan", ""))
    add(page)
    for action in page.form.browse_menu.actions():
        action.trigger()
    choose(page, "Scans")
    page.form.browse_button.click()
    assert page.form.path.text() == "/a.scan"
    assert asked == ["folder", "", "Scans (*.scan);;All files (*)"]


def test_nothing_moves_under_the_pointer_while_something_opens(page: LoadPage, qtbot: QtBot) -> None:
    page.introduce("Load", "Open a trained model and the pictures it was trained on.")
    page.resize(760, 430)  # what is left of a window of 960 x 520
    places = [page.open_button, page.demo_button, page.form.path, page.sessions.open_button]

    def stand() -> list[QPoint]:
        for _ in range(3):  # layouts within layouts
            QApplication.processEvents()
        return [widget.mapTo(page, QPoint(0, 0)) for widget in places]

    before = stand()
    page.progress.show_job(JobView(JOB_KINDS["open"], "running", Progress("Reading pictures", 1_000, 60_000, 59.0)))
    page.progress.tell("60,000 pictures of 224 x 224 take 9.0 GB; 12.3 GB are free")
    assert stand() == before
    page.progress.show_job(None)
    page.show_card(CARD, None)
    assert page.card.isVisible() and stand() == before


def test_open_is_in_sight_of_a_small_window(page: LoadPage) -> None:
    page.introduce("Load", "Open a trained model and the pictures it was trained on.")
    page.resize(760, 430)
    QApplication.processEvents()
    for button in (page.demo_button, page.open_button):
        assert not button.visibleRegion().isEmpty()
        assert button.mapTo(page, button.rect().bottomLeft()).y() < page.height()
