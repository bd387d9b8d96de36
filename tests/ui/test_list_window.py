"""Lists in the window: what one types is read along, what is open is asked, and nothing counts before one agrees."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from maga_desk.domain.files import write_text
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services import file_hashes
from maga_desk.services import workspace as workspace_service
from maga_desk.ui.composition import Composition
from maga_desk.ui.controllers import lists as lists_controller
from maga_desk.ui.dialogs.list_preview import ListDialog
from maga_desk.ui.dialogs.names import NotFoundDialog
from maga_desk.ui.widgets.pictures.list_results import FOUND, MISSING, SEVERAL, TWICE
from tests.ui.controllers.conftest import picture_set
from tests.ui.driving import PATIENCE, Windows, open_tiny


@pytest.fixture
def made(qtbot: QtBot, windows: Windows) -> Composition:
    """A window with forty pictures of four classes, ten of each; of whom two subjects are."""
    made, images = windows.make(), picture_set()
    subjects = tuple("4711" if i % 10 < 2 else f"{i}x" for i in range(40))
    train = replace(images.train, columns={"subject": subjects, "image_id": tuple(f"img-{i}" for i in range(40))})
    made.desk.set_workspace(object(), None, replace(images, train=train))
    made.window.show_page("forget")
    return made


def images_of(made: Composition) -> ImageSet:
    assert made.desk.images is not None
    return made.desk.images


def opened(qtbot: QtBot, made: Composition) -> ListDialog:
    qtbot.mouseClick(made.forget.basket.paste_button, Qt.MouseButton.LeftButton)
    dialog = made.window.findChildren(ListDialog)[-1]
    qtbot.waitExposed(dialog)
    return dialog


def counts(dialog: ListDialog) -> list[int]:
    return [int(button.text().rpartition(" ")[2].replace(",", "")) for button in dialog.results.parts.buttons]


def read_as(qtbot: QtBot, dialog: ListDialog, text: str, expected: list[int]) -> None:
    dialog.names.setPlainText(text)
    qtbot.waitUntil(lambda: counts(dialog) == expected, timeout=PATIENCE)


def test_counts_follow_what_is_typed_and_it_counts_when_agreed_to(
    qtbot: QtBot, made: Composition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.desk.set_basket(made.desk.basket.add([0]))
    dialog = opened(qtbot, made)
    assert not dialog.mark_button.isEnabled()
    qtbot.keyClicks(dialog.names, "bird/00.png")
    qtbot.waitUntil(lambda: counts(dialog) == [1, 0, 0, 0], timeout=PATIENCE)
    assert (
        dialog.mark_button.text() == "Add 1 picture" and "1 of these are marked already" in dialog.results.notes.text()
    )
    qtbot.keyClick(dialog.names, Qt.Key.Key_Return)
    qtbot.keyClicks(dialog.names, "CAT\\12.PNG")
    qtbot.waitUntil(lambda: counts(dialog) == [2, 0, 0, 0], timeout=PATIENCE)
    assert [dialog.results.class_rows.index(row, 0).data() for row in range(2)] == ["bird", "cat"]
    assert (
        dialog.results.class_rows.index(0, 3).data() == "10.0 %"
        and dialog.results.class_rows.index(0, 4).data() == "2.5 %"
    )
    assert [dialog.results.pictures.pictures.position(row) for row in range(2)] == [0, 12]
    read_as(qtbot, dialog, "bird/00.png\ncat/12.png\ncat/12.png\nfox/1.png\nbird/900.png\n", [2, 2, 0, 1])
    assert not dialog.results.parts.buttons[SEVERAL].isEnabled()
    qtbot.mouseClick(dialog.results.parts.buttons[TWICE], Qt.MouseButton.LeftButton)
    assert dialog.results.entries.toPlainText() == "train/cat/12.png"
    qtbot.mouseClick(dialog.results.parts.buttons[MISSING], Qt.MouseButton.LeftButton)
    assert dialog.results.entries.toPlainText() == "fox/1.png\nbird/900.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "lost.txt"), ""))
    qtbot.mouseClick(dialog.results.save_button, Qt.MouseButton.LeftButton)
    assert (tmp_path / "lost.txt").read_text() == "fox/1.png\nbird/900.png\n"
    assert np.flatnonzero(made.desk.basket.mask).tolist() == [0], "nothing counts yet"
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)
    assert np.flatnonzero(made.desk.basket.mask).tolist() == [0, 12]
    assert made.desk.basket.not_found == ("fox/1.png", "bird/900.png")
    assert made.desk.basket.history[-1].sentence() == "Added 1 of 4 names pasted; 1 marked before; 2 not found"
    assert "Added 1 of 4 names pasted" in made.window.notices.text()
    made.actions["undo"].trigger()
    assert np.flatnonzero(made.desk.basket.mask).tolist() == [0] and not made.desk.basket.not_found


def test_what_numbers_count_from_is_chosen(qtbot: QtBot, made: Composition) -> None:
    dialog = opened(qtbot, made)
    dialog.names.setPlainText("3\n5\n")
    qtbot.waitUntil(lambda: dialog.zero.isVisible(), timeout=PATIENCE)
    assert "from 0 or from 1" in dialog.unsaid.text() and not dialog.mark_button.isEnabled()
    assert dialog.one.text() == "1: the first is train/bird/02.png"
    dialog.one.click()
    assert counts(dialog)[FOUND] == 2 and dialog.mark_button.isEnabled() and dialog.zero.isVisible()
    dialog.zero.click()
    dialog.one.click()
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)
    assert np.flatnonzero(made.desk.basket.mask).tolist() == [2, 4]


def test_a_list_of_subjects_means_all_of_each_once_that_is_said(qtbot: QtBot, made: Composition) -> None:
    dialog = opened(qtbot, made)
    dialog.names.setPlainText("4711\n")
    qtbot.waitUntil(lambda: "What are the entries" in dialog.unsaid.text(), timeout=PATIENCE)
    dialog.taken_as.setCurrentIndex(dialog.taken_as.findData("subject"))
    assert counts(dialog) == [8, 0, 0, 0] and "8 pictures in all" in dialog.results.notes.text()
    dialog.taken_as.setCurrentIndex(dialog.taken_as.findData("number"))
    assert "is none of the 40 training pictures" in dialog.unsaid.text() and not dialog.mark_button.isEnabled()
    dialog.taken_as.setCurrentIndex(dialog.taken_as.findData("subject"))
    assert counts(dialog) == [8, 0, 0, 0], "one may think better of it"


def test_column_folder_and_what_is_done_are_chosen(qtbot: QtBot, made: Composition) -> None:
    made.desk.set_basket(made.desk.basket.add(range(10)))
    dialog = opened(qtbot, made)
    read_as(qtbot, dialog, "old,new\nbird/01.png,cat/12.png\nbird/02.png,cat/13.png\nbird/03.png,x.png\n", [3, 0, 0, 0])
    dialog.column.setCurrentIndex(dialog.column.findData("new"))
    assert counts(dialog) == [2, 1, 0, 0]
    dialog.column.setCurrentIndex(dialog.column.findData("old"))
    dialog.action.setCurrentIndex(dialog.action.findData("keep"))
    assert dialog.mark_button.text() == "Keep only 3 pictures"
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)
    assert np.flatnonzero(made.desk.basket.mask).tolist() == [1, 2, 3]
    dialog = opened(qtbot, made)
    read_as(qtbot, dialog, "\\\\nas\\photos\\train\\bird\\01.png\n\\\\nas\\photos\\train\\cat\\12.png\n", [0, 2, 0, 0])
    assert dialog.folder.isVisible() and "//nas/photos/" in dialog.folder.text()
    dialog.folder.click()
    assert counts(dialog) == [2, 0, 0, 0]
    dialog.action.setCurrentIndex(dialog.action.findData("remove"))
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)
    assert np.flatnonzero(made.desk.basket.mask).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("no.txt", bytes(range(256)), "is no text"), ("no.npy", b"\x93NUMPY", "damaged"),
        ("gone.txt", None, "cannot read"),
        ("empty.txt", b"# nobody\n", "names no picture"), ("minus.txt", b"-3\n4\n", "negative"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_a_line(
    qtbot: QtBot, made: Composition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, raw: Any, says: str
) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(tmp_path / name), ""))
    qtbot.mouseClick(made.forget.basket.file_button, Qt.MouseButton.LeftButton)
    dialog = made.window.findChildren(ListDialog)[-1]
    qtbot.waitUntil(lambda: says in dialog.unsaid.text(), timeout=PATIENCE)
    assert not dialog.mark_button.isEnabled() and "\n" not in dialog.unsaid.text()
    qtbot.mouseClick(dialog.paste_button, Qt.MouseButton.LeftButton)
    read_as(qtbot, dialog, "dog/30.png", [1, 0, 0, 0])


def test_a_long_list_is_read_beside_the_window_and_the_last_word_counts(
    qtbot: QtBot, made: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists_controller, "_SHORT", 1000)
    dialog = opened(qtbot, made)
    dialog.names.setPlainText("\n".join(f"bird/no{i}.png" for i in range(50_000)))
    dialog.reading_wanted.emit()
    assert dialog.unsaid.text() == "Reading the list…" and counts(dialog) == [0, 0, 0, 0]
    read_as(qtbot, dialog, "cat/12.png", [1, 0, 0, 0])
    qtbot.waitUntil(lambda: not made.glances.views(), timeout=PATIENCE)
    assert counts(dialog) == [1, 0, 0, 0], "what was read of the first is dropped"
    dialog.names.setPlainText("\n".join(f"bird/no{i}.png" for i in range(50_000)) + "\ncat/12.png")
    qtbot.waitUntil(lambda: counts(dialog) == [1, 50_000, 0, 0], timeout=PATIENCE)
    qtbot.mouseClick(dialog.results.parts.buttons[MISSING], Qt.MouseButton.LeftButton)
    assert dialog.results.entries.blockCount() == 20_001 and "and 30,000 more" in dialog.results.entries.toPlainText()


def test_hashes_are_compared_with_the_files(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    images = images_of(made)
    digest = hashlib.sha256(Path(images.train.file(9)).read_bytes()).hexdigest()
    (tmp_path / "SHA256SUMS.txt").write_text(f"{digest}  scan.png\n{'ab' * 32}  other.png\n")
    made.forget.basket.names_file_requested.emit(str(tmp_path / "SHA256SUMS.txt"))
    dialog = made.window.findChildren(ListDialog)[-1]
    qtbot.waitUntil(lambda: counts(dialog)[MISSING] == 1, timeout=PATIENCE)
    assert counts(dialog)[FOUND] >= 1 and "SHA-256" in dialog.words.text() and "scan.png" in dialog.text
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)
    assert made.desk.basket.mask[9]


def test_other_pictures_close_it(qtbot: QtBot, made: Composition) -> None:
    dialog = opened(qtbot, made)
    read_as(qtbot, dialog, "cat/12.png", [1, 0, 0, 0])
    with qtbot.waitSignal(dialog.finished):
        made.desk.set_workspace(object(), None, picture_set())
    assert not made.desk.basket.mask.any()


def test_a_spec_that_marks_by_hashes_and_history_is_read_beside_the_window(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, here = list[str](), list[bool]()
    real, replayed = file_hashes.sha256_of, workspace_service.replay

    def noted(path: str) -> str:
        read.append(path)
        here.append(threading.current_thread() is threading.main_thread())
        return real(path)

    def again(*given: Any, **named: Any) -> Any:
        here.append(threading.current_thread() is threading.main_thread())
        return replayed(*given, **named)

    monkeypatch.setattr(file_hashes, "sha256_of", noted)
    monkeypatch.setattr(workspace_service, "replay", again)
    made = windows.make()
    root = Path(tiny_spec.data.path or "")
    rings = sorted((root / "train" / "ring").iterdir())[:3]
    wanted = tmp_path / "hashes.txt"
    wanted.write_text("\n".join(real(str(each)) for each in rings) + f"\n{'ab' * 32}\n")
    steps = ({"do": "add", "pictures": [each.relative_to(root).as_posix() for each in rings]},)
    spec = tiny_spec.model_copy(update={"forget": ForgetSpec.model_validate({"files": str(wanted), "history": steps})})
    made.sessions.open_spec(str(write_text(tmp_path / "spec.toml", spec.to_toml())))
    qtbot.waitUntil(lambda: made.window.findChild(NotFoundDialog) is not None, timeout=PATIENCE)
    assert made.desk.workspace is not None and not made.desk.basket.mask.any()
    count = len(images_of(made).train)
    assert len(read) == count, "each file is read once"
    dialog = made.window.findChild(NotFoundDialog)
    assert isinstance(dialog, NotFoundDialog)
    dialog.accept()
    qtbot.waitUntil(lambda: bool(made.desk.basket.mask.any()), timeout=PATIENCE)
    assert int(made.desk.basket.mask.sum()) == len(rings) and len(read) == count
    assert len(here) > len(read) and not any(here)
