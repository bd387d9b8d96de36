"""A forget set put together as a person does it: pasted, its copies, more like it, less a kind, back two steps, run,
exported; and the spec that the window writes, replayed on the command line.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.cli import commands
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.list_preview import ListDialog
from tests.conftest import SHAPES, draw_shape
from tests.ui.driving import PATIENCE, Windows, choose, open_tiny, wait_for_end

EACH, COPIES = 150, 20


@pytest.fixture
def larger(tiny_spec: RunSpec, tiny_family_model: Path, tmp_path: Path) -> RunSpec:
    """150 pictures of each shape, and of twenty discs a copy under another name: half of them mirrored."""
    for split, count in (("train", EACH), ("test", 10)):
        for number, kind in enumerate(SHAPES):
            rng = np.random.default_rng([7, split == "test", number])
            (tmp_path / "pictures" / split / kind).mkdir(parents=True)
            for i in range(count):
                picture = Image.fromarray(draw_shape(kind, rng))
                picture.save(tmp_path / "pictures" / split / kind / f"{i:03}.png")
                if kind == "disc" and split == "train" and i < COPIES:
                    picture = picture if i % 2 else picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
                    picture.save(tmp_path / "pictures" / split / kind / f"again-{i:03}.png")
    wanted = tiny_spec.with_changes("data", path=str(tmp_path / "pictures"))
    return wanted.with_changes("model", checkpoint=str(tiny_family_model)).with_changes("forget", classes=())


def paste(qtbot: QtBot, made: Composition, names: list[str]) -> None:
    qtbot.mouseClick(made.forget.basket.paste_button, Qt.MouseButton.LeftButton)
    dialog = made.window.findChildren(ListDialog)[-1]
    dialog.names.setPlainText("\n".join(names))
    qtbot.waitUntil(dialog.mark_button.isEnabled, timeout=PATIENCE)
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)


def selected(path: Path) -> dict[str, object]:
    """What the command line makes of a spec."""
    result = CliRunner().invoke(commands, ["select", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_a_forget_set_put_together_in_the_window_is_replayed_from_its_spec_alone(
    qtbot: QtBot, windows: Windows, larger: RunSpec, tmp_path: Path
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, larger)
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    made.window.show_page("forget")
    page, desk = made.forget, made.desk
    assert desk.images is not None
    train = desk.images.train
    assert len(train) == 4 * EACH + COPIES and desk.images.families is not None

    named = [f"{kind}/{i:03}.png" for kind in SHAPES for i in range(124)] + ["square/124.png"]
    paste(qtbot, made, [*named, "disc/900.png", "ring/ring.png", "nobody.png"])
    assert int(desk.basket.mask.sum()) == 497 and len(desk.basket.not_found) == 3

    qtbot.mouseClick(page.twins.look_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.twins.look_button.isHidden, timeout=PATIENCE)
    qtbot.mouseClick(page.twins.button, Qt.MouseButton.LeftButton)
    again = [place for place, name in enumerate(train.names) if "again" in name]
    copies = int(desk.basket.mask.sum()) - 497
    assert desk.basket.mask[again].all() and copies >= COPIES, "of so small drawings some others are taken for copies"

    desk.selection.replace([int(np.flatnonzero(desk.basket.mask)[0])])
    qtbot.mouseClick(page.like_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.likeness.isHidden(), timeout=PATIENCE)
    page.likeness.slider.setValue(60)
    before = desk.basket.mask
    qtbot.mouseClick(page.likeness.mark_button, Qt.MouseButton.LeftButton)
    like = int(desk.basket.mask.sum() - before.sum())
    assert like > 0
    qtbot.mouseClick(page.likeness.close_button, Qt.MouseButton.LeftButton)

    rings = train.kinds == desk.images.kinds.index("ring")
    gone = int((desk.basket.mask & rings).sum())
    page.search.setText("kind:ring")
    made.actions["unmark-shown"].trigger()
    assert gone >= 124 and not desk.basket.mask[rings].any()
    told = [step.sentence() for step in desk.basket.history]
    assert told == [
        "Added 497 of 500 names pasted; 3 not found",
        f"Added {copies} copies of what was marked",
        told[2],
        f"Removed {gone} pictures found by kind:ring; {EACH - gone} not marked before",
    ]
    assert told[2].startswith(f"Added {like} picture") and "at least 60 %" in told[2]

    (tmp_path / "whole.toml").write_text(desk.spec.to_toml(), encoding="utf-8")
    whole = selected(tmp_path / "whole.toml")
    assert whole["positions"] == np.flatnonzero(desk.basket.mask).tolist(), "a likeness needs no model to be replayed"
    assert [step["words"] for step in whole["history"]] == told  # type: ignore[attr-defined]

    made.actions["undo"].trigger()
    made.actions["undo"].trigger()
    marked = np.flatnonzero(desk.basket.mask).tolist()
    assert len(marked) == 497 + copies and desk.basket.can_redo and len(desk.basket.not_found) == 3

    made.window.show_page("run")
    choose(made, "fine-tune", epochs=1)
    made.run.start_requested.emit()
    wait_for_end(qtbot, made)
    folder = Path(made.desk.runs.shown.spec.output.dir)  # type: ignore[union-attr]
    written = selected(folder / "spec.toml")
    assert written["positions"] == marked and written["not_found"] == list(desk.basket.not_found)
    assert [step["words"] for step in written["history"]] == told[:2]  # type: ignore[attr-defined]

    alone = read_spec(folder / "spec.toml").with_changes("forget", classes=(), kinds=(), pictures=(), not_found=())
    assert alone.forget.history and not alone.forget.names_outcome
    (tmp_path / "alone.toml").write_text(alone.to_toml(), encoding="utf-8")
    replayed = selected(tmp_path / "alone.toml")
    assert replayed["positions"] == marked and replayed["not_found"] == written["not_found"]

    made.window.show_page("export")
    made.export.path.setText(str(tmp_path / "forgot.safetensors"))
    qtbot.mouseClick(made.export.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil((tmp_path / "forgot.safetensors").exists, timeout=PATIENCE)
