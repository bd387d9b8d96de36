"""Does the window stay alive while the engine works? The event loop's longest gaps, idle and in a run.

    python tests/benchmarks/bench_window.py          (offscreen: idling, then a run on the demo world)

Also how long the list of 50,000 pictures takes to be laid out and scrolled, beside one of 500.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["MAGA_DESK_HOME"] = tempfile.mkdtemp()

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.ui.composition import Composition

TICK_MS = 5


class Pulse:
    """The gaps between ticks of a timer that wants to tick every few milliseconds."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def take(self) -> tuple[float, float]:
        """The longest gap and the 99th percentile since the last call, in milliseconds."""
        gaps, self.gaps = np.array(self.gaps), []
        return 1000 * float(gaps.max()), 1000 * float(np.percentile(gaps, 99))


def pictures(count: int) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 3, 32, 32), dtype=np.uint8)
    images = pixels[np.arange(count) % 64]
    labels = np.arange(count) % 10
    split = PictureIndex(InMemory(images), labels, labels, tuple(f"train/{i}.png" for i in range(count)))
    return ImageSet(split, split, tuple("abcdefghij"), tuple("abcdefghij"))


def main() -> None:
    app = QApplication([])
    made = Composition(None, runs_folder=Path(tempfile.mkdtemp()))
    made.window.show()
    pulse = Pulse()

    def until(condition: object, seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not condition():  # type: ignore[operator]
            app.processEvents()
            time.sleep(0.001)

    end = time.monotonic() + 2
    until(lambda: time.monotonic() > end)
    idle = pulse.take()
    made.start()
    made.open_demo()
    until(lambda: made.desk.workspace is not None)
    opening = pulse.take()
    made.pages["forget"].class_toggled.emit("fox", True)
    made.window.show_page("run")
    until(lambda: bool(made.desk.installation.methods))
    pulse.gaps = []
    made.pages["run"].start_requested.emit()
    until(lambda: made.desk.runs.shown.state == "finished")
    run = pulse.take()
    print("| the event loop's gaps, ms | longest | 99 % of them below | longest, beside idle |\n|---|---|---|---|")
    for name, (longest, most) in (("idle", idle), ("opening (imports torch)", opening), ("during a run", run)):
        print(f"| {name} | {longest:.0f} | {most:.0f} | {longest / idle[0]:.1f} |")
    made.window.show_page("forget")
    seconds = {}
    for count in (500, 50_000):
        start = time.perf_counter()
        made.pages["forget"].show_pictures(pictures(count))
        for share in (0.2, 0.7, 1.0):
            bar = made.pages["forget"].grid.verticalScrollBar()
            bar.setValue(int(share * bar.maximum()))
            made.pages["forget"].grid.viewport().repaint()
            app.processEvents()
        seconds[count] = time.perf_counter() - start
    print(f"showing and scrolling 50,000 pictures takes {seconds[50_000] / seconds[500]:.1f} times as long as 500")
    made.close()


if __name__ == "__main__":
    main()
