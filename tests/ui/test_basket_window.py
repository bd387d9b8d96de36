"""The basket's card and its dialog: facts follow the marks, a click shows a picture, all of it can be taken away."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThread
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.dialogs.basket import BasketDialog
from maga_desk.ui.job_view import RUN
from maga_desk.ui.pages.forget import ALL, ONLY_UNMARKED
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny


def test_a_small_picture_leads_to_its_place_whatever_hides_it(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    page, desk = made.forget, made.desk
    ring = int(page.basket.pictures.pictures.position(2))

    def leads_there() -> bool:
        page.basket.pictures.picked.emit(ring)
        row = page.grid.selected_rows()
        seen = page.grid.viewport().rect().contains(page.grid.box_of(int(row[0]))) if len(row) else False
        return seen and page.grid.row_at(page.grid.box_of(int(row[0])).center()) == row[0]

    page.classes.setCurrentItem(page.classes.topLevelItem(0))
    disc = int((page.images.train.labels == page.images.classes.index("disc")).nonzero()[0][0])  # type: ignore[union-attr]
    desk.selection.replace([disc])
    qtbot.mouseClick(page.like_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.likeness.isVisible, timeout=PATIENCE)
    page.likeness.slider.setValue(100)
    page.search.setText("-class:square")
    assert ring not in page.model.rows and leads_there()
    assert page.likeness.isHidden() and page.search.text() == "-class:square", "what does not hide it stays"

    page.tools.choices["headings"].trigger()
    page.grid.fold_all(folded=True)
    assert leads_there() and len(page.grid.folded) == 2
    assert page.search.text() == "-class:square"

    page.search.setText("class:ring OR class:disc")
    page.which.setCurrentText(ONLY_UNMARKED)
    page.classes.setCurrentItem(page.classes.findItems("disc", Qt.MatchFlag.MatchExactly)[0])
    assert leads_there()
    assert page.which.currentText() == ALL and page.classes.chosen[0] == "all"
    assert page.search.text() == "class:ring OR class:disc"
    page.search.setText("class:disc")
    assert leads_there() and not page.search.text() and len(page.model.rows) == 240


def test_only_the_thread_of_long_jobs_passes_pictures_through_the_model(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    """A run copies the model, with whatever another pass has hung into it at that moment."""
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    passes: list[bool] = []
    made.desk.workspace.model.register_forward_pre_hook(
        lambda *_: passes.append(QThread.currentThread() is made.thread_of_jobs)
    )
    go_on = threading.Event()

    def run(control: RunControl) -> Generator[Event, None, None]:
        yield Progress("Unlearning", 1, 2)
        assert go_on.wait(60)

    failed: list[str] = []
    made.jobs.start(RUN, run, lambda _: None, failed.append)
    qtbot.mouseClick(made.forget.basket.more_button, Qt.MouseButton.LeftButton)
    dialog = made.window.findChild(BasketDialog)
    assert isinstance(dialog, BasketDialog)
    qtbot.mouseClick(dialog.measure_button, Qt.MouseButton.LeftButton)
    assert "Waiting for" in dialog.note.text() and not passes
    go_on.set()
    qtbot.waitUntil(lambda: "Entangled" in dict(dialog.facts.facts), timeout=PATIENCE)
    dialog.reject()
    measured = len(passes)
    made.forget.grid.open_requested.emit(3)
    large = made.pictures.dialog
    assert large is not None
    large.neighbours_requested.emit()
    qtbot.waitUntil(lambda: large.near_model.rowCount() > 0, timeout=PATIENCE)
    large.step_requested.emit(1)
    qtbot.waitUntil(lambda: not made.glances.views() and not made.jobs.views(), timeout=PATIENCE)
    assert 0 < measured < len(passes) and all(passes) and not failed


def test_facts_follow_the_marks_and_the_command_line_says_the_same(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    card, desk = made.forget.basket, made.desk
    assert card.more_button.isHidden() and card.pictures.isHidden()
    mark_class(qtbot, made, "ring")
    assert card.classes.text().splitlines() == ["ring: 60 of 60, 100 %", "25.0 % of the data"]
    assert card.task.text().startswith("Whole class: the model must no longer") and card.warning.isHidden()
    assert card.width() == card.parentWidget().width(), "it ends where what is below it ends"
    qtbot.waitUntil(lambda: "Harder for the model than" in card.facts.text(), timeout=PATIENCE)
    ring = int(card.pictures.pictures.position(2))
    made.forget.search.setText("class:disc")
    card.pictures.picked.emit(ring)
    assert desk.selection.positions().tolist() == [ring] and ring in made.forget.model.rows
    desk.set_basket(desk.basket.remove([ring]))
    assert card.warning.text().startswith("59 of 60 pictures of ring are marked, but 1 is not")
    desk.set_spec(desk.spec.model_copy(update={"intent": "concept"}))
    assert "not recognised any more" in card.warning.text()
    qtbot.mouseClick(card.more_button, Qt.MouseButton.LeftButton)
    dialog = made.window.findChild(BasketDialog)
    assert isinstance(dialog, BasketDialog) and dialog.class_rows.index(0, 3).data() == "98.3 %"
    qtbot.mouseClick(dialog.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Entangled" in dict(dialog.facts.facts), timeout=PATIENCE)
    assert "Most entangled with" in card.facts.text() and dialog.measure_button.isHidden()
    dialog.takeaway.copy_data()
    assert QGuiApplication.clipboard().text().splitlines()[1].split("\t")[:3] == ["ring", "59", "60"]
    shown = dict(dialog.facts.facts)
    (tmp_path / "spec.toml").write_text(desk.spec.to_toml())
    assert main(["select", str(tmp_path / "spec.toml"), "--facts", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert dict(told["told"]) == shown and told["facts"]["task"] == "random"
    desk.set_basket(desk.basket.add([0]))
    assert "Entangled" not in dict(dialog.facts.facts) and not dialog.measure_button.isHidden()
    desk.set_basket(desk.basket.add([ring]))
    assert len(desk.parts) == 2 and "2 requests" in dict(dialog.facts.facts)["Task"]
    desk.set_together(True)
    assert dict(dialog.facts.facts)["Task"] == "Single pictures"
    desk.set_basket(desk.basket.clear())
    assert card.more_button.isHidden() and dict(dialog.facts.facts) == {"Marked": "Nothing is marked."}
