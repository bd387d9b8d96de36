"""Run page: one unlearning run at a time, recorded as it happens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Slot

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.events import (
    Audited,
    Checkpointed,
    Ended,
    Event,
    Message,
    NoisePair,
    Opened,
    Progress,
    Proposed,
    Scalars,
)
from maga_desk.domain.methods import Situation
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.services.runs import CHECKPOINT, run
from maga_desk.services.titles import forget_title
from maga_desk.services.workspace import Workspace
from maga_desk.store.recorder import RunRecorder
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.endpoints import lacks_consent
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk, RunView
from maga_desk.ui.pages.run import RunPage

PURPOSE = "run"
log = logging.getLogger(__name__)


class RunService(Protocol):
    """What starts a run: ``services.runs.run``."""

    def __call__(
        self, spec: RunSpec, control: RunControl, *, workspace: Workspace | None = None, resume: bool = False
    ) -> Iterator[Event]: ...


class RunController(QObject):
    """Connects the Run page, the desk, the engine and the session store."""

    def __init__(
        self, page: RunPage, desk: Desk, jobs: Jobs, store: SessionStore | None, run_service: RunService = run
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._store, self._run = page, desk, jobs, store, run_service
        self._shown_options: dict[str, Any] | None = None
        self._shown_methods: tuple[int, Situation | None, MethodSpec] | None = None
        page.start_requested.connect(self._start)
        page.pause_requested.connect(self._pause)
        page.resume_requested.connect(self._resume)
        page.cancel_requested.connect(self._cancel)
        page.continue_requested.connect(self._continue)
        jobs.busy.connect(self._show_busy)
        desk.engine_ready.connect(self._show_methods)
        desk.forget_changed.connect(self._show_methods)
        desk.spec_changed.connect(self._show_options)
        desk.run_changed.connect(self._show_run)
        desk.scalars_changed.connect(self._show_scalars)
        desk.noise_changed.connect(self._show_noise)

    @property
    def running(self) -> bool:
        return self._jobs.current(PURPOSE) is not None

    @Slot(object, object)
    def _start(self, method: MethodSpec, options: dict[str, Any]) -> None:
        desk = self._desk
        if self._is_taken():
            return
        folder = self._new_folder()
        try:
            spec = desk.spec.with_changes("method", **method.model_dump())
            spec = spec.with_changes("audit", retrained=options["retrained"])
            spec = spec.with_changes("", intent=options["intent"], seed=options["seed"], device=options["device"])
            spec = spec.with_changes("output", dir=str(folder))
        except UserError as error:
            self._page.show_state("failed", str(error))
            return
        if self._unasked(spec):
            return
        desk.set_spec(spec)
        recorder = self._recorder(lambda store, session: store.start_run(session, spec, folder))
        title = f"{time.strftime('%H:%M')}  {method.name}, forget {forget_title(spec)}"
        view = RunView(recorder.run_id if recorder else None, title, spec, str(folder))
        desk.set_run(view)
        self._page.clear_messages()
        self._launch(view, spec, recorder, resume=False)

    @Slot()
    def _continue(self) -> None:
        """Go on with the run that is shown, from what it left in its folder."""
        view = self._desk.run
        if view.spec is None or not view.can_continue or self._is_taken():
            return
        if self._unasked(view.spec):
            return
        run_id = view.run_id
        recorder = None
        if run_id is not None:
            recorder = self._recorder(lambda store, _session: store.continue_run(run_id))
        self._launch(view, view.spec, recorder, resume=True)

    def _is_taken(self) -> bool:
        """Whether something is being opened or run; then the person is told."""
        taken = self._desk.live is not None or self._jobs.current("open") is not None
        if taken:
            self._page.show_message(Message("Something is being opened or run; wait for it, then start.", "warning"))
        return taken

    def _unasked(self, spec: RunSpec) -> bool:
        """Whether the run would send pictures where nobody agreed to; then the person is told."""
        lacking = lacks_consent(spec.guidance, self._desk.proposers)
        if lacking:
            origin = spec.guidance.endpoint.origin
            text = (
                f"Its labels are asked for at {origin}: press Propose labels on the Guide page and agree to it first."
            )
            self._page.show_message(Message(text, "warning"))
        return lacking

    def _launch(self, view: RunView, spec: RunSpec, recorder: RunRecorder | None, *, resume: bool) -> None:
        """Start the job. What it says belongs to ``view``, whatever is shown meanwhile."""
        workspace = self._desk.workspace
        tap = _Tap(recorder)
        self._desk.set_run_status(view, "running")
        self._jobs.start(
            PURPOSE,
            lambda control: self._run(spec, control, workspace=workspace, resume=resume),
            lambda batch: self._on_events(view, batch),
            tap.failing(lambda text: self._on_failed(view, text)),
            self._show_methods,
            tap=tap.take,
        )

    def _recorder(self, begin: Callable[[SessionStore, int], RunRecorder]) -> RunRecorder | None:
        session = self._desk.session_id
        if self._store is None or session is None:
            return None
        try:
            return begin(self._store, session)
        except StoreError as error:
            self._page.show_message(Message(f"This run is not kept in the session: {error}", "warning"))
            return None

    def _new_folder(self) -> Path:
        base = self._desk.runs_folder or paths.runs_dir()
        stamp = time.strftime("%Y%m%d-%H%M%S")
        folder, number = base / stamp, 2
        while folder.exists():
            folder, number = base / f"{stamp}-{number}", number + 1
        return folder

    def _on_events(self, view: RunView, batch: list[Event]) -> None:
        desk = self._desk
        if scalars := [event for event in batch if isinstance(event, Scalars)]:
            desk.add_scalars(view, scalars)
        if pairs := [event for event in batch if isinstance(event, NoisePair)]:
            desk.add_noise(view, pairs)
        for event in batch:
            if isinstance(event, Message):
                self._page.show_message(event)
            elif isinstance(event, Opened) and event.workspace is not desk.workspace and self._is_open(view):
                desk.workspace, desk.card = event.workspace, event.card  # opened anew for another device
            elif isinstance(event, Proposed) and self._still_fits(view):
                desk.set_proposal(event.proposal)
            elif isinstance(event, Audited):
                desk.set_report(view, event.report)
            elif isinstance(event, Checkpointed) and Path(event.path).name == CHECKPOINT:
                view.checkpoint = event.path
            elif isinstance(event, Ended):
                desk.set_run_status(view, event.status)

    def _is_open(self, view: RunView) -> bool:
        """Whether a run's model and pictures are those on the desk."""
        spec, desk = view.spec, self._desk
        return spec is not None and (spec.data, spec.model) == (desk.spec.data, desk.spec.model)

    def _still_fits(self, view: RunView) -> bool:
        """Whether a run's proposal is for what is on the desk now, and nothing is proposed there yet."""
        spec, desk = view.spec, self._desk
        same = spec is not None and (spec.forget, spec.guidance) == (desk.spec.forget, desk.spec.guidance)
        return same and desk.proposal is None and desk.forget is not None

    def _on_failed(self, view: RunView, text: str) -> None:
        self._desk.set_run_status(view, "failed")
        if view is self._desk.run:
            self._page.show_state("failed", text)

    @Slot()
    def _pause(self) -> None:
        if (job := self._jobs.current(PURPOSE)) is not None:
            job.control.pause()
            self._page.show_state("paused", "")

    @Slot()
    def _resume(self) -> None:
        if (job := self._jobs.current(PURPOSE)) is not None:
            job.control.resume()
            self._page.show_state("running", "")

    @Slot()
    def _cancel(self) -> None:
        if (job := self._jobs.current(PURPOSE)) is not None:
            job.control.cancel()
            self._page.show_state("cancelling", "")

    @Slot(str, object)
    def _show_busy(self, purpose: str, progress: Progress | None) -> None:
        if purpose == PURPOSE:
            self._page.show_progress(progress)

    @Slot()
    def _show_methods(self) -> None:
        """Refill the form only when what is forgotten or the spec's method changed: what was typed stays."""
        desk = self._desk
        wanted = (len(desk.methods), self._situation(), desk.spec.method)
        if not desk.methods or self.running or wanted == self._shown_methods:
            return
        chosen = self._page.chosen()
        kept = self._shown_methods is not None and self._shown_methods[2] == desk.spec.method and chosen is not None
        self._shown_methods = wanted
        self._page.show_methods(
            desk.methods, wanted[1], MethodSpec(name=chosen.name) if kept and chosen else desk.spec.method
        )

    def _situation(self) -> Situation | None:
        """What a method would face; the intent is the page's to add."""
        desk = self._desk
        if desk.forget is None or desk.card is None:
            return None
        retain = len(desk.forget.retained(desk.card.train_pictures))
        sizes = {"forget": len(desk.forget), "retain": retain, "classes": len(desk.card.classes)}
        return Situation.of(desk.forget.task, "auto", **sizes)

    @Slot()
    def _show_options(self) -> None:
        """Refill intent, seed, device and comparison only when the spec's changed: what was typed stays."""
        spec = self._desk.spec
        options = {"intent": spec.intent, "seed": spec.seed, "device": spec.device, "retrained": spec.audit.retrained}
        if options != self._shown_options:
            self._shown_options = options
            self._page.show_options(options)
        self._show_methods()

    @Slot()
    def _show_run(self) -> None:
        view = self._desk.run
        known = {"": "idle", "interrupted": "cancelled"}
        self._page.show_state(known.get(view.status, view.status), "")  # type: ignore[arg-type]
        self._page.set_can_continue(view.can_continue)

    @Slot()
    def _show_scalars(self) -> None:
        self._page.show_scalars(self._desk.run.scalars)

    @Slot()
    def _show_noise(self) -> None:
        self._page.show_noise(self._desk.run.noise)


class _Tap:
    """Sees a run's events in the job's thread and records them; a store that cannot be used does not stop the run."""

    def __init__(self, recorder: RunRecorder | None) -> None:
        self._recorder = recorder

    def take(self, event: Event) -> None:
        if self._recorder is None or self._recorder.ended:
            return
        try:
            self._recorder.record(event)
        except StoreError:  # of an earlier write; this event is kept all the same
            log.exception("the session is not up to date")

    def failing(self, then: Callable[[str], None]) -> Callable[[str], None]:
        """``then``, after the failure was written down."""

        def fail(text: str) -> None:
            if self._recorder is not None and not self._recorder.ended:
                self._recorder.fail(text)
            then(text)

        return fail
