"""The window, driven by itself: it opens the newest session and does one thing with it, as a person would.

run                  start a run of what the session says
continue             go on with its newest run
export FORMAT PATH   export the result that is shown, replacing what is there
purge ID             delete a session
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from maga_desk.domain import paths
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.replace import ReplaceDialog

_PATIENCE = 240.0  # seconds


def drive(argv: list[str]) -> int:
    """Do it and close the window; 0: it was done."""
    app = QApplication([])
    made = Composition(SessionStore.open(paths.sessions_file()), confirm=lambda *_: True)
    made.window.show()
    made.start()

    def until(what: str, condition: Callable[[], object]) -> None:
        end = time.monotonic() + _PATIENCE
        while not condition():
            app.processEvents()
            time.sleep(0.002)
            if time.monotonic() > end:
                raise TimeoutError(what)

    until("engine", lambda: made.desk.installation.methods)
    act, *more = argv
    if act == "purge":
        made.load.session_deleted.emit(int(more[0]))
        gone = all(info.id != int(more[0]) for info in made.sessions.recent)
    else:
        made.sessions.reopen(made.sessions.recent[0].id)
        until("workspace", lambda: made.desk.workspace is not None and made.load.open_button.isEnabled())
        gone = _act(made, act, more, until)
    made.close()
    made.window.close()
    return 0 if gone else 4


def _act(made: Composition, act: str, more: list[str], until: Callable[[str, Callable[[], object]], None]) -> bool:
    runs = made.desk.runs
    if act == "export":
        made.window.show_page("export")
        made.export.export_requested.emit(more[0], str(Path(more[1])), "float32")
        asked = made.export.findChildren(ReplaceDialog)
        if asked:
            asked[-1].replace_button.click()
        until("export", lambda: made.export.result.text())
        return more[1] in runs.shown.exports
    made.window.show_page("run")
    (made.run.start_requested if act == "run" else made.run.continue_requested).emit()
    until("run", lambda: runs.shown.going_on)
    until("end", lambda: not runs.busy)
    if runs.shown.state != "finished":
        print([message.text for message in runs.shown.messages][-3:], file=sys.stderr)
    return runs.shown.state == "finished"
