"""Run page: one unlearning run at a time, recorded as it happens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Slot

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.events import Ended, Event, Message
from maga_desk.domain.forget import as_said
from maga_desk.domain.methods import Situation, recommended
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.costs import expected_retraining
from maga_desk.services.parts import divided, said_of_methods
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace
from maga_desk.store.recorder import RunRecorder
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.endpoints import lacks_consent
from maga_desk.ui.controllers.job_lines import JobLineController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.planned_runs import Planned, Tap, unbegun_after, view_of
from maga_desk.ui.controllers.run_jobs import RunJobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import FORECAST, OPEN, RUN
from maga_desk.ui.pages.run import RunPage
from maga_desk.ui.runs import RunView

RetrainingSeconds = Callable[[Erasure], float | None]
log = logging.getLogger(__name__)


class RunService(Protocol):
    """What starts a run: ``services.runs.run``."""

    def __call__(
        self, spec: RunSpec, control: RunControl, *, workspace: Workspace | None = None, resume: bool = False
    ) -> Iterator[Event]: ...


class RunController(QObject):
    """Connects the Run page, the desk and its runs, the engine, and the session store.

    :param runs_folder: where runs' folders are made; the user's data folder by default.
    """

    def __init__(
        self,
        page: RunPage,
        desk: Desk,
        jobs: Jobs,
        store: SessionStore | None,
        settings: SettingsFile,
        say: Say,
        run_service: RunService = run,
        runs_folder: Path | None = None,
        retraining_seconds: RetrainingSeconds = expected_retraining,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._store = page, desk, jobs, store
        self._settings, self._say = settings, say
        self._run, self._runs_folder, self._retraining = run_service, runs_folder, retraining_seconds
        self._runs = desk.runs
        self._waiting: list[Planned] = []  # parts of one request, to be begun one after the other
        page.method_changed.connect(self._set_method)
        page.options_changed.connect(self._set_options)
        page.start_requested.connect(self._start)
        page.continue_requested.connect(self._continue)
        self.launcher = RunJobs(desk, jobs, settings, self)
        page.progress.cancel_requested.connect(self._drop_waiting)  # before the job is cancelled
        JobLineController(page.progress, jobs, [RUN, FORECAST])
        for changed in (desk.engine_ready, desk.forget_changed):
            changed.connect(self._recommend)
        for changed in (desk.engine_ready, desk.forget_changed, desk.spec_changed):
            changed.connect(self._show_settings)
        for changed in (desk.engine_ready, desk.forget_changed, desk.runs.recorded_changed):
            changed.connect(self._show_seconds)
        desk.session_changed.connect(self._begin_session)
        self._runs.state_changed.connect(self._on_state)
        self._runs.shown_changed.connect(self._show_state)
        self._runs.scalars_changed.connect(self._show_scalars)
        self._runs.noise_changed.connect(self._show_noise)
        self._runs.messages_changed.connect(self._show_messages)
        self._show_settings()

    @Slot(object)
    def _set_method(self, method: MethodSpec) -> None:
        self._desk.choose_method(method)

    @Slot(dict)
    def _set_options(self, options: dict[str, Any]) -> None:
        top = {key: options[key] for key in ("intent", "seed", "device")}
        try:
            spec = self._desk.spec.with_changes("", **top).with_changes(
                "audit",
                retrained=options["retrained"],
                declared_by=options.get("declared_by", ""),
                guesses=options.get("guesses", self._desk.spec.audit.guesses),
            )
            spec = spec.with_changes("limits", **options.get("limits", {}))
        except UserError as error:
            self._say(str(error), "error")
            return
        self._desk.set_spec(spec)

    @Slot()
    def _start(self) -> None:
        """Run what the desk's spec says, in a new folder."""
        if self._is_taken():
            return
        asked = self.asked()
        if not asked:
            return
        first, *rest = [self._planned(each, said) for each, said in asked]
        for later in rest:
            self._runs.enqueue(later.run)
        self._waiting = rest
        self._begin(first)

    def asked(self, taken: Collection[str] = ()) -> list[tuple[RunSpec, list[str]]]:
        """The runs that the desk's spec asks for, in new folders, with what is to be said of each; none where a person
        has to agree first, which is told.

        :param taken: folders that others will write into.
        """
        spec = self._desk.spec.with_changes("output", dir=str(self.new_folder(taken)))
        if self._unasked(spec):
            return []
        self._desk.set_spec(spec)
        return self._divided(spec)

    def first(self) -> RunSpec:
        """The first of the runs that the desk's spec asks for."""
        return self._divided(self._desk.spec)[0][0]

    def _divided(self, spec: RunSpec) -> list[tuple[RunSpec, list[str]]]:
        """The runs that a spec asks for: one, or one after the other; with what is to be said of each."""
        desk = self._desk
        catalogue = desk.images.catalogue() if desk.images is not None else None
        stream = divided(spec, desk.forget, catalogue) if desk.forget is not None and catalogue is not None else None
        if stream is None or catalogue is None:
            return [(spec, [])]
        runs = stream.runs()
        whole = f"{as_said(desk.parts, catalogue)} They are run one after the other, each with its own goal."
        return [(run, [whole, *said]) for run, said in zip(runs, said_of_methods(spec, runs), strict=True)]

    def _planned(self, spec: RunSpec, said: list[str]) -> Planned:
        folder = spec.output.dir
        recorder, told = self._recorder(lambda store, session: store.start_run(session, spec, folder))
        for message in (Message(text) for text in said):
            Tap(recorder).take(message)
            told.append(message)
        run = RunView(run_id=recorder.run_id if recorder else None, spec=spec, folder=folder, messages=told)
        return Planned(run, spec, recorder)

    def _begin(self, planned: Planned) -> None:
        self._launch(planned.run, planned.spec, planned.recorder, resume=False)
        self._runs.show(planned.run)

    def _go_on(self, run: RunView) -> None:
        """After a run: the next one that waits, which starts from its result; without one, none of them."""
        if run.state == "finished" and self._waiting:
            following, *self._waiting = self._waiting
            self._begin(following)
        else:
            self._drop_waiting()

    @Slot()
    def _drop_waiting(self) -> None:
        """Runs that were to come after one that did not finish are not begun; they can be continued later."""
        waiting, self._waiting = self._waiting, []
        for planned in waiting:
            Tap(planned.recorder).take(Ended("cancelled"))
            self._runs.end(planned.run, "cancelled")

    @Slot()
    def _continue(self) -> None:
        """Go on with the run that is shown, from what it left in its folder."""
        run = self._runs.shown
        if run.spec is None or not run.can_continue or self._is_taken() or self._unasked(run.spec):
            return
        run_id, recorder = run.run_id, None
        if run_id is not None:
            recorder, told = self._recorder(lambda store, _session: store.continue_run(run_id))
            self._runs.add_messages(run, told)
        self._waiting = self._unbegun_after(run)
        for later in self._waiting:
            self._runs.enqueue(later.run)
        self._launch(run, run.spec, recorder, resume=True)

    def _unbegun_after(self, run: RunView) -> list[Planned]:
        """The further parts of a request that was stopped in one before."""
        session, store = self._desk.session_id, self._store
        if store is None or session is None:
            return []
        try:
            records = unbegun_after(store, session, run.folder)
        except StoreError as error:
            self._say(f"What was to follow this run is not known: {error}", "warning")
            return []
        found = []
        for record in records:
            number = record.id
            view = self._runs.find(number) or view_of(record)
            recorder, told = self._recorder(lambda store, _session, number=number: store.continue_run(number))  # type: ignore[misc]
            view.messages = [*view.messages, *told]
            found.append(Planned(view, record.spec, recorder))
        return found

    def _is_taken(self) -> bool:
        """Whether something is being opened or run; then the person is told."""
        if self._runs.busy:
            self._say("A run is going on already: let it finish or cancel it, then start.", "warning")
        elif self._jobs.current(OPEN) is not None:
            self._say("A model is being opened: wait for it, then start.", "warning")
        else:
            return False
        return True

    def _unasked(self, spec: RunSpec) -> bool:
        """Whether the run would send pictures where nobody agreed to; then the person is told."""
        lacking = lacks_consent(spec.guidance, self._desk.installation.proposers, self._settings.values)
        if lacking:
            origin = spec.guidance.endpoint.origin
            text = (
                f"Its labels are asked for at {origin}: press Propose labels on the Guide page and agree to it first."
            )
            self._say(text, "warning")
        return lacking

    def _launch(self, run: RunView, spec: RunSpec, recorder: RunRecorder | None, *, resume: bool) -> None:
        """Hand the run to the worker thread."""
        workspace, tap = self._desk.workspace, Tap(recorder)
        self.launcher.launch(
            run,
            lambda control: self._run(spec, control, workspace=workspace, resume=resume),
            on_ended=lambda: self._go_on(run),
            failing=tap.failing,
            tap=tap.take,
        )

    def _recorder(self, begin: Callable[[SessionStore, int], RunRecorder]) -> tuple[RunRecorder | None, list[Message]]:
        """What records a run in the session, if anything does, and what is to be told of that."""
        session = self._desk.session_id
        if self._store is None or session is None:
            return None, []
        try:
            return begin(self._store, session), []
        except StoreError as error:
            return None, [Message(f"This run is not kept in the session: {error}", "warning")]

    def new_folder(self, taken: Collection[str] = ()) -> Path:
        """A folder for a run that is not there yet, and none of those given."""
        base = (self._runs_folder or paths.runs_dir()).resolve()
        stamp = time.strftime("%Y%m%d-%H%M%S")
        folder, number = base / stamp, 2
        while folder.exists() or any(Path(each).is_relative_to(folder) for each in taken):
            folder, number = base / f"{stamp}-{number}", number + 1
        return folder

    @Slot()
    def _recommend(self) -> None:
        """Put the method in force that is recommended for what is marked, until another one is chosen."""
        desk, situation = self._desk, self._situation()
        if desk.method_chosen or situation is None:
            return
        best = recommended(desk.installation.methods, situation.task)
        if best is not None and desk.spec.method.name != best.name:
            desk.set_spec(desk.spec.model_copy(update={"method": MethodSpec(name=best.name)}))

    @Slot()
    def _show_seconds(self) -> None:
        desk, retraining = self._desk, None
        if desk.workspace is not None and desk.card is not None and desk.forget is not None:
            retraining = self._retraining(Erasure(desk.workspace, desk.spec, desk.forget))
        self._page.show_seconds(self._runs.last_seconds(), retraining)

    @Slot()
    def _begin_session(self) -> None:
        self._page.forget_earlier_settings()
        self._show_settings()

    @Slot()
    def _show_settings(self) -> None:
        """Fill the form from the desk's spec where it shows something else."""
        desk, spec = self._desk, self._desk.spec
        options = {
            "intent": spec.intent,
            "seed": spec.seed,
            "device": spec.device,
            "retrained": spec.audit.retrained,
            "declared_by": spec.audit.declared_by,
            "guesses": spec.audit.guesses,
            "limits": spec.limits.model_dump(),
        }
        self._page.show_options(options)
        if desk.installation.methods:
            self._page.show_methods(desk.installation.methods, self._situation(), spec.method)

    def _situation(self) -> Situation | None:
        """What a method would face; ``None`` while nothing is chosen to forget."""
        desk = self._desk
        if not desk.consecutive or desk.card is None:
            return None
        pictures, classes = desk.card.train_pictures, len(desk.card.classes)
        return desk.consecutive[0].situation(desk.spec.intent, pictures=pictures, classes=classes)

    @Slot(object)
    def _on_state(self, run: RunView) -> None:
        self._page.set_busy(self._runs.busy)
        if run is self._runs.shown:
            self._show_state()

    @Slot()
    def _show_state(self) -> None:
        run = self._runs.shown
        self._page.show_state(run.state, run.error, can_continue=run.can_continue)
        self._show_settings()

    @Slot()
    def _show_scalars(self) -> None:
        self._page.show_scalars(self._runs.shown.scalars, self._runs.shown.reference)

    @Slot()
    def _show_noise(self) -> None:
        self._page.show_noise(self._runs.shown.noise)

    @Slot()
    def _show_messages(self) -> None:
        self._page.show_messages(self._runs.shown.messages)
