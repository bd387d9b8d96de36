"""Sessions: keeping what is on the desk, offering the recent ones, bringing one back; specs from and to files."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from maga_desk.domain.errors import UserError
from maga_desk.domain.files import write_text
from maga_desk.domain.memory import give_back
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.sessions import SessionInfo, SessionRecord
from maga_desk.domain.specs.run import read_spec
from maga_desk.services.guidance import relabel
from maga_desk.services.purging import delete_session
from maga_desk.services.titles import session_title
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Asking, Say
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.load import RUN_GOES_ON, LoadController
from maga_desk.ui.controllers.planned_runs import view_of
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.job_view import OF_PICTURES
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.pages.load import LoadPage
from maga_desk.ui.runs import RunView
from maga_desk.ui.widgets.basic.file_dialogs import ask_file, ask_target

log = logging.getLogger(__name__)

_SPEC_FILES = "Run specifications (*.toml);;All files (*)"
SAVE_AFTER_MS = 400  # a person's marks come in bursts; one write serves them all


class SessionsController(QObject):
    """Connects the store with the desk, the Load page's list and the window's menus.

    Signal: ``erased()``: a session is gone, with all that it held.
    """

    erased = Signal()

    def __init__(
        self,
        window: MainWindow,
        page: LoadPage,
        desk: Desk,
        load: LoadController,
        store: SessionStore | None,
        say: Say,
        jobs: Sequence[Jobs] = (),
        return_memory: Callable[[], None] = give_back,
    ) -> None:
        """:param return_memory: gives what is free back to the system; the window need not wait for it."""
        super().__init__(window)
        self._jobs = jobs
        self._window, self._page, self._desk, self._load = window, page, desk, load
        self._return_memory = return_memory
        self._store, self._say, self._ask = store, say, Asking(store, say)
        self._bringing_back: int | None = None  # the session whose proposal is to come back with its marks
        self.recent: Sequence[SessionInfo] = ()
        self._name = ""  # what a person calls the open session
        self._left_on: str | None = None  # the page to return to, once the session that is brought back is open
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        page.session_chosen.connect(self.reopen)
        page.session_deleted.connect(self._delete)
        page.rename_asked.connect(self._ask_name_of)
        window.session_chosen.connect(self.reopen)
        window.page_chosen.connect(self._note_page)
        desk.workspace_changed.connect(self._on_workspace)
        desk.forget_changed.connect(self._bring_proposal_back)
        desk.spec_changed.connect(self._save_soon)
        desk.runs.state_changed.connect(self._on_run_state)
        self.show_recent()

    @Slot()
    def show_recent(self) -> None:
        """List the recent sessions on the Load page and in the menu."""
        self.recent = self._ask(lambda store: store.recent(12)) or []
        self._page.show_recent(self.recent)
        self._window.show_recent(self.recent)

    @Slot(int)
    def reopen(self, session_id: int) -> None:
        """Show a session as it was left, and open its model and pictures again."""
        record = self._ask(lambda store: store.session(session_id))
        if record is None or self._busy():
            return
        self.save()
        self._load.cancel()
        desk = self._desk
        self._empty_desk()
        desk.set_card(record.card)
        self._name = record.name
        desk.set_session(session_id, record.called)
        self._window.show_page("load")  # which tells how opening goes
        self._list_runs()
        if desk.runs.recorded:
            self.show_run(desk.runs.recorded[0].id)
        desk.set_spec(record.spec)
        self._bringing_back = session_id
        self._left_on = record.page or _furthest(record, bool(desk.runs.recorded))
        self._load.open(record.spec, session_id, record.card)

    def show_run(self, run_id: int) -> None:
        """Show a run of the session: one that goes on as it is, an earlier one as it was."""
        runs = self._desk.runs
        if run_id == runs.shown.run_id:
            return
        here = runs.find(run_id)
        if here is not None:
            runs.show(here)
            return
        record = self._ask(lambda store: store.run(run_id))
        if record is not None:
            runs.show(view_of(record))

    @Slot()
    def save(self) -> None:
        """Write the desk's spec to its session."""
        desk = self._desk
        self._timer.stop()
        if desk.session_id is None or desk.workspace is None:
            return
        number, title = desk.session_id, session_title(desk.spec)
        self._ask(lambda store: store.update_session(number, spec=desk.spec, title=title))
        if not self._name and title != desk.session_title:
            desk.set_session(number, title)
            self.show_recent()

    @Slot()
    def _save_soon(self) -> None:
        if self._desk.session_id is not None:
            self._timer.start()

    @Slot()
    def _on_workspace(self) -> None:
        """A model was opened: it begins a session, unless one is being brought back."""
        desk = self._desk
        if desk.workspace is None:
            return
        back = self._load.session
        if back is not None and back == desk.session_id:
            self._return(back)
            if self._load.kept is None or not self._load.kept.fingerprint:  # kept by version 0.1.0
                self._ask(lambda store: store.update_session(back, card=desk.card))
            return
        title = session_title(desk.spec)
        number = self._ask(lambda store: store.create_session(title, desk.spec, desk.card))
        desk.runs.show(RunView())
        desk.runs.set_recorded(())
        self._name = ""
        desk.set_session(number, title)
        self.show_recent()

    def _return(self, session_id: int) -> None:
        """Go back to the page on which the session was left, unless the person has gone elsewhere meanwhile."""
        page, self._left_on = self._left_on, None
        if page is not None and session_id == self._bringing_back:
            self._window.show_page(page)

    @Slot(str)
    def _note_page(self, key: str) -> None:
        """The page on which the open session was left last."""
        number = self._desk.session_id
        if number is None:
            return
        if self._desk.workspace is not None:
            self._ask(lambda store: store.update_session(number, page=key))
        elif key != "load":
            self._left_on = None

    @Slot()
    def ask_name(self) -> None:
        """Ask what the open session is to be called."""
        if self._desk.session_id is not None:
            self._ask_name_of(self._desk.session_id)

    @Slot(int)
    def _ask_name_of(self, session_id: int) -> None:
        info = next((each for each in self._ask(lambda store: store.recent(1000)) or [] if each.id == session_id), None)
        if info is not None:
            dialog = NameDialog(session_id, info.name, info.title, self._window)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.named.connect(self.rename)
            dialog.open()

    @Slot(int, str)
    def rename(self, session_id: int, name: str) -> None:
        """Call a session by a person's name; an empty one gives it the program's again."""
        self._ask(lambda store: store.update_session(session_id, name=name))
        if session_id == self._desk.session_id:
            self._name = name
            self._desk.set_session(session_id, name or session_title(self._desk.spec))
        self.show_recent()

    @Slot()
    def _bring_proposal_back(self) -> None:
        """A reopened session's marks are there: what was proposed for the very same pictures comes back."""
        desk, session = self._desk, self._bringing_back
        if session is None or desk.forget is None or desk.images is None:
            return
        self._bringing_back = None
        if session != desk.session_id:
            return
        stored = self._ask(lambda store: store.proposal(session))
        if stored is None or stored.classes != desk.images.classes:
            return
        marked = desk.images.train.take(desk.forget.indices).names
        if stored.proposal.names != marked or not np.array_equal(stored.proposal.indices, desk.forget.indices):
            return
        try:
            proposal = relabel(stored.proposal, desk.spec, desk.forget)
        except UserError:
            log.exception("the stored proposal of session %d does not fit its spec", session)
            return
        agreed = set(desk.spec.guidance.accepted)
        changed_at = {
            label.picture: label.at for label in stored.labels if label.source == "user" or label.picture in agreed
        }
        desk.set_proposal(proposal, stored.proposed_at, changed_at)

    @Slot(object)
    def _on_run_state(self, run: RunView) -> None:
        """A run that begins or ends is another line in the lists of runs and of sessions."""
        if run.state not in ("paused", "stopping"):
            self._list_runs()
            self.show_recent()

    def _list_runs(self) -> None:
        session = self._desk.session_id
        if session is not None:
            self._desk.runs.set_recorded(self._ask(lambda store: store.runs(session)) or ())

    @Slot(int)
    def _delete(self, session_id: int) -> None:
        """Erase a session. Its pictures are closed and what reads them is stopped first: nothing keeps more of them."""
        if session_id == self._desk.session_id:
            if not self._ask(lambda store: store.is_idle(session_id)):
                return
            self._load.cancel()
            self._name = ""
            self._empty_desk()
            for jobs in self._jobs:
                for purpose in OF_PICTURES:
                    jobs.stop(purpose)
        folders = self._ask(lambda store: delete_session(store, self._window.places, session_id))
        if folders is not None:
            self.erased.emit()
        if folders:
            self._say(f"Erased. Its runs' folders are still there: {', '.join(map(str, folders))}", "info")
        self.show_recent()

    @Slot()
    def begin_new(self) -> None:
        """Clear the desk, after the open session was kept."""
        if self._busy():
            return
        self.save()
        self._load.cancel()
        self._name = ""
        self._empty_desk()
        self._window.show_page("load")
        self.show_recent()

    @Slot()
    def ask_open_spec(self) -> None:
        """Ask for a TOML file and begin a session from it."""
        path = ask_file(self._window, "spec", "Open a run specification", _SPEC_FILES)
        if path:
            self.open_spec(path)

    @Slot()
    def ask_save_spec(self) -> None:
        """Ask for a file and write the spec there."""
        path, _ = ask_target(self._window, "spec", "Save the run specification", "spec.toml", _SPEC_FILES)
        if path:
            self.save_spec(path)

    @Slot(str)
    def open_spec(self, path: str) -> None:
        """Begin a session from a TOML file."""
        try:
            spec = read_spec(path)
        except UserError as error:
            self._say(str(error), "error")
            return
        self._window.show_page("load")
        self._load.open(spec)

    def save_spec(self, path: str) -> None:
        """Write the desk's spec as TOML."""
        try:
            check_file(path, inputs_of(self._desk.spec), force=True)  # the dialog has asked about an earlier file
            write_text(Path(path), self._desk.spec.to_toml())
        except UserError as error:
            self._say(str(error), "error")
            return
        self._say(f"Saved {path}", "info")

    def _empty_desk(self) -> None:
        """Clear the desk, and give the memory of pictures and nets back to the system.

        Unused objects are looked for here, since some are Qt's and belong to this thread: few, as the program's own
        are left out of it (:func:`~maga_desk.domain.memory.look_past_what_stays`).
        """
        self._desk.clear()
        gc.collect()
        self._return_memory()

    def _busy(self) -> bool:
        """Whether a run is going on; then the person is told."""
        if self._desk.runs.busy:
            self._say(RUN_GOES_ON, "warning")
        return self._desk.runs.busy


def _furthest(record: SessionRecord, has_runs: bool) -> str:
    """The page on which to go on with a session that does not say where it was left."""
    return "verify" if has_runs else "load" if record.spec.forget.is_empty else "forget"
