"""Asking how alike classes are: proposing, comparing, and agreeing to send pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot

from maga_desk.domain.choices import involved
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Compared, Ended, Event, Message, Proposed
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import ask_another, propose
from maga_desk.ui.controllers.endpoints import EndpointController, lacks_consent, sends
from maga_desk.ui.controllers.job_lines import JobLineController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.consent import ConsentDialog, Sending
from maga_desk.ui.job_view import COMPARE, PROPOSE, JobView
from maga_desk.ui.pages.guide import GuidePage

KEPT = "Cancelled. The answers so far are kept: asking again goes on from there."
GuidanceService = Callable[[Erasure, RunControl], Iterator[Event]]


class ProposingController(QObject):
    """Connects the Guide page's questions with those who can answer them.

    :param take: gets a finished proposal and the forget set that it is for.
    :param endpoints: remembers where pictures may be sent.
    """

    def __init__(
        self,
        page: GuidePage,
        desk: Desk,
        jobs: Jobs,
        say: Callable[[str, str], None],
        take: Callable[[Proposal, ForgetSet], None],
        endpoints: EndpointController,
        *,
        propose_service: GuidanceService = propose,
        compare_service: GuidanceService = ask_another,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._say, self._take = page, desk, jobs, say, take
        self._endpoints = endpoints
        self._services = {PROPOSE: propose_service, COMPARE: compare_service}
        self._asked_first: tuple[ConsentDialog, str, RunSpec] | None = None  # what waits for a person's agreement
        page.bar.propose_requested.connect(self._propose)
        page.matrix.compare.compare_requested.connect(self._compare)
        page.matrix.compare.compare_dropped.connect(self._drop)
        JobLineController(page.progress, jobs, [PROPOSE, COMPARE])
        jobs.changed.connect(self._show_busy)
        desk.compared_changed.connect(self._show_compared)

    @Slot(object)
    def _propose(self, changes: dict[str, Any]) -> None:
        spec = self._spec_with(changes)
        if spec is not None:
            self._desk.set_spec(spec)
            self._begin(PROPOSE, spec)

    @Slot(str)
    def _compare(self, proposer: str) -> None:
        spec = self._spec_with(self._page.draft.settings_for(proposer))
        if spec is not None:
            self._begin(COMPARE, spec)
        else:
            self._show_compared()

    @Slot()
    def _drop(self) -> None:
        self._jobs.cancel(COMPARE)
        self._desk.set_compared(None)

    def _spec_with(self, changes: dict[str, Any]) -> RunSpec | None:
        """The desk's spec with these settings of guidance; ``None``, and a word, when they make no sense."""
        if self._desk.workspace is None or self._desk.forget is None:
            return None
        try:
            return self._desk.spec.with_changes("guidance", **changes)
        except UserError as error:
            self._say(str(error), "error")
            return None

    def _begin(self, purpose: str, spec: RunSpec) -> None:
        """Ask, once a person agreed to what would be sent."""
        guidance = spec.guidance
        if sends(guidance, self._desk.installation.proposers) and guidance.endpoint.url is None:
            self._say("The endpoint has no address: type it under Settings… beside the proposer.", "error")
            self._show_compared()
        elif not lacks_consent(guidance, self._desk.installation.proposers, self._endpoints.settings.values):
            self._start(purpose, spec)
        else:
            dialog = ConsentDialog(self._sending(guidance), self._page)
            self._asked_first = (dialog, purpose, spec)
            dialog.finished.connect(self._answered)
            dialog.open()

    def _sending(self, guidance: GuidanceSpec) -> Sending:
        """What would be sent: exemplars of the classes that lose pictures."""
        assert self._desk.images is not None and self._desk.forget is not None
        labels = self._desk.images.train.labels
        rows, counts = np.unique(labels[self._desk.forget.indices], return_counts=True)
        count = sum(min(guidance.exemplars, int(each)) for each in counts)
        return Sending(guidance.endpoint.origin, count, tuple(self._desk.images.classes[row] for row in rows))

    @Slot()
    def _answered(self) -> None:
        waiting, self._asked_first = self._asked_first, None
        if waiting is None:
            return
        dialog, purpose, spec = waiting
        dialog.deleteLater()
        if not dialog.agreed():
            self._say("Nothing was sent.", "info")
            self._show_compared()
            return
        self._endpoints.set_consent(dialog.sending.origin, agreed=True)
        self._start(purpose, spec)

    def _start(self, purpose: str, spec: RunSpec) -> None:
        workspace, forget = self._desk.workspace, self._desk.forget
        if workspace is None or forget is None:
            return
        service, erasure = self._services[purpose], Erasure(workspace, spec, forget)
        kept = any(info.asks for info in involved(spec.guidance, self._desk.installation.proposers))
        self._jobs.start(
            purpose,
            lambda control: service(erasure, control),
            lambda batch: self._on_events(forget, batch, kept=kept),
            self._fail,
        )

    def _on_events(self, forget: ForgetSet, batch: list[Event], *, kept: bool) -> None:
        fits = self._desk.forget is forget  # else the marks changed meanwhile
        for event in batch:
            if isinstance(event, Proposed) and fits:
                self._take(event.proposal, forget)
            elif isinstance(event, Compared) and fits:
                self._desk.set_compared(event)
            elif isinstance(event, Message):
                self._say(event.text, event.level)
            elif isinstance(event, Ended) and event.status == "cancelled":
                self._page.progress.say(KEPT if kept else "Cancelled.")

    def _fail(self, text: str) -> None:
        self._say(text, "error")

    @Slot(str, object)
    def _show_busy(self, purpose: str, view: JobView | None) -> None:
        if purpose in self._services:
            self._page.set_busy(view is not None, purpose)

    @Slot()
    def _show_compared(self) -> None:
        self._page.show_compared(self._desk.compared)
