"""Pictures of every page and dialog, to be looked at: ``python -m tests.ui.render_pages FOLDER``.

Opens the demo world in a window without a screen, marks a class, proposes labels, runs, and saves what each page looks
like before and after, light and dark. Sizes are in points; ``--scale 2`` gives every point four pixels.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from maga_desk.domain import paths
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui import theme
from maga_desk.ui.composition import Composition
from tests.ui.staging import dialogs

SIZES = ("1280x800", "1920x1080")
QUICK = {"passes": 1.0, "least_steps": 1, "noise_steps": 5}
PATIENCE = 600.0


class Camera:
    """Saves widgets under the folder, in both themes.

    :param only: words of which one must be in a picture's name; empty for all.
    """

    def __init__(self, app: QApplication, folder: Path, suffix: str, only: tuple[str, ...]) -> None:
        self._app, self._folder, self._suffix, self._only = app, folder, suffix, only
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, widget: QWidget, name: str) -> None:
        if self._only and not any(word in name for word in self._only):
            return
        for tone in ("light", "dark"):
            theme.apply(self._app, tone)
            wait(self._app, 0.15)
            widget.grab().save(str(self._folder / f"{name}-{tone}{self._suffix}.png"))


def wait(app: QApplication, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the window work for a time, or until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        app.processEvents()
        time.sleep(0.002)


def main() -> None:
    options = _options()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = str(options.scale)
    os.environ["MAGA_DESK_HOME"] = home = tempfile.mkdtemp()
    app = QApplication(sys.argv[:1])
    made = Composition(SessionStore.open(paths.sessions_file()), runs_folder=Path(home) / "runs")
    made.window.show()
    cameras = {}
    for size in options.size or SIZES:
        suffix = f"-{size}" + (f"@{options.scale}" if options.scale != 1 else "")
        cameras[size] = Camera(app, options.folder, suffix, tuple(options.only))

    def pages(stage: str) -> None:
        for size, camera in cameras.items():
            width, height = map(int, size.split("x"))
            made.window.resize(width, height)
            for key in made.pages:
                made.window.show_page(key)
                wait(app, 0.1)
                camera.take(made.window, f"{key}-{stage}")

    try:
        pages("empty")
        _work(app, made)
        pages("done")
        made.desk.set_basket(made.desk.basket.add(range(37), ["train/dog/900.png"]))
        pages("mixed")
        _dialogs(app, next(iter(cameras.values())))
    finally:
        made.close()


def _work(app: QApplication, made: Composition) -> None:
    """What a person would do from page to page."""
    desk = made.desk
    made.start()
    made.open_demo()
    wait(app, PATIENCE, lambda: desk.workspace is not None and bool(desk.installation.methods))
    made.pages["forget"].class_toggled.emit("fox", True)
    made.pages["guide"].bar.propose_requested.emit({"proposer": "classifier"})
    wait(app, PATIENCE, lambda: desk.proposal is not None)
    run = {"intent": "auto", "seed": 0, "device": "cpu", "retrained": None}
    page = made.pages["run"]
    page.method_changed.emit(MethodSpec(params=QUICK))
    page.options_changed.emit(run)
    page.start_requested.emit()
    wait(app, PATIENCE, lambda: not desk.runs.busy)
    wait(app, 0.5)


def _dialogs(app: QApplication, camera: Camera) -> None:
    for name, dialog in dialogs().items():
        dialog.show()
        wait(app, 0.2)
        camera.take(dialog, f"dialog-{name}")
        dialog.deleteLater()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.ui.render_pages", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", action="append", help=f"e.g. 1280x800; may be given again (default: {SIZES})")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--only", action="append", default=[], help="only pictures whose names hold this word")
    return parser.parse_args()


if __name__ == "__main__":
    main()
