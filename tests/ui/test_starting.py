"""The start of the program: what is imported before the first paint, and a real window on a virtual screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore

# What takes long to import and is not needed before a person does something.
LATER = (
    "torch",
    "pandas",
    "qtawesome",
    "qtpy",
    "pyqtgraph",
    "keyring",
    "httpx2",
    "sklearn",
    "concurrent.futures.process",
    "maga_desk.engine",
)


def test_the_first_paint_comes_before_what_takes_long_to_import() -> None:
    code = f"""
import sys
from PySide6.QtWidgets import QApplication
app = QApplication([])
from maga_desk.app import Composition
from maga_desk.ui.dialogs.shadows import ShadowsDialog
made = Composition(None)
made.window.show()
app.processEvents()
print([name for name in {LATER!r} if name in sys.modules])
made.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]"]


REAL = r"""
import json, os, sys
sys.argv = ["maga-desk"]
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton
from maga_desk.__main__ import open_window
from maga_desk.ui.main_window import MainWindow

def tell(window):  # where the two buttons are on the screen now
    start = [each for each in window.findChildren(QAbstractButton) if each.text() == "Start" and each.isVisible()]
    found = {"run": window.rail.buttons[3], **({"start": start[0]} if start else {})}
    places = {name: each.mapToGlobal(each.rect().center()).toTuple() for name, each in found.items()}
    with open(os.environ["PLACES"] + ".new", "w") as out:
        json.dump(places, out)
    os.replace(os.environ["PLACES"] + ".new", os.environ["PLACES"])

plain = MainWindow.showEvent
def shown(self, event):
    plain(self, event)
    self.telling = QTimer(self)
    self.telling.timeout.connect(lambda: tell(self))
    self.telling.start(200)
MainWindow.showEvent = shown
sys.exit(open_window(["--spec", os.environ["SPEC"]]))
"""


@pytest.mark.window
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
def test_a_real_window_is_driven_by_real_clicks(tiny_spec: RunSpec, tmp_path: Path, home: Path) -> None:
    """Opens a spec in a window on a virtual screen, starts the run with the mouse, and closes it with the keyboard."""
    (tmp_path / "spec.toml").write_text(tiny_spec.to_toml())
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, pass_fds=[writing]) as screen:
        os.close(writing)
        with os.fdopen(reading) as answer:
            display = f":{answer.readline().strip()}"  # Xvfb picks a free one and says which
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        places = tmp_path / "places.json"
        environment |= {"SPEC": str(tmp_path / "spec.toml"), "PLACES": str(places)}
        window = subprocess.Popen([sys.executable, "-c", REAL], env=environment)

        def tool(*words: str) -> str:
            done = subprocess.run(["xdotool", *words], env=environment, capture_output=True, text=True, check=False)
            return done.stdout.strip()

        def until(condition: Callable[[], bool], again: Callable[[], None] = lambda: None) -> None:
            end = time.monotonic() + 80
            while not condition():
                assert time.monotonic() < end, "the window did not get there in time"
                assert window.poll() is None, "the window died"
                again()
                time.sleep(0.3)

        def press_start() -> None:
            for button in ("run", "start"):
                place = json.loads(places.read_text()).get(button) if places.exists() else None
                if place is not None and not _runs(home):
                    tool("mousemove", *map(str, place), "click", "1")
                    time.sleep(1)

        try:
            until(lambda: "forget ring" in tool("search", "--name", "MaGA Desk", "getwindowname"))
            number = tool("search", "--name", "MaGA Desk").split()[0]
            tool("windowmove", number, "0", "0")
            tool("windowsize", number, "1280", "800")
            tool("windowfocus", number)
            until(lambda: bool(_runs(home)), again=press_start)
            until(lambda: _runs(home) == ["finished"])
            tool("key", "ctrl+q")
            assert window.wait(timeout=20) == 0
        finally:
            if window.poll() is None:
                window.kill()
                window.wait()
            screen.terminate()


def _runs(home: Path) -> list[str]:
    """How the runs in a home's sessions stand."""
    if not (home / "sessions.sqlite").exists():
        return []
    with SessionStore.open(home / "sessions.sqlite") as store:
        return [run.status for info in store.recent() for run in store.runs(info.id)]


def test_a_log_that_cannot_be_written_keeps_nobody_from_starting(home: Path) -> None:
    from maga_desk.app import _log

    assert _log() == home / "maga-desk.log"
    (home / "maga-desk.log").unlink()
    (home / "maga-desk.log").mkdir()
    assert _log() is None
