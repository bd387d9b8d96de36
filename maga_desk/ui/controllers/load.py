"""Load page: opening a model with its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.class_order import OrderError
from maga_desk.domain.control import RunControl
from maga_desk.domain.demo import DEMO_TASKS, demo_task
from maga_desk.domain.errors import CodeError, NamesError, UserError
from maga_desk.domain.events import Event, Forecast, WorkspaceCard
from maga_desk.domain.files import write_text
from maga_desk.domain.model_facts import InputFacts
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.sessions import changed_since
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.services.installation import sources
from maga_desk.services.marked import MarkedWorkspace, marking, open_marked
from maga_desk.services.workspace import Workspace
from maga_desk.ui.controllers.job_lines import JobLineController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.names import NotFoundAsking
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.class_order import ClassOrderDialog
from maga_desk.ui.dialogs.code import CodeDialog
from maga_desk.ui.dialogs.listing import ListingDialog
from maga_desk.ui.job_view import OPEN, JobView
from maga_desk.ui.pages.load import LoadPage

Open = Callable[[RunSpec, RunControl], Iterator[Event]]
RUN_GOES_ON = "A run is going on. Cancel it on the Run page, or let it finish first."


class LoadController(QObject):
    """Connects the Load page, the desk and the opening of workspaces."""

    def __init__(
        self,
        page: LoadPage,
        desk: Desk,
        jobs: Jobs,
        open_service: Open = open_marked,
        settings: SettingsFile | None = None,
    ) -> None:
        super().__init__(page)
        self._settings = settings or SettingsFile()
        self._code_asked: CodeDialog | None = None
        self._page, self._desk, self._jobs, self._open = page, desk, jobs, open_service
        self._wanted = desk.spec
        self._asking = NotFoundAsking(page, lambda: inputs_of(self._wanted), page.show_error)
        self._order: OrderError | None = None
        self._saved = ""  # what the shown listing is when it is saved
        self.session: int | None = None  # the session for which the last opening was asked, if it brings one back
        self.kept: WorkspaceCard | None = None  # what that session was kept with
        page.demo_requested.connect(self.open_demo)
        page.open_requested.connect(self._open_given)
        page.show_sources(sources(ours=True))
        JobLineController(page.progress, jobs, [OPEN])
        jobs.changed.connect(self._show_busy)
        desk.engine_ready.connect(self._show_engine)
        desk.card_changed.connect(self._show_card)
        desk.spec_changed.connect(self._show_allowed)
        page.card.reading_confirmed.connect(self._confirm_reading)
        page.card.chance_allowed.connect(self._allow_chance)
        page.card.listing_requested.connect(self._list)

    @Slot(str)
    def open_demo(self, task: str = DEMO_TASKS[0].task) -> None:
        """Open the demo world with one of its tasks marked, ready to start."""
        desk = self._desk.spec
        self.open(demo_task(task).spec().with_changes("", device=desk.device, precision=desk.precision))

    @Slot(object)
    def _open_given(self, given: dict[str, Any]) -> None:
        try:
            spec = parse_spec({**given, "seed": self._desk.spec.seed})
        except UserError as error:
            self._page.show_error(str(error))
            return
        self.open(spec)

    def open(self, spec: RunSpec, session: int | None = None, kept: WorkspaceCard | None = None) -> None:
        """Open what a spec names, with its forget set marked. What is open stays until the new one is there.

        :param session: the stored session that is brought back; otherwise a new one begins.
        :param kept: what that session was kept with. When pictures or checkpoint have changed since, they are not put
            on the desk: the session stays as it was, and a new one begins only when the person presses Open.
        """
        if self._desk.runs.busy:
            self._page.show_error(RUN_GOES_ON)
            return
        self._page.show_error(None)
        self._page.show_spec(spec)
        self._wanted, self.session, self.kept = spec, session, kept
        self._jobs.start(
            OPEN,
            self._work(spec),
            self._on_events,
            self._page.show_error,
            on_result=self._take,
            on_refused=self._refused,
        )

    def _refused(self, error: UserError) -> None:
        """It cannot be opened; where only names are lacking, the person may go on without them."""
        if isinstance(error, CodeError):
            self._ask_code(error)
        elif isinstance(error, NamesError):
            wanted, session, kept = self._wanted.with_changes("forget", allow_missing=True), self.session, self.kept
            self._ask_names(error, "Open without them", lambda: self.open(wanted, session, kept))
        elif isinstance(error, OrderError):
            self._page.show_error(str(error))
            self._ask_order(error)
        else:
            self._page.show_error(str(error))

    def _ask_code(self, error: CodeError) -> None:
        """Nothing of the file has run; where the person agrees that it does, it is opened once more."""
        self._page.show_error("Nothing was opened: the Python file that builds the model did not run.")
        dialog = CodeDialog(error.file, error.sha256, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._code_asked = dialog
        dialog.finished.connect(self._code_answered)
        dialog.open()

    @Slot()
    def _code_answered(self) -> None:
        dialog, self._code_asked = self._code_asked, None
        if dialog is None or not dialog.agreed():
            return
        try:
            self._settings.change(lambda now: now.with_code(dialog.sha256, dialog.file))
        except UserError as error:
            self._page.show_error(str(error))
            return
        self.open(self._wanted, self.session, self.kept)

    def _ask_names(self, error: NamesError, go_on: str, yes: Callable[[], None]) -> None:
        where = f"{error.where}: " if error.where else ""
        then = "What is not among the pictures counts as deleted, and the record of the run says so."
        self._asking.ask(f"{where}{error.what}.", error.names, error.names, go_on, then, yes)

    def _ask_order(self, error: OrderError) -> None:
        self._order = error
        dialog = ClassOrderDialog(error.order, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self._take_order)
        dialog.open()

    @Slot()
    def _take_order(self) -> None:
        if self._order is not None:
            self.open(self._wanted.with_changes("model", **self._order.said), self.session, self.kept)

    @Slot()
    def _confirm_reading(self) -> None:
        """Say in the spec what was found by trial, and open it so."""
        card = self._desk.card
        if card is not None and card.model is not None:
            self.open(confirmed(self._desk.spec, card.model.reads))

    @Slot(bool)
    def _allow_chance(self, on: bool) -> None:
        self._desk.set_spec(self._desk.spec.with_changes("model", allow_chance=on))

    @Slot()
    def _show_allowed(self) -> None:
        self._page.card.show_allowed(self._desk.spec.model.allow_chance)

    @Slot(str)
    def _list(self, what: str) -> None:
        """Show the files that were used and not used, or what was tried."""
        card = self._desk.card
        if card is None:
            return
        if what == "files":
            self._saved = card.found.table()
            listing = ("Files", card.found.lines(), "not-used.csv", "Tables (*.csv)")
        elif card.model is not None:
            lines = [
                f"{each.accuracy:.1f} %  {each.pixels}; {each.frame}; {each.form}" for each in card.model.reads.tried
            ]
            self._saved = "\n".join([*lines, ""])
            listing = ("What was tried", iter(lines), "tried.txt", "Text files (*.txt)")
        dialog = ListingDialog(*listing, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_requested.connect(self._save_listing)
        dialog.open()

    @Slot(str)
    def _save_listing(self, path: str) -> None:
        try:
            check_file(path, inputs_of(self._desk.spec), force=True)  # the dialog has asked about an earlier file
            write_text(Path(path), self._saved)
        except UserError as error:
            self._page.show_error(str(error))

    def open_result(self, spec: RunSpec, checkpoint: str) -> None:
        """Open what a run made, to forget more: what it forgot stays forgotten (``forgotten.txt`` beside it)."""
        fresh = RunSpec()
        given = spec.model_dump(exclude={"method"})  # the next request may be of another kind
        given["model"].update(checkpoint=checkpoint, forgotten=None)
        given["guidance"].update(matrix_edits=(), label_edits={})
        given.update(forget=fresh.forget.model_dump(), output=fresh.output.model_dump())
        given["audit"]["retrained"] = spec.audit.retrained if spec.audit.retrained == "make" else None
        self._open_given(given)

    def cancel(self) -> None:
        """Stop opening, if something is being opened."""
        self._jobs.cancel(OPEN)

    def _work(self, spec: RunSpec) -> Callable[[RunControl], Iterator[Event]]:
        return lambda control: self._open(spec, control)

    def _on_events(self, batch: list[Event]) -> None:
        """What is forecast. Progress is shown by the jobs' own signal; the result comes when the job ends."""
        for event in batch:
            if isinstance(event, Forecast):
                self._page.progress.tell(event.briefly(), event.text())

    def _take(self, opened: MarkedWorkspace) -> None:
        desk, spec, workspace = self._desk, self._wanted, opened.workspace
        if changed := self.kept and changed_since(self.kept, workspace.card):
            self._page.show_error(
                f"The {' and the '.join(changed)} {'have' if changed[-1] == 'pictures' else 'has'} changed since this "
                "session was saved. It is shown as it was; press Open to begin a new one with what is there now."
            )
            return
        desk.recall_choice(chosen="method" in spec.model_fields_set)
        self._page.remember(spec)
        desk.set_spec(spec)
        desk.set_workspace(workspace, workspace.card, workspace.images, workspace.earlier)
        self._mark(opened)

    def _mark(self, opened: MarkedWorkspace) -> None:
        """Mark what the spec names."""
        workspace, error = opened.workspace, opened.refused
        if workspace is not self._desk.workspace:
            return
        if isinstance(error, NamesError):
            self._ask_names(error, "Mark the others", lambda: self._mark_others(workspace))
        elif error is not None:
            self._page.show_error(str(error))
        elif opened.basket is not None:
            self._desk.set_spec(self._desk.spec.model_copy(update={"forget": opened.forget}))
            self._desk.set_basket(opened.basket)

    def _mark_others(self, workspace: Workspace) -> None:
        if workspace is not self._desk.workspace:
            return
        self._desk.set_spec(self._desk.spec.with_changes("forget", allow_missing=True))
        spec = self._desk.spec
        self._jobs.start(
            OPEN,
            lambda control: marking(workspace, spec, control),
            self._on_events,
            self._page.show_error,
            on_result=self._mark,
        )

    @Slot(str, object)
    def _show_busy(self, purpose: str, view: JobView | None) -> None:
        if purpose == OPEN:
            self._page.set_busy(view is not None)

    @Slot()
    def _show_engine(self) -> None:
        self._page.show_sources(self._desk.installation.sources)
        self._page.show_architectures([each.name for each in self._desk.installation.architectures])

    @Slot()
    def _show_card(self) -> None:
        card = self._desk.card if self._desk.workspace is not None else None  # a session's is known before it is open
        self._page.show_card(card, self._desk.images)
        self._show_allowed()


def confirmed(spec: RunSpec, reads: InputFacts) -> RunSpec:
    """The spec with what was found by trial said in it."""
    model: dict[str, Any] = {}
    data: dict[str, Any] = {}
    tried = [key for key, why in reads.why.items() if why == "tried"]
    if tried:
        model.update(mean=reads.mean, std=reads.std, order=reads.order)
    if "framing" in tried and reads.framing is not None:
        data.update(reads.framing.to_record())
        data["size"] = reads.size
    return spec.with_changes("model", **model).with_changes("data", **data)
