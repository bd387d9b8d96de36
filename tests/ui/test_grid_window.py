"""How pictures are shown is remembered, what the model says of them is asked for, and erasing reaches thumbnails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec
from tests.ui.driving import Windows, open_tiny


def test_size_and_what_is_shown_are_remembered(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    page, desk = made.forget, made.desk
    page.tools.slider.setValue(page.tools.slider.maximum() - 3)
    for word in ("pred", "loss", "headings"):
        page.tools.choices[word].trigger()
    assert page.grid.side == 160 and len(page.model.groups) == 4
    qtbot.waitUntil(lambda: page.grid.thumbnails.get(int(page.model.rows[0])) is not None)
    page.grid.viewport().grab()
    assert desk.images is not None
    position = int(page.model.rows[0])
    logits = desk.workspace.outputs.train[position].double().log_softmax(0)
    named, label = int(logits.argmax()), int(desk.images.train.labels[position])
    texts = [each.text for each in page.model.captions(position)]
    assert texts[0].endswith(desk.images.classes[named]) and texts[1] == f"loss {-float(logits[label]):.2f}"
    windows.close(made)
    kept = SettingsFile().values.window
    assert (kept.picture_side, set(kept.picture_shows)) == (160, {"pred", "loss", "headings"})
    again = windows.make()
    assert again.forget.grid.side == 160 and again.forget.tools.choices["headings"].isChecked()
    assert not again.forget.tools.choices["conf"].isChecked()


def test_deleting_a_session_removes_the_thumbnails_of_its_pictures(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for kind in ("cross", "disc", "ring", "square"):
            (tmp_path / "large" / split / kind).mkdir(parents=True)
            for number in range(3):
                pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                file = tmp_path / "large" / split / kind / f"{number}.png"
                Image.fromarray(pixels).resize((500, 500)).save(file)
    spec = tiny_spec.with_changes("data", path=str(tmp_path / "large"), size=16)
    made = windows.make()
    made._opening.open(spec.with_changes("model", allow_chance=True))
    qtbot.waitUntil(lambda: made.desk.images is not None, timeout=60_000)
    made.window.show_page("forget")
    made.forget.grid.set_side(256)
    thumbnails = made.forget.grid.thumbnails
    qtbot.waitUntil(lambda: (found := thumbnails.get(0)) is not None and found.final)
    files = lambda: list(paths.kept_dir().glob("*-thumbnails*"))  # noqa: E731
    qtbot.waitUntil(lambda: bool(files()))
    made.window.show_page("load")
    made.sessions.save()
    number = made.desk.session_id
    assert number is not None and made._store is not None
    made._store.delete_session(number)
    assert not files(), "they are small copies of the pictures"
