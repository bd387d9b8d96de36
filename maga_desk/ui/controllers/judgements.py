"""Judging the run that is shown: with which spec, what that would cost, and where the figures go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.events import Audited, Ended, Event, Message
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import ESTIMATE, JUDGE
from maga_desk.ui.pages.verify import VerifyPage
from maga_desk.ui.runs import RunView

Judge = Callable[..., Iterator[Event]]
Cost = Callable[[Erasure, RunControl], Iterator[Event]]
Show = Callable[[str, bool], None]
"""Of an estimate: its text, and whether it is one."""


class Judgements:
    """What the controllers of the Verify page share."""

    def __init__(
        self, page: VerifyPage, desk: Desk, jobs: Jobs, store: SessionStore | None, say: Say, service: Judge
    ) -> None:
        self._page, self._desk, self._jobs, self._store = page, desk, jobs, store
        self._say, self._service = say, service

    def spec(self, **changes: Any) -> RunSpec | None:
        """The shown run's spec with changes of the audit; ``None``, and a person is told why, where it cannot be judged
        now.
        """
        run = self._desk.runs.shown
        if run.spec is None or run.checkpoint is None:
            return None
        if self._desk.workspace is None:
            self._say("Open the session's model and pictures on the Load page first.", "error")
            return None
        try:
            allowed = run.spec.model.allow_chance or self._desk.spec.model.allow_chance  # the box on the Load page
            return run.spec.with_changes("audit", **changes).with_changes("model", allow_chance=allowed)
        except UserError as error:
            self._say(str(error), "error")
            return None

    def measure(self, spec: RunSpec, cost: Cost, show: Show) -> None:
        """Say what judging by a spec would cost, once that is known."""
        workspace = self._desk.workspace

        def told(batch: list[Event]) -> None:
            for event in batch:
                if isinstance(event, Message):
                    show(f"{event.text}.", True)

        self._jobs.start(
            ESTIMATE, lambda control: cost(Erasure.of(workspace, spec), control), told, lambda text: show(text, False)
        )

    def no_more(self) -> None:
        """Nobody waits for an estimate any more."""
        self._jobs.cancel(ESTIMATE)

    def start(self, spec: RunSpec) -> None:
        """Judge the shown run by a spec."""
        run, workspace = self._desk.runs.shown, self._desk.workspace
        checkpoint = run.checkpoint
        self._jobs.start(
            JUDGE,
            lambda control: self._service(Erasure.of(workspace, spec), checkpoint, control),
            lambda batch: self._on_events(run, spec, batch),
            lambda text: self._say(text, "error"),
        )

    def _on_events(self, run: RunView, spec: RunSpec, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Audited):
                run.spec = spec  # its folder says so as well
                self._desk.runs.set_report(run, event.report)
                self._keep(run, spec, event)
            elif isinstance(event, Ended) and event.status == "cancelled":
                self._page.progress.say("Cancelled. What was trained so far is kept: asking again goes on from there.")

    def _keep(self, run: RunView, spec: RunSpec, event: Audited) -> None:
        if self._store is None or run.run_id is None:
            return
        try:
            self._store.save_judgement(run.run_id, spec, event.report)
        except StoreError as error:
            self._say(f"The session is not up to date: {error}", "warning")
