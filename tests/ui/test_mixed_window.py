"""The mixed request in the window: forty names of which three are missing, and the class cat, to two exported parts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from maga_desk.domain.marking import BY_HAND
from maga_desk.domain.specs.run import MethodSpec, RunSpec, read_spec
from maga_desk.models.checkpoint import read_state, restore, write_checkpoint
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.list_preview import ListDialog
from maga_desk.ui.dialogs.names import NotFoundDialog
from maga_desk.ui.widgets.pictures.list_results import MISSING
from tests.ui.driving import PATIENCE, Windows, choose, mark_class, open_tiny, wait_for_end

ANIMALS = {"cross": "fox", "disc": "dog", "ring": "cat", "square": "owl"}
GONE = ["train/dog/900.png", "train/dog/901.png", "train/dog/902.png"]


@pytest.fixture
def animals(tiny_spec: RunSpec, tmp_path: Path) -> RunSpec:
    """The shapes under other names: cat, dog, fox and owl, and a net that knows them so."""
    root, net = tmp_path / "animals", tmp_path / "animals.safetensors"
    for split in ("train", "test"):
        for shape, animal in ANIMALS.items():
            shutil.copytree(Path(tiny_spec.data.path or "") / split / shape, root / split / animal)
    state, info = read_state(tiny_spec.model.checkpoint or "")
    model, _ = restore(state, info.arch, where="the net")
    write_checkpoint(net, model, replace(info, classes=tuple(ANIMALS[name] for name in info.classes or ())))
    return tiny_spec.with_changes("data", path=str(root)).with_changes("model", checkpoint=str(net))


@pytest.fixture
def names(animals: RunSpec, tmp_path: Path) -> Path:
    """Forty dogs as another program lists them: whole paths, in the second column of a table."""
    found = [f"train/dog/{number:03}.png" for number in range(37)] + GONE
    rows = [f'{number};"{animals.data.path}/{name}";no\r\n' for number, name in enumerate(found)]
    (tmp_path / "customer.csv").write_text("".join(["id;file;paid\r\n", *rows]))
    return tmp_path / "customer.csv"


def asked(qtbot: QtBot, made: Composition) -> NotFoundDialog:
    qtbot.waitUntil(lambda: made.window.findChild(NotFoundDialog) is not None, timeout=PATIENCE)
    dialog = made.window.findChild(NotFoundDialog)
    assert isinstance(dialog, NotFoundDialog)
    return dialog


def export(qtbot: QtBot, made: Composition, target: Path) -> dict[str, object]:
    page = made.export
    page.path.setText(str(target))
    qtbot.waitUntil(page.save_button.isEnabled, timeout=PATIENCE)
    page.save_button.click()
    qtbot.waitUntil(lambda: f"Saved and checked: {target}" in page.result.text(), timeout=PATIENCE)
    return dict(read_state(target)[1].made)


def test_forty_names_and_a_class_from_opening_to_two_exported_parts(
    qtbot: QtBot, windows: Windows, animals: RunSpec, names: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, animals)
    made.window.show_page("forget")
    card = made.forget.basket
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(names), ""))
    card.file_button.click()
    dialog = made.window.findChild(ListDialog)
    assert isinstance(dialog, ListDialog)
    qtbot.waitUntil(dialog.mark_button.isEnabled, timeout=PATIENCE)
    assert dialog.mark_button.text() == "Add 37 pictures" and "column 2 of 3 ('file')" in dialog.words.text()
    qtbot.mouseClick(dialog.results.parts.buttons[MISSING], Qt.MouseButton.LeftButton)
    assert [line.rpartition("/")[2] for line in dialog.results.entries.toPlainText().splitlines()] == [
        "900.png", "901.png", "902.png",
    ]  # fmt: skip
    assert not made.desk.basket.mask.any(), "nothing is marked before the answer"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "lost.txt"), ""))
    dialog.results.save_button.click()
    assert (tmp_path / "lost.txt").read_text().count("\n") == 3
    dialog.mark_button.click()
    told = made.window.notices.text()
    assert "Added 37 of 40 names in customer.csv; 3 not found. Names were taken from column 2 of 3" in told
    assert "3 names were not found" in card.counts.text()
    # with the class it is two requests
    mark_class(qtbot, made, "cat")
    assert card.requests_text.text() == "This is two requests: class cat; 37 pictures."
    assert card.requests.isVisibleTo(card) and card.one_by_one.isChecked()
    card.together.click()
    assert made.desk.spec.forget.together and "as if it had never seen them" in card.way_note.text()
    card.one_by_one.click()
    assert not made.desk.spec.forget.together
    # one after the other
    made.window.show_page("run")
    choose(made, "logit-mask")
    made.run.start_requested.emit()
    assert [run.state for run in made.desk.runs.queued] == ["queued", "queued"]
    wait_for_end(qtbot, made)
    second, first = made.desk.runs.recorded
    assert (first.status, second.status) == ("finished", "finished")
    shown = made.desk.runs.shown
    assert shown.run_id == second.id
    assert "This is two requests: class cat; 37 pictures." in shown.messages[0].text
    assert any("logit-mask cannot do 37 pictures" in message.text for message in shown.messages)
    assert shown.report is not None and shown.report.intent == "membership" and len(shown.report.not_found) == 3
    of_pictures = export(qtbot, made, tmp_path / "pictures.safetensors")
    made.sessions.show_run(first.id)
    report = made.desk.runs.shown.report
    assert report is not None and (report.task, report.intent) == ("class", "concept")
    of_class = export(qtbot, made, tmp_path / "class.safetensors")
    assert (of_class["task"], of_class["forgotten_pictures"], of_class["not_found"]) == ("class", 60, [])
    assert (of_pictures["task"], of_pictures["forgotten_pictures"]) == ("random", 37)
    assert [str(name).rpartition("animals/")[2] for name in of_pictures["not_found"]] == GONE  # type: ignore[attr-defined]
    counts = [len((tmp_path / f"{name}.forgotten.txt").read_text().splitlines()) - 1 for name in ("class", "pictures")]
    assert counts == [60, 97]
    assert read_spec(Path(second.folder) / "spec.toml").model.checkpoint == f"{first.folder}/unlearned.safetensors"
    # the session still has the whole request
    assert made.desk.spec.forget.classes == ("cat",) and len(made.desk.spec.forget.pictures) == 37
    assert len(made.desk.spec.forget.not_found) == 3


def test_stopping_the_first_part_leaves_the_second_unbegun(qtbot: QtBot, windows: Windows, animals: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, animals)
    mark_class(qtbot, made, "cat")
    made.forget.step_wanted.emit("add", [60], BY_HAND)
    made.run.method_changed.emit(MethodSpec(name="fine-tune", params={"epochs": 500}))
    made.run.start_requested.emit()
    qtbot.waitUntil(lambda: made.desk.runs.live is not None, timeout=PATIENCE)
    made.run.progress.cancel_requested.emit()
    qtbot.waitUntil(lambda: not made.desk.runs.busy, timeout=PATIENCE)
    assert [run.status for run in made.desk.runs.recorded] == ["cancelled", "cancelled"]
    assert made.desk.runs.shown.run_id == made.desk.runs.recorded[1].id


def test_a_spec_with_missing_names_asks_and_opens(
    qtbot: QtBot, windows: Windows, animals: RunSpec, names: Path, tmp_path: Path
) -> None:
    made = windows.make()
    (tmp_path / "spec.toml").write_text(animals.with_changes("forget", classes=(), files=str(names)).to_toml())
    made.open_spec(str(tmp_path / "spec.toml"))
    dialog = asked(qtbot, made)
    assert "3 of 40 names are not among the training pictures" in dialog.text.text()
    dialog.go_on_button.click()
    qtbot.waitUntil(lambda: made.desk.forget is not None, timeout=PATIENCE)
    assert made.desk.forget is not None and (len(made.desk.forget), len(made.desk.forget.not_found)) == (37, 3)


def test_a_result_whose_list_does_not_fit_asks_and_opens(
    qtbot: QtBot, windows: Windows, animals: RunSpec, tmp_path: Path
) -> None:
    (tmp_path / "earlier.txt").write_text("train/dog/000.png\ntrain/dog/gone.png\n")
    spec = animals.with_changes("model", forgotten=str(tmp_path / "earlier.txt"))
    (tmp_path / "spec.toml").write_text(spec.with_changes("forget", classes=["cat"]).to_toml())
    made = windows.make()
    made.open_spec(str(tmp_path / "spec.toml"))
    dialog = asked(qtbot, made)
    assert "earlier.txt: 1 of 2 names" in dialog.text.text() and made.desk.workspace is None
    dialog.go_on_button.click()
    qtbot.waitUntil(lambda: made.desk.forget is not None, timeout=PATIENCE)
    assert made.desk.earlier.tolist() == [60] or len(made.desk.earlier) == 1
