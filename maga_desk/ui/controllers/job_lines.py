"""The line on which a page shows its jobs: what it says, and what its buttons do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Slot

from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.widgets.basic.job_line import JobLine


class JobLineController(QObject):
    """Connects a page's line with the jobs of that page.

    :param purposes: of the page's jobs; where several are current, the one that runs is shown, and the buttons mean
        all of them.
    """

    def __init__(self, line: JobLine, jobs: Jobs, purposes: Sequence[str]) -> None:
        super().__init__(line)
        self._line, self._jobs, self._purposes = line, jobs, tuple(purposes)
        line.pause_requested.connect(self._pause)
        line.resume_requested.connect(self._resume)
        line.cancel_requested.connect(self._cancel)
        jobs.changed.connect(self._show)

    @Slot(str, object)
    def _show(self, purpose: str, _view: object) -> None:
        if purpose in self._purposes:
            views = [view for each in self._purposes if (view := self._jobs.view(each)) is not None]
            views.sort(key=lambda view: view.waits_for is not None)
            self._line.show_job(views[0] if views else None)

    @Slot()
    def _pause(self) -> None:
        for purpose in self._purposes:
            self._jobs.pause(purpose)

    @Slot()
    def _resume(self) -> None:
        for purpose in self._purposes:
            self._jobs.resume(purpose)

    @Slot()
    def _cancel(self) -> None:
        for view in reversed(self._jobs.views()):  # what waits first: it must not begin when what runs has ended
            if view.kind.purpose in self._purposes:
                self._jobs.stop(view.kind.purpose)
