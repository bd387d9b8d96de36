"""The basket's card and its dialog: facts follow the marks, a click shows a picture, all of it can be taken away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.dialogs.basket import BasketDialog
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny


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
    desk.set_basket(desk.basket.clear())
    assert card.more_button.isHidden() and dict(dialog.facts.facts) == {"Marked": "Nothing is marked."}
