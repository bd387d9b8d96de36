"""The grid of many pictures: opening, scrolling, finding, memory; beside Qt's own list of the same thumbnails.

    python tests/benchmarks/bench_grid.py [--pictures 100000] [--folder FOLDER] [--steps 300]

Draws JPEG files of 32 to 256 pixels (``made_pictures.py``; a FOLDER that has them is used again), makes an untrained
net for them, and opens both once, so that all is kept. Then one process with the window opens them again: the time from
the button to the first frame with every picture in it, by wall and by CPU; frames of scrolling at three zooms by lines,
by pages and by jumps, each with the painting that it needs; a query and an order as the page shows them; and resident
memory. A QListView in icon mode with pixmaps of the same pictures is scrolled the same way in the same process.

``--index-only 1000000`` measures the grid's model with so many pictures in the index instead: no file is made.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil

from tests.benchmarks.bench_opening import untrained
from tests.benchmarks.made_pictures import made

SIDE = 32  # pixels of the classifier's pictures
ZOOMS = (24, 64, 256)
PATIENCE = 3600.0


def percentiles(times: list[float]) -> str:
    found = 1000 * np.percentile(times, (50, 99, 100))
    return f"{found[0]:7.1f}{found[1]:9.1f}{found[2]:9.1f}"


class Frames:
    """Times what a step of scrolling costs the window's thread: the step, the painting, and what has arrived."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def of(self, view: Any, places: list[int]) -> tuple[list[float], list[float]]:
        """Seconds of wall and of this thread's CPU for each place of the scroll bar."""
        walls, cpus, bar = [], [], view.verticalScrollBar()
        for place in places:
            wall, cpu = time.perf_counter(), time.thread_time()
            bar.setValue(place)
            self._app.processEvents()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.thread_time() - cpu)
            time.sleep(0.01)  # a person's wheel: the other threads have their turn
        return walls, cpus


