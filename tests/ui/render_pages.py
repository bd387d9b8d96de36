"""Pictures of every page and dialog, to be looked at: ``python -m tests.ui.render_pages FOLDER``.

Opens the demo world in a window without a screen, marks a class, proposes labels, runs, and saves what each page looks
like before and after, light and dark, on a small, a large and a finely resolved screen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from maga_desk.domain import paths
from maga_desk.domain.demo import DEMO_TASKS
from maga_desk.domain.marking import How
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui import theme
from maga_desk.ui.composition import Composition
from maga_desk.ui.pages.closer_view import VIEWS
from maga_desk.ui.widgets.pictures.forget_layout import BOTH, GRID, MAP
from tests.ui.staging import dialogs

SIZES = ("1280x800", "1920x1080", "960x520@2")
"""In points; behind the @, pixels a point has in each direction."""
QUICK = {"passes": 1.0, "least_steps": 1, "noise_steps": 5}
PATIENCE = 600.0


class Camera:
    """Saves widgets under the folder, in both themes and all sizes.

    :param only: words of which one must be in a picture's name; empty for all.
    """

    def __init__(self, app: QApplication, folder: Path, sizes: Sequence[str], only: tuple[str, ...]) -> None:
        self._app, self._folder, self._sizes, self._only = app, folder, sizes, only
        folder.mkdir(parents=True, exist_ok=True)

    def pages(self, made: Composition, stage: str, keys: Sequence[str] = (), more: Sequence[str] = ()) -> None:
        """Every page, or those of these keys; the theme is changed as seldom as can be, which takes longest.

        :param more: further sizes.
        """
        for tone in ("light", "dark"):
            theme.apply(self._app, tone)
            for size in (*self._sizes, *more):
                made.window.resize(*_points(size))
                for key in keys or made.pages:
                    if self._wanted(f"{key}-{stage}"):
                        made.window.show_page(key)
                        wait(self._app, 0.2)
                        self._save(made.window, f"{key}-{stage}-{tone}-{size}", size)

    def dialog(self, dialog: QDialog, name: str) -> None:
        """A dialog, in its own size."""
        if self._wanted(name):
            for tone in ("light", "dark"):
                theme.apply(self._app, tone)
                wait(self._app, 0.15)
                self._save(dialog, f"{name}-{tone}", self._sizes[0])

    def _wanted(self, name: str) -> bool:
        return not self._only or any(word in name for word in self._only)

    def _save(self, widget: QWidget, name: str, size: str) -> None:
        ratio = float(size.partition("@")[2] or 1)
        picture = QPixmap(widget.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        widget.render(picture)
        picture.save(str(self._folder / f"{name}.png"))


def _points(size: str) -> tuple[int, int]:
    width, height = map(int, size.partition("@")[0].split("x"))
    return width, height


def wait(app: QApplication, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the window work for a time, or until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        app.processEvents()
        time.sleep(0.002)


def main() -> None:
    options = _options()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["MAGA_DESK_HOME"] = home = tempfile.mkdtemp()
    app = QApplication(sys.argv[:1])
    made = Composition(SessionStore.open(paths.sessions_file()), runs_folder=Path(home) / "runs")
    made.window.show()
    camera = Camera(app, options.folder, options.size or SIZES, tuple(options.only))
    try:
        camera.pages(made, "empty")
        _work(app, made)
        camera.pages(made, "done")
        _look_closer(app, made, camera)
        made.desk.set_basket(made.desk.basket.add(range(37), ["train/dog/900.png"]))
        camera.pages(made, "mixed")
        _map_out(app, made, camera)
        for name, dialog in dialogs().items():
            dialog.show()
            wait(app, 0.2)
            camera.dialog(dialog, f"dialog-{name}")
            dialog.deleteLater()
    finally:
        made.close()


def _map_out(app: QApplication, made: Composition, camera: Camera) -> None:
    """The Forget page with its map, alone and beside the grid, some pictures selected."""
    page = made.forget
    made.window.show_page("forget")
    page.content.show_view(BOTH)
    wait(app, PATIENCE, lambda: page.map.model.map is not None)
    made.desk.selection.replace(np.arange(20))
    for view, stage in ((MAP, "map-alone"), (BOTH, "map")):
        page.content.show_view(view)
        camera.pages(made, stage, ("forget",), ("1100x700",))
    page.content.show_view(GRID)


def _work(app: QApplication, made: Composition) -> None:
    """What a person would do from page to page."""
    desk = made.desk
    made.start()
    made.open_demo()
    wait(app, PATIENCE, lambda: desk.workspace is not None and bool(desk.installation.methods))
    assert desk.images is not None
    foxes = np.flatnonzero(desk.images.train.kinds == desk.images.kinds.index("fox"))
    made.pages["forget"].step_wanted.emit("add", foxes, How("kind", "fox"))
    made.pages["guide"].bar.propose_requested.emit({"proposer": "classifier"})
    wait(app, PATIENCE, lambda: desk.proposal is not None)
    run = {"intent": "auto", "seed": 0, "device": "cpu", "retrained": str(DEMO_TASKS[0].spec().audit.retrained)}
    page = made.pages["run"]
    page.method_changed.emit(MethodSpec(params=QUICK))
    page.options_changed.emit(run)
    page.start_requested.emit()
    wait(app, PATIENCE, lambda: not desk.runs.busy)
    page.curves.plot.ensure()  # a busy machine may not get to what comes after the first paint
    made.verify.inside.ensure()
    wait(app, 0.5)


def _look_closer(app: QApplication, made: Composition, camera: Camera) -> None:
    """Each view of single pictures on the Verify page."""
    closer = made.verify.closer
    closer.look_wanted.emit()
    wait(app, PATIENCE, lambda: closer.look is not None)
    for part in (closer.scores, closer.features, closer.relearning):
        part.ensure()
    for place, name in enumerate(VIEWS, 1):
        made.verify.views.buttons[place].click()
        if name == "Pictures":
            closer.pictures.table.selectRow(0)
        camera.pages(made, f"closer-{name.lower()}", ["verify"])
    made.verify.views.buttons[0].click()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.ui.render_pages", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", action="append", help=f"e.g. 1280x800; may be given again (default: {SIZES})")
    parser.add_argument("--only", action="append", default=[], help="only pictures whose names hold this word")
    return parser.parse_args()


if __name__ == "__main__":
    main()
