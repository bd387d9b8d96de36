"""Runs as jobs of the worker thread: what they tell goes to the run list, whoever began them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Ended, Event, Message, NoisePair, Proposed, Saved, Scalars
from maga_desk.domain.settings import SettingsFile
from maga_desk.services.awake import kept_awake
from maga_desk.services.workspace import Workspace
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import RUN, JobView
from maga_desk.ui.runs import RunView
from maga_desk.ui.workers.job_thread import Tap, Work

Failed = Callable[[str], None]


def _as_it_is(fail: Failed) -> Failed:
    return fail


class RunJobs(QObject):
    """Hands runs to the worker thread, one at a time, and follows them; the computer stays awake meanwhile, unless the
    settings say otherwise.
    """

    def __init__(self, desk: Desk, jobs: Jobs, settings: SettingsFile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._desk, self._jobs, self._runs = desk, jobs, desk.runs
        self._current: RunView | None = None  # the run of the job that waits or goes on
        jobs.changed.connect(self._follow)

    def launch(
        self,
        run: RunView,
        work: Work,
        *,
        on_ended: Callable[[], None],
        on_events: Callable[[list[Event]], None] = lambda batch: None,
        on_result: Callable[[Workspace | None], None] = lambda used: None,
        failing: Callable[[Failed], Failed] = _as_it_is,
        tap: Tap | None = None,
    ) -> None:
        """Hand a run to the worker thread. Its events belong to ``run``, whatever is shown meanwhile.

        :param on_events: hears them after the run list did.
        :param on_result: gets the workspace that was used.
        :param failing: wraps what is done with the line that says why it failed.
        """

        def take(batch: list[Event]) -> None:
            self._take(run, batch)
            on_events(batch)

        def result(used: Workspace | None) -> None:
            self._take_workspace(run, used)
            on_result(used)

        awake = self._settings.values.desktop.awake

        def watched(control: RunControl) -> Generator[Event, None, Any]:
            with kept_awake(awake):
                return (yield from work(control))

        self._runs.enqueue(run)
        self._current = run
        self._jobs.start(
            RUN,
            watched,
            take,
            failing(partial(self._runs.end, run, "failed")),
            on_ended=on_ended,
            on_result=result,
            tap=tap,
        )

    def _take(self, run: RunView, batch: list[Event]) -> None:
        runs, desk = self._runs, self._desk
        runs.add_scalars(run, [event for event in batch if isinstance(event, Scalars)])
        runs.add_noise(run, [event for event in batch if isinstance(event, NoisePair)])
        runs.add_messages(run, [event for event in batch if isinstance(event, Message)])
        for event in batch:
            if isinstance(event, Proposed) and self._still_fits(run):
                desk.set_proposal(event.proposal)
            elif isinstance(event, Audited):
                runs.set_report(run, event.report)
            elif isinstance(event, Saved):
                runs.set_checkpoint(run, event.path)
            elif isinstance(event, Ended):
                runs.end(run, event.status)

    def _take_workspace(self, run: RunView, used: Workspace | None) -> None:
        """A run that opened the model anew (on another device, say) leaves it open."""
        if used is not None and used is not self._desk.workspace and self._is_open(run):
            self._desk.move_workspace(used, used.card)

    def _is_open(self, run: RunView) -> bool:
        """Whether a run's model and pictures are those on the desk."""
        spec, desk = run.spec, self._desk
        return spec is not None and (spec.data, spec.model) == (desk.spec.data, desk.spec.model)

    def _still_fits(self, run: RunView) -> bool:
        """Whether a run's proposal is for what is on the desk now, and nothing is proposed there yet."""
        spec, desk = run.spec, self._desk
        same = spec is not None and all(
            getattr(spec, key) == getattr(desk.spec, key) for key in ("data", "model", "forget", "guidance")
        )
        return same and desk.proposal is None and desk.forget is not None

    @Slot(str, object)
    def _follow(self, purpose: str, view: JobView | None) -> None:
        """The run stands as its job does."""
        run = self._current
        if purpose != RUN or view is None or run is None:
            return
        if view.state == "running" and run.state == "queued":
            self._runs.begin(run)
        elif view.state == "running" and run.state == "paused":
            self._runs.resume(run)
        elif view.state == "paused" and run.state == "running":
            self._runs.pause(run)
        elif view.state == "stopping" and run.state in ("running", "paused"):
            self._runs.stop(run)
