"""A new session gives back what the one before held: nothing in the window keeps pictures or nets alive."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from maga_desk.domain import memory
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.composition import Composition
from maga_desk.ui.page_table import PAGES
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny, start_run, wait_for_end


@pytest.fixture
def windows(qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    windows = Windows(qtbot, tmp_path / "runs")
    yield windows
    for composition in list(windows.open):
        windows.close(composition)


def held_by(made: Composition) -> dict[str, weakref.ref[Any]]:
    """What is large on the desk."""
    workspace = made.desk.workspace
    return {
        "workspace": weakref.ref(workspace),
        "pictures": weakref.ref(workspace.images),
        "pixels": weakref.ref(workspace.images.train.backing),
        "tensor": weakref.ref(workspace.pictures.train.images),
        "net": weakref.ref(workspace.model),
    }


def left(held: dict[str, weakref.ref[Any]]) -> list[str]:
    """What of it is still there."""
    gc.collect()
    return [name for name, found in held.items() if found() is not None]


def test_a_new_session_gives_pictures_and_nets_back(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    for info in PAGES:
        made.window.show_page(info.key)
    start_run(made)
    qtbot.waitUntil(lambda: bool(made.desk.runs.shown.scalars), timeout=PATIENCE)
    made.run.progress.cancel_requested.emit()
    wait_for_end(qtbot, made)
    held = held_by(made)
    made.actions["new-session"].trigger()
    qtbot.waitUntil(lambda: not left(held), timeout=PATIENCE)


def test_the_window_does_not_wait_for_memory_to_be_given_back(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = windows.make()
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    given = list[int]()

    class Glibc:
        mallopt = staticmethod(lambda *_: 1)
        malloc_trim = staticmethod(lambda _: given.append(threading.get_ident()))

    monkeypatch.setattr(memory, "_glibc", Glibc)
    made.actions["new-session"].trigger()
    qtbot.waitUntil(lambda: bool(given), timeout=PATIENCE)
    assert threading.get_ident() not in given


def test_opening_other_pictures_gives_back_those_before(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    held = held_by(made)
    made.load.open_button.click()
    qtbot.waitUntil(lambda: not left(held), timeout=PATIENCE)
    assert made.desk.workspace is not None
