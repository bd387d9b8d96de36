"""Putting the window together: pages, desk, controllers, the one worker thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Event, Message
from maga_desk.domain.installation import Installation
from maga_desk.domain.opinion import NoBook
from maga_desk.domain.places import Places
from maga_desk.domain.settings import THEMES, SettingsFile
from maga_desk.domain.specs.run import RunSpec
from maga_desk.guidance.means import Means
from maga_desk.services.guidance import ask_another, propose, try_endpoint
from maga_desk.services.installation import warm_up
from maga_desk.services.judging.audits import judge
from maga_desk.services.keys import delete_key, endpoint_key, save_key
from maga_desk.services.queue import perform
from maga_desk.services.records.making import make_record
from maga_desk.services.runs import run
from maga_desk.store.sessions import SessionStore
from maga_desk.ui import icons
from maga_desk.ui.actions import Actions
from maga_desk.ui.controllers.again import AgainController
from maga_desk.ui.controllers.basket import BasketController
from maga_desk.ui.controllers.case_transfer import CaseTransferController
from maga_desk.ui.controllers.cases import CaseController
from maga_desk.ui.controllers.compare_runs import CompareRunsController
from maga_desk.ui.controllers.dropping import DropController
from maga_desk.ui.controllers.earlier_runs import EarlierRunsController
from maga_desk.ui.controllers.endpoints import EndpointController
from maga_desk.ui.controllers.export import ExportController
from maga_desk.ui.controllers.forecasts import ForecastController
from maga_desk.ui.controllers.forget import ForgetController
from maga_desk.ui.controllers.frame import Confirm, FrameController, ask_to_stop
from maga_desk.ui.controllers.grid import GridController
from maga_desk.ui.controllers.guide import GuideController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.lists import ListController
from maga_desk.ui.controllers.load import LoadController
from maga_desk.ui.controllers.mapping import MapController
from maga_desk.ui.controllers.originals import OriginalsController
from maga_desk.ui.controllers.palette import PaletteController
from maga_desk.ui.controllers.picture import PictureController
from maga_desk.ui.controllers.presets import PresetController
from maga_desk.ui.controllers.proposer_settings import ProposerSettingsController
from maga_desk.ui.controllers.proposing import ProposingController
from maga_desk.ui.controllers.queries import QueryController
from maga_desk.ui.controllers.queue import QueueController
from maga_desk.ui.controllers.record import RecordController
from maga_desk.ui.controllers.run import RunController
from maga_desk.ui.controllers.sessions import SessionsController
from maga_desk.ui.controllers.verify import VerifyController
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import MEMORY
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.page_table import PAGES
from maga_desk.ui.pages.export import ExportPage
from maga_desk.ui.pages.forget import ForgetPage
from maga_desk.ui.pages.guide import GuidePage
from maga_desk.ui.pages.load import LoadPage
from maga_desk.ui.pages.run import RunPage
from maga_desk.ui.pages.verify import VerifyPage
from maga_desk.ui.widgets.basic.page import Page
from maga_desk.ui.workers.job_thread import JobThread

log = logging.getLogger(__name__)
P = TypeVar("P", bound=Page)


def _nothing(_: RunControl) -> Iterator[Event]:
    """A job that does nothing."""
    yield from ()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Qt's loop as asyncio sees it (qasync's), ``None`` where none runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Composition(QObject):
    """The window with everything behind it; :meth:`start` brings the engine in, :meth:`close` ends it safely."""

    def __init__(
        self,
        store: SessionStore | None,
        settings: SettingsFile | None = None,
        *,
        runs_folder: Path | None = None,
        confirm: Confirm = ask_to_stop,
    ) -> None:
        super().__init__()
        self.settings = settings or SettingsFile()
        self._store = store
        self._loop = _running_loop()
        self.desk = Desk(self)
        self.thread_of_jobs = JobThread(self)
        self.jobs = Jobs(self.thread_of_jobs, self)
        self.thread_of_glances = JobThread(self)  # for what takes a moment, so that it waits for no run
        self.glances = Jobs(self.thread_of_glances, self)
        self.thread_beside = JobThread(self)  # waits for processes that work beside everything else
        self.beside = Jobs(self.thread_beside, self)
        self.pages = {info.key: info.page() for info in PAGES}
        # each page under its name; controllers have other names
        self.load, self.forget, self.guide = self._page(LoadPage), self._page(ForgetPage), self._page(GuidePage)
        self.run, self.verify, self.export = self._page(RunPage), self._page(VerifyPage), self._page(ExportPage)
        self.actions = Actions(self.desk, self)
        self.window = MainWindow(PAGES, self.pages, self.actions, places=Places(self.settings))
        say = self.window.notify
        self._opening = LoadController(self.load, self.desk, self.jobs, settings=self.settings)
        ForgetController(self.forget, self.desk, self.jobs)
        lists = ListController(self.forget, self.desk, self.glances)
        BasketController(self.forget, self.desk, self.jobs, self.glances)
        self._grid = GridController(self.forget, self.desk, self.settings)
        MapController(self.forget, self.desk, self.jobs, self.beside)
        self._queries = QueryController(self.forget, self.settings)
        guide = GuideController(self.guide, self.desk, store, say)
        endpoints = EndpointController(
            self.jobs,
            self.settings,
            say,
            test_service=lambda where, model, control: try_endpoint(where, model, control, self._means()),
            save_key=save_key,
            delete_key=delete_key,
            parent=self,
        )
        ProposerSettingsController(self.guide, self.desk, endpoints)
        ProposingController(
            self.guide,
            self.desk,
            self.jobs,
            say,
            guide.take,
            endpoints,
            propose_service=lambda erasure, control: propose(erasure, control, self._means()),
            compare_service=lambda erasure, control: ask_another(erasure, control, self._means()),
        )
        running = RunController(
            self.run,
            self.desk,
            self.jobs,
            store,
            self.settings,
            say,
            lambda spec, control, **how: run(spec, control, means=self._means(), **how),
            runs_folder,
        )
        ForecastController(self.run, self.desk, self.jobs, say, running.first)
        EarlierRunsController(self.run, self.desk, store, say)
        self._queue = QueueController(
            self.run,
            self.desk,
            self.jobs,
            store,
            self.settings,
            say,
            running.launcher,
            running.asked,
            lambda book, entry, control, **how: perform(book, entry, control, means=self._means(), **how),
        )
        self._presets = PresetController(self.run, self.desk, store, say)
        self._again = AgainController(self.window, self.desk, self._queue, running.new_folder, say)
        workers = self.jobs, self.glances, self.beside
        self.sessions = SessionsController(
            self.window, self.load, self.desk, self._opening, store, say, workers, self._return_memory
        )
        VerifyController(
            self.verify,
            self.desk,
            self.jobs,
            store,
            say,
            self.sessions.show_run,
            judge_service=lambda erasure, path, control: judge(erasure, path, control, self._means()),
        )
        self.pictures = PictureController(
            self.forget, self.desk, self.jobs, self.glances, store, lambda: self.verify.closer.look
        )
        OriginalsController(self.verify.closer.panel, self.glances)
        ExportController(self.export, self.desk, self.jobs, store, self._forget_more)
        RecordController(
            self.export,
            self.desk,
            self.jobs,
            record_service=lambda folder, wish, control: make_record(folder, wish, control, store),
        )
        self.comparing = CompareRunsController(self.verify, self.desk, store, say)
        self.verify.compare_requested.connect(self.comparing.open)
        self.cases = CaseController(self.window, self.export, self.desk, self.jobs, store, say)
        for gone in (self.sessions.erased, self.cases.purged):
            gone.connect(self._queries.forget_asked)
        self.transfer = CaseTransferController(self.window, self.jobs, store, say)
        self.cases.export_requested.connect(self.transfer.ask_export)
        self.cases.import_requested.connect(self.transfer.ask_import)
        self.transfer.arrived.connect(self.sessions.show_recent)
        self.dropping = DropController(self.window, self.load, self.desk, lists, self.sessions, say)
        self._frame = FrameController(self.window, self.actions, self.desk, self.jobs, self.settings, confirm)
        self.glances.broken.connect(self._frame.tell_fault)
        self.beside.broken.connect(self._frame.tell_fault)
        self.run.figures_requested.connect(partial(self.window.show_page, "verify"))
        self._palette = PaletteController(
            self.window, self.actions, self.desk, lambda: self.sessions.recent, self.sessions.reopen
        )
        self._bind_actions()

    def _page(self, kind: type[P]) -> P:
        """The page of a class."""
        return next(page for page in self.pages.values() if isinstance(page, kind))

    def _bind_actions(self) -> None:
        """What each entry of the table of actions does."""
        window, sessions, frame = self.window, self.sessions, self._frame
        self.actions.bind(
            {
                "new-session": sessions.begin_new,
                "open-spec": sessions.ask_open_spec,
                "save-spec": sessions.ask_save_spec,
                "rename-session": sessions.ask_name,
                "case": self.cases.open,
                "import-case": self.transfer.ask_import,
                "compare-runs": self.comparing.open,
                "quit": window.close,
                "settings": frame.show_settings,
                "start": self._start_run,
                "queue-add": self._add_run,
                "again": self._again.ask,
                "save-preset": self._presets.ask_save,
                "palette": self._palette.open,
                "help": frame.show_help_on_page,
                "documentation": frame.show_help,
                "copy": frame.copy,
                "select-all": frame.select_all,
                "about": frame.show_about,
                **{f"page-{info.key}": partial(window.show_page, info.key) for info in PAGES},
                **{f"theme-{name}": partial(frame.choose_theme, name) for name in THEMES},
            }
        )

    @Slot()
    def _start_run(self) -> None:
        self.window.show_page("run")
        self.run.start_button.click()

    @Slot()
    def _add_run(self) -> None:
        self.window.show_page("run")
        self.run.add_button.click()

    def _means(self) -> Means:
        """What a job that questions models needs; called in the worker's thread, when the job begins."""
        book = self._store if self._store is not None else NoBook()
        return Means(book, endpoint_key, frozenset(self.settings.values.endpoints.agreed), self._loop)

    def start(self) -> None:
        """Bring in icons, worker thread and engine, in this order; call it once the window is on the screen."""
        icons.bring_in()
        if not self.thread_of_jobs.isRunning():
            self.thread_of_glances.start()
            self.thread_beside.start()
            self.thread_of_jobs.start()
            self.jobs.start(
                "engine", warm_up, self._on_engine_events, self._on_engine_failed, on_result=self._take_installation
            )

    def _return_memory(self) -> None:
        """Give free memory back to the system while the window goes on: the thread does so after every job."""
        self.glances.start(MEMORY, _nothing, lambda _: None, lambda _: None)

    def open_demo(self) -> None:
        """Open the demo world."""
        self._opening.open_demo()

    def open_spec(self, path: str) -> None:
        """Open what a TOML file says."""
        self.sessions.open_spec(path)

    def _forget_more(self, spec: RunSpec, checkpoint: str) -> None:
        """Open a run's result and show where the next request is marked."""
        self._opening.open_result(spec, checkpoint)
        self.window.show_page("load" if self.desk.runs.busy else "forget")

    def close(self) -> None:
        """Cancel what runs (it leaves what it needs to go on), wait for the thread, write the session down."""
        self.sessions.save()
        self._grid.save()
        self.thread_of_glances.close()
        self.thread_beside.close()
        self.thread_of_jobs.close()
        self._queue.close()
        if self._store is not None:
            try:
                self._store.close()
            except StoreError:
                log.exception("the session database could not be closed")

    def _on_engine_events(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Message):
                self.window.notify(event.text, event.level)

    def _take_installation(self, installation: Installation) -> None:
        self.desk.set_engine(installation)

    def _on_engine_failed(self, text: str) -> None:
        self.window.notify(f"The engine could not be started. {text}", "error")
