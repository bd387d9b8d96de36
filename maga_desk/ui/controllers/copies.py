"""Forget page: the copies of what is marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.copies_left import CopiesLeft
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.marking import How
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.services.copies import CopiesKnown, look_for_copies
from maga_desk.ui.controllers.finding import FindController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.copies import CopiesDialog
from maga_desk.ui.job_view import COPIES
from maga_desk.ui.pages.forget import ForgetPage

_MARKED = How("copies", "what was marked")


class CopiesController(QObject):
    """Says which copies stay, looks for near ones when a person asks, and takes decisions.

    Near copies are not looked for by themselves: the one thread for long work is a person's to give away. What an
    earlier search of the same pictures left on the disk is taken by the job that opens them.
    """

    def __init__(self, page: ForgetPage, desk: Desk, jobs: Jobs, finding: FindController) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._finding = page, desk, jobs, finding
        self._known: CopiesKnown | None = None
        bar = page.twins
        bar.twins_requested.connect(self._mark_all)
        bar.decide_requested.connect(self._ask)
        bar.look_requested.connect(self._look)
        bar.stop_requested.connect(self._stop)

    def show_pictures(self) -> None:
        """Other pictures."""
        self._jobs.cancel(COPIES)
        self._page.twins.show_looking(None)
        workspace, images = self._desk.workspace, self._desk.images
        known = getattr(workspace, "copies", None) or (CopiesKnown(images) if images is not None else None)
        self._known = known
        if known is not None and known.looked:
            self._finding.follow_copies(known)
            if self._desk.spec.forget.near_copies == "no":
                self._desk.set_looked()  # what is run says what is seen here

    def show_left(self) -> None:
        """Other marks, or other decisions."""
        marked = self._desk.forget is not None and self._known is not None
        self._page.twins.show_left(self._left() if marked else None)

    def _left(self) -> CopiesLeft:
        """What stays in sight of what is marked, and of what was forgotten before."""
        forget, known = self._desk.forget, self._known
        if forget is None or known is None:
            return CopiesLeft()
        decided = getattr(self._desk.workspace, "decided", ())
        decisions = (*decided, *self._desk.spec.forget.left)
        return known.now.left_by(forget.indices, decisions, forget.earlier, forget.later)

    @Slot()
    def _mark_all(self) -> None:
        self._mark(self._left().positions().tolist())

    def _mark(self, positions: Sequence[int]) -> None:
        if positions:
            self._page.show_error(None)
            self._desk.set_basket(self._desk.basket.add(np.array(positions, dtype=np.int64), by=_MARKED))

    @Slot()
    def _ask(self) -> None:
        images, left = self._desk.images, self._left()
        if images is None or not left.all_pairs:
            return
        dialog = CopiesDialog(images, left.all_pairs, left.looked, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.decided.connect(self._take)
        dialog.open()

    @Slot(object, object, object)
    def _take(
        self, decisions: Sequence[CopyDecision], positions: Sequence[int], dropped: Sequence[frozenset[str]]
    ) -> None:
        self._page.show_error(None)
        marked = np.array(positions, dtype=np.int64)
        self._desk.set_basket(self._desk.basket.decide(decisions, dropped, marked))

    @Slot()
    def _look(self) -> None:
        known = self._known
        if known is None:
            return
        self._page.twins.show_looking("Looking for near copies")
        self._jobs.start(
            COPIES,
            lambda control: look_for_copies(known, control),
            self._hear,
            self._page.show_error,
            on_ended=self._end,
            on_result=lambda _: self._found(known),
        )

    @Slot()
    def _stop(self) -> None:
        self._jobs.stop(COPIES)

    def _hear(self, batch: list[Event]) -> None:
        progress = [event for event in batch if isinstance(event, Progress)]
        if progress:
            last = progress[-1]
            self._page.twins.show_looking(
                f"{last.stage}: {last.done:,} of {last.total:,}" if last.total else last.stage
            )

    def _end(self) -> None:
        self._page.twins.show_looking(None)

    def _found(self, known: CopiesKnown) -> None:
        if known is self._known:
            self._desk.set_looked()
            self._finding.follow_copies(known)