def ways(view: Any, steps: int) -> dict[str, list[int]]:
    """By lines, by pages, and to anywhere."""
    bar = view.verticalScrollBar()
    top, page = bar.maximum(), view.viewport().height()
    rng = np.random.default_rng(0)
    return {
        "wheel": [min(top, step * 60) for step in range(steps)],
        "pages": [min(top, step * page) for step in range(steps // 3)],
        "jumps": rng.integers(0, top + 1, steps // 3).tolist(),
    }


def until(app: Any, is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        app.processEvents()
        time.sleep(0.001)
        if time.monotonic() > end:
            raise SystemExit("it did not come")


def in_window(data: Path, checkpoint: Path, steps: int) -> dict[str, Any]:
    """One process with the whole window."""
    from PySide6.QtWidgets import QApplication

    from maga_desk.domain.memory import keep_freed_memory, look_past_what_stays
    from maga_desk.domain.specs.run import parse_spec
    from maga_desk.ui import theme
    from maga_desk.ui.composition import Composition
    from maga_desk.ui.immortals import keep_singletons_alive

    keep_freed_memory()
    keep_singletons_alive()
    app = QApplication([])
    theme.apply(app, "light")
    window = Composition(None)
    window.window.resize(1920, 1080)
    window.window.show()
    window.start()
    until(app, lambda: bool(window.desk.installation.methods))
    look_past_what_stays()
    spec = parse_spec(
        {
            "device": "cpu",
            "precision": "float32",
            "data": {"path": str(data)},
            "model": {"checkpoint": str(checkpoint)},
        }
    )
    page, grid = window.forget, window.forget.grid
    process = psutil.Process()
    window.window.show_page("forget")
    told: dict[str, Any] = {"before": process.memory_info().rss}
    wall, cpu = time.perf_counter(), time.process_time()
    window._opening.open(spec)
    until(app, lambda: window.desk.images is not None)
    told["opened"] = time.perf_counter() - wall, time.process_time() - cpu

    def is_filled() -> bool:
        rows = [row for row in range(60) if grid.viewport().rect().intersects(grid.box_of(row))]
        return all(grid.thumbnails.get(int(page.model.rows[row])) is not None for row in rows)

    window.window.show_page("forget")
    grid.viewport().repaint()
    told["frame"] = time.perf_counter() - wall, time.process_time() - cpu
    until(app, is_filled)
    grid.viewport().repaint()
    told["filled"] = time.perf_counter() - wall, time.process_time() - cpu
    frames = Frames(app)
    told["grid"], told["plain"] = {}, {}
    for zoom in ZOOMS:
        grid.set_side(zoom)
        app.processEvents()
        told["grid"][zoom] = {name: frames.of(grid, places) for name, places in ways(grid, steps).items()}
    told["memory"], told["pixmaps"] = process.memory_info().rss, grid.thumbnails.taken
    grid.set_side(64)
    for name, work in (
        ("query", lambda: page.search.setText("class:class00007 loss>1")),
        ("word", lambda: page.search.setText("IMG_0000")),
        ("order", lambda: page.order.setCurrentText("loss, highest first")),
        ("order by name", lambda: page.order.setCurrentText("by name")),
    ):
        told[name] = asked(app, page, work)
    page.search.clear()
    plain = plain_list(page.model.images.train, grid.viewport().size())
    until(app, lambda: plain.verticalScrollBar().maximum() > 0)
    told["plain"] = {name: frames.of(plain, places) for name, places in ways(plain, steps).items()}
    told["plain memory"] = process.memory_info().rss
    plain.close()
    window.close()
    return told


def asked(app: Any, page: Any, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds until the page shows the answer, the first time, when columns are made, and again."""
    found = []
    page.search.wait(0)
    for _ in range(2):
        page.search.clear()
        page.order.setCurrentIndex(0)
        app.processEvents()
        begun = time.perf_counter()
        work()
        app.processEvents()
        found.append(time.perf_counter() - begun)
    return found[0], found[1]


def plain_list(pictures: Any, size: Any) -> Any:
    """A QListView in icon mode over a list model that makes pixmaps as they are painted, and keeps two thousand."""
    from PySide6.QtCore import QAbstractListModel, QModelIndex, QSize, Qt
    from PySide6.QtWidgets import QListView

    from maga_desk.ui.item_models.thumbnails import Thumbnails

    class Plain(QAbstractListModel):
        def __init__(self) -> None:
            super().__init__()
            self.thumbnails = Thumbnails(pictures, side=64, room=2000)

        def rowCount(self, _parent: Any = QModelIndex()) -> int:  # noqa: B008 (as Qt has it)
            return len(pictures)

        def data(self, index: Any, role: int = 0) -> Any:
            return self.thumbnails.pixmap(index.row()) if role == Qt.ItemDataRole.DecorationRole else None

    view = QListView()
    view.setViewMode(QListView.ViewMode.IconMode)
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.setUniformItemSizes(True)
    view.setGridSize(QSize(76, 76))
    view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    view.resize(size)
    view._model = Plain()
    view.setModel(view._model)
    view.show()
    return view


def index_only(count: int) -> None:
    """The model and the grid over an index of so many pictures, of which none is there."""
    from PySide6.QtWidgets import QApplication

    from maga_desk.domain.pictures import ImageSet, PictureIndex
    from maga_desk.domain.pixels import InMemory
    from maga_desk.ui.immortals import keep_singletons_alive
    from maga_desk.ui.item_models.pictures import PicturesModel
    from maga_desk.ui.selection import PictureSelection
    from maga_desk.ui.widgets.pictures.picture_grid import PictureGrid

    class Flat(InMemory):
        def __init__(self, many: int) -> None:
            self._array = np.broadcast_to(np.uint8(90), (many, 3, 8, 8))

    keep_singletons_alive()
    app = QApplication([])
    print(f"{'pictures':>10}{'shown, ms':>12}{'by class, ms':>14}{'all selected, ms':>18}{'MB more':>10}")
    for many in (count // 10, count):
        labels = np.arange(many) * 1000 // many
        names = tuple(f"train/class{label}/{i}.jpg" for i, label in enumerate(labels.tolist()))
        train = PictureIndex(Flat(many), labels, labels, names)
        titles = tuple(f"class{k}" for k in range(1000))
        images = ImageSet(train, train, titles, titles)
        model, selection, grid = PicturesModel(), PictureSelection(), PictureGrid()
        grid.resize(1200, 800)
        grid.show_pictures(model, selection)
        selection.reset(many)
        grid.show()
        app.processEvents()
        before, times = psutil.Process().memory_info().rss, []
        for work in (partial(model.set_images, images), partial(model.group, True), grid.selectAll):
            begun = time.perf_counter()
            work()
            grid.viewport().repaint()
            times.append(1000 * (time.perf_counter() - begun))
        more = (psutil.Process().memory_info().rss - before) / 1e6
        print(f"{many:>10,}{times[0]:>12.1f}{times[1]:>14.1f}{times[2]:>18.1f}{more:>10.0f}")
        grid.close()


def show(told: dict[str, Any]) -> None:
    for name, what in (("opened", "until it is open"), ("frame", "first frame"), ("filled", "with its pictures")):
        print(f"{what:<20}{told[name][0]:8.2f} s, of which CPU {told[name][1]:6.2f} s")
    columns = f"{'median':>7}{'p99':>9}{'worst':>9}"
    print(f"\n{'milliseconds of a frame':<30}{columns}   CPU:{columns}")
    rows = [(f"grid, {zoom} px, {way}", each) for zoom, found in told["grid"].items() for way, each in found.items()]
    rows += [(f"QListView, 64 px, {way}", each) for way, each in told["plain"].items()]
    for name, (walls, cpus) in rows:
        print(f"{name:<30}{percentiles(walls)}       {percentiles(cpus)}")
    print()
    for name in ("query", "word", "order", "order by name"):
        print(f"{name:<16} first {1000 * told[name][0]:7.0f} ms, then {1000 * told[name][1]:7.0f} ms")
    megabytes = {name: told[name] / 1e6 for name in ("before", "memory", "pixmaps", "plain memory")}
    print(f"resident, MB: {', '.join(f'{name} {value:,.0f}' for name, value in megabytes.items())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--home", type=Path, help="a user's folder in which these pictures were opened before")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--index-only", type=int, metavar="PICTURES")
    parser.add_argument("--window", nargs=2, type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.window:
        print(json.dumps(in_window(*chosen.window, chosen.steps)))
        return
    if chosen.index_only:
        index_only(chosen.index_only)
        return
    with tempfile.TemporaryDirectory() as temporary:
        data = made(chosen.folder or Path(temporary) / "pictures", chosen.pictures, 100)
        home = chosen.home or Path(temporary) / "home"
        home.mkdir(exist_ok=True, parents=True)
        net = home / "net.safetensors"
        if not net.exists():
            net = untrained(home, data, SIDE)
        environment = {**os.environ, "MAGA_DESK_HOME": str(home)}
        program = [sys.executable, __file__, "--steps", str(chosen.steps), "--window", str(data), str(net)]
        runs = 1 if any((home / "cache" / "kept").glob("*-outputs-*")) else 2
        for _ in range(runs):  # the first one decodes, and is not told of
            done = subprocess.run(program, capture_output=True, text=True, env=environment)
            if done.returncode:
                raise SystemExit(done.stderr)
    show(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
