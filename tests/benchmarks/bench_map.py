"""The map: frames a second beside pyqtgraph's ``ScatterPlotItem``; likeness, components and neighbours.

    python tests/benchmarks/bench_map.py [--points 100000] [--width 512] [--neighbours] [--umap]

Frames are painted offscreen, into a picture of the widget's size: what a screen adds is the same for both. All figures
are from one run, and of the processor's time, which other programs on the machine change little; what several threads
do is added up. In brackets stands the clock on the wall.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import drained
from maga_desk.domain.picture_map import PointPlaces
from maga_desk.services.likeness import nearest_to
from maga_desk.services.mapping import components
from maga_desk.services.neighbours import can_search, neighbours
from maga_desk.ui.plots.map_look import MapLook
from maga_desk.ui.plots.point_map import BRUSH, LASSO, PointCard, PointMap

SIZE = (1000, 700)
Rows = np.ndarray


def clock(work: Callable[[], object], times: int = 1) -> tuple[float, float]:
    """Seconds of the wall and of the processor, each for one time; processes that ended meanwhile are counted."""
    wall, processor = time.perf_counter(), _processor()
    for _ in range(times):
        work()
    return (time.perf_counter() - wall) / times, (_processor() - processor) / times


def _processor() -> float:
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def said(name: str, seconds: tuple[float, float]) -> None:
    wall, processor = seconds
    rate = f"{1 / max(processor, 1e-6):7,.0f} a second" if processor < 1 else ""
    print(f"{name:48} {1000 * processor:10,.1f} ms {rate:18} (wall {1000 * wall:,.1f} ms)", flush=True)


def made_features(count: int, width: int) -> Rows:
    """Ten groups with structure in 24 directions and noise in all, of length 1."""
    draw = np.random.default_rng(0)
    groups = draw.integers(0, 10, count)
    rows = (draw.normal(size=(10, 24)) * 2)[groups] + draw.normal(size=(count, 24))
    found = rows.astype(np.float32) @ draw.normal(size=(24, width)).astype(np.float32)
    found += draw.normal(size=found.shape).astype(np.float32)
    found -= found.mean(axis=0)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found, dtype=np.float32)


def paint(widget: QWidget, onto: QPixmap) -> None:
    QWidget.render(widget, onto, QPoint())  # a plot's own way of drawing takes other arguments


def our_frames(points: Rows, shades: Rows) -> None:
    canvas = PointMap("map", lambda _position: PointCard(QPixmap(), ()))
    canvas.resize(*SIZE)
    canvas.set_points(points)
    nothing = np.zeros(len(points), dtype=bool)
    some = nothing.copy()
    some[:: len(points) // 2000] = True
    canvas.set_look(MapLook(shades, ~nothing, some, np.roll(some, 1)))
    onto = QPixmap(*SIZE)
    paint(canvas, onto)
    steps = iter(range(10**6))

    def move() -> None:
        canvas.move_by(3 if next(steps) % 40 < 20 else -3, 1)
        paint(canvas, onto)

    def enlarge() -> None:
        canvas.enlarge(1.1 if next(steps) % 20 < 10 else 1 / 1.1)
        paint(canvas, onto)

    said("map: move", clock(move, 60))
    said("map: enlarge", clock(enlarge, 60))
    canvas.show_all()
    half = np.arange(len(points)) % 2 == 0
    canvas.set_look(MapLook(shades, half, some, np.roll(some, 1)))
    said("map: move, half of them faded", clock(move, 60))
    canvas.set_look(MapLook(shades, ~nothing, half, nothing))
    said("map: move, half of them marked", clock(move, 60))
    canvas.set_look(MapLook(shades, ~nothing, some, np.roll(some, 1)))
    canvas.show_all()
    for tool, name in ((LASSO, "draw a lasso"), (BRUSH, "brush")):
        canvas.tool = tool
        angles = iter(np.linspace(0, 2 * np.pi, 121))
        send(canvas, QEvent.Type.MouseButtonPress, 0.0)

        def draw(angles: object = angles) -> None:
            send(canvas, QEvent.Type.MouseMove, next(angles))  # type: ignore[call-overload]
            paint(canvas, onto)

        said(f"map: {name}", clock(draw, 120))
        drawn: list[int] = []
        canvas.drawn.connect(lambda positions, _mode, drawn=drawn: drawn.append(len(positions)))
        said(
            f"map: {name}, let go: the points within", clock(lambda: send(canvas, QEvent.Type.MouseButtonRelease, 6.2))
        )
        assert drawn and drawn[-1] > 0
        canvas.drawn.disconnect()
    said("map: the point under the pointer", clock(lambda: canvas._hover(QPointF(500, 350)), 60))
    places, corners = (
        PointPlaces(points),
        np.stack([np.cos(np.linspace(0, 6.2, 500)), np.sin(np.linspace(0, 6.2, 500))], 1),
    )
    said("map: a lasso of 500 corners", clock(lambda: places.inside(corners), 20))
    canvas.deleteLater()


def send(canvas: PointMap, kind: QEvent.Type, angle: float) -> None:
    at = QPointF(500 + 300 * np.cos(angle), 350 + 250 * np.sin(angle))
    left = Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else left
    QApplication.sendEvent(canvas, QMouseEvent(kind, at, at, left, held, Qt.KeyboardModifier.NoModifier))


def their_frames(points: Rows, shades: Rows) -> None:
    import pyqtgraph as pg

    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    values, places = np.unique(shades, return_inverse=True)
    brushes = np.array([pg.mkBrush(QColor.fromRgb(int(value))) for value in values])
    item = pg.ScatterPlotItem(points[:, 0], points[:, 1], size=4, pen=None, brush=brushes[places], pxMode=True)
    plot.addItem(item)
    box, onto = plot.getPlotItem().getViewBox(), QPixmap(*SIZE)
    paint(plot, onto)

    def move() -> None:
        box.translateBy(x=0.01)
        paint(plot, onto)

    def enlarge() -> None:
        box.scaleBy((1 / 1.1, 1 / 1.1))
        paint(plot, onto)

    def select() -> None:
        item.setBrush(np.roll(brushes[places], 1))
        paint(plot, onto)

    said("pyqtgraph ScatterPlotItem: move", clock(move, 10))
    said("pyqtgraph ScatterPlotItem: enlarge", clock(enlarge, 5))
    said("pyqtgraph ScatterPlotItem: other colours, as a brush", clock(select, 5))
    plot.close()


def likeness(rows: Rows) -> None:
    control = RunControl()
    drained(nearest_to(rows[:100], np.array([0]), control))  # imports torch
    said(f"components, {len(rows):,} x {rows.shape[1]}", clock(lambda: components(rows, 2)))
    for given in (1, 100, 1000):
        some = np.arange(given) * (len(rows) // given)
        said(f"likeness of all to {given:,}", clock(lambda some=some: drained(nearest_to(rows, some, control))))  # type: ignore[misc]
    if not can_search():
        print("usearch is not installed")
        return
    from usearch.index import Index

    some = np.arange(1000) * (len(rows) // 1000)
    index, exact = Index(ndim=rows.shape[1], metric="ip", dtype="f32"), drained(nearest_to(rows, some, control))
    built = clock(lambda: index.add(np.arange(len(some)), rows[some]))
    found: list[Rows] = []
    searched = clock(lambda: found.append(1 - index.search(rows, 1).distances[:, 0]))
    said("the same to 1,000 by usearch", (built[0] + searched[0], built[1] + searched[1]))
    print(f"{'':48} the nearest was found for {100 * np.mean(np.abs(found[0] - exact) < 1e-4):.2f} % of the pictures")


def compare_neighbours(rows: Rows) -> None:
    """All pictures with all: exact, and by the index."""
    control, found = RunControl(), {}
    for exact in (False, True):
        name = "neighbours, exact" if exact else "neighbours by usearch"
        seconds = clock(lambda exact=exact: found.update({exact: drained(neighbours(rows, 15, control, exact=exact))}))  # type: ignore[misc]
        said(f"{name}, {len(rows):,} x {rows.shape[1]}", seconds)
    same = [
        len(np.intersect1d(a, b)) - 1 for a, b in zip(found[True].places[::20], found[False].places[::20], strict=True)
    ]
    print(f"{'':48} recall {100 * np.mean(same) / 14:.1f} % of the 14 nearest")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--neighbours", action="store_true", help="each with each: minutes")
    parser.add_argument("--umap", action="store_true", help="lay out by UMAP: minutes")
    asked = parser.parse_args()
    app = QApplication([])
    rows = made_features(asked.points, asked.width)
    points, _ = components(rows, 2)
    palette = np.array([QColor.fromHsv(36 * each, 200, 200).rgb() for each in range(10)], dtype=np.uint32)
    shades = palette[np.random.default_rng(1).integers(0, 10, len(points))]
    our_frames(points.astype(np.float64), shades)
    their_frames(points.astype(np.float64), shades)
    likeness(rows)
    if asked.neighbours:
        compare_neighbours(rows)
    if asked.umap:
        lay_out(rows)
    app.processEvents()


def lay_out(rows: Rows) -> None:
    from maga_desk.services import mapping

    main_rows, _ = components(rows, mapping._DIRECTIONS)
    control, found = RunControl(), {}
    wall = clock(lambda: found.update(near=drained(neighbours(mapping._of_length_one(main_rows), 15, control))))
    said(f"UMAP: neighbours in {main_rows.shape[1]} directions", wall)
    wall = clock(lambda: drained(mapping._laid_out(found["near"], main_rows[:, :2], 0, control)))
    said("UMAP: layout, in a process of its own", wall)


if __name__ == "__main__":
    main()
