"""Starting the window: application, settings, theme, sessions, the event loop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from maga_desk import __version__
from maga_desk.domain import paths
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.log import ready_log
from maga_desk.domain.memory import look_past_what_stays
from maga_desk.domain.settings import Settings, SettingsFile
from maga_desk.store.sessions import SessionStore
from maga_desk.ui import theme
from maga_desk.ui.composition import Composition

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Show the window until it is closed; the exit status.

    :param argv: ``--demo`` opens the demo world, ``--spec FILE`` a spec, ``--out DIR`` takes the runs' folders.
    """
    options = _options(argv)
    logging.basicConfig(filename=_log(), level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    app = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(app, QApplication)
    app.setApplicationName("MaGA Desk")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("maga-desk")
    app.setWindowIcon(QIcon(str(paths.resources_dir() / "icons" / "maga-desk.svg")))
    app.setQuitOnLastWindowClosed(False)  # the loop below ends when the window is closed and all is safe
    return run_loop(_until_closed(app, options))


def _log() -> Path | None:
    """The log's file; where none can be written, warnings go to stderr and the window opens all the same."""
    try:
        return ready_log()
    except (OSError, UserError):
        return None


def run_loop(work: object) -> int:
    """Run a coroutine on Qt's event loop through qasync."""
    import qasync

    if sys.version_info >= (3, 12):
        return int(asyncio.run(work, loop_factory=qasync.QEventLoop))  # type: ignore[arg-type]
    return int(qasync.run(work))


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="maga-desk")
    parser.add_argument("--demo", action="store_true", help="open the demo world")
    parser.add_argument("--spec", help="open a TOML spec")
    parser.add_argument("--out", type=Path, help="folder for the runs")
    return parser.parse_args([] if argv is None else list(argv))


async def _until_closed(app: QApplication, options: argparse.Namespace) -> int:
    settings = SettingsFile()
    theme.apply(app, settings.values.appearance.theme)
    settings.on_change(lambda: theme.apply(app, settings.values.appearance.theme))
    store, fault = _open_store()
    composition = Composition(store, settings, runs_folder=options.out)
    window = composition.window
    _report_faults_in(composition)
    window.restore_geometry_text(settings.values.window.geometry)
    window.restore_splits(settings.values.window.splits)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    window.show()
    for text in (settings.notice, fault):
        if text:
            window.notify(text, "warning")
    composition.desk.engine_ready.connect(look_past_what_stays)
    QTimer.singleShot(0, composition.start)  # the first paint comes first; torch comes after
    if options.spec:
        composition.open_spec(options.spec)
    elif options.demo:
        composition.open_demo()
    await closed.wait()
    composition.close()
    _change(settings, lambda now: now.having("window", geometry=window.geometry_text(), splits=window.splits()))
    window.deleteLater()
    return 0


def _change(settings: SettingsFile, edit: Callable[[Settings], Settings]) -> None:
    try:
        settings.change(edit)
    except UserError:
        log.exception("the settings could not be saved")


def _open_store() -> tuple[SessionStore | None, str | None]:
    """The session database; without one the program works on, and says so."""
    try:
        return SessionStore.open(paths.sessions_file()), None
    except StoreError as error:
        return None, f"Sessions are not kept: {error}"


def _report_faults_in(composition: Composition) -> None:
    """Faults of ours go to the log file, and the window says so in one line."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("unexpected fault", exc_info=(kind, error, trace))
        if not issubclass(kind, KeyboardInterrupt):
            composition.window.notify("Something went wrong on our side; the log file has the details.", "error")

    sys.excepthook = report
