"""Run page: what a run will take, measured by a pilot before it starts, and shown beside what it took."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Forecasted
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.kept_forecasts import explain
from maga_desk.services.pilot import forecasting_run
from maga_desk.services.workspace import Workspace
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import FORECAST
from maga_desk.ui.pages.run import RunPage

Forecasting = Callable[[Erasure, RunControl, Proposal | None], Iterator[Event]]


class ForecastController(QObject):
    """Connects the Run page's forecast with the pilot.

    :param first: the first of the runs that the desk's spec asks for.
    """

    def __init__(
        self,
        page: RunPage,
        desk: Desk,
        jobs: Jobs,
        say: Say,
        first: Callable[[], RunSpec],
        service: Forecasting = forecasting_run,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._say = page, desk, jobs, say
        self._first, self._service = first, service
        self._forecast: RunForecast | None = None
        self._of: RunSpec | None = None  # the spec that was forecast; where the run goes does not count
        self._asked: tuple[Workspace, RunSpec] | None = None  # what the pilot that goes on tries
        page.forecast_requested.connect(self._ask)
        page.below.forecast.why_changed.connect(self._explain)
        page.start_requested.connect(self._stop)
        for changed in (desk.spec_changed, desk.forget_changed, desk.workspace_changed):
            changed.connect(self._check)
        for changed in (desk.runs.shown_changed, desk.runs.result_changed):
            changed.connect(self._show)

    @Slot()
    def _ask(self) -> None:
        workspace, proposal = self._desk.workspace, self._desk.proposal
        if workspace is None:
            self._say("Open a model and its pictures on the Load page first.", "warning")
            return
        spec = self._first()
        self._asked = (workspace, _without_folder(spec))

        def take(batch: list[Event]) -> None:
            for event in batch:
                if isinstance(event, Forecasted):
                    self._forecast, self._of = event.forecast, _without_folder(spec)
                    self._check()
                    self._page.below.show_forecast()

        self._jobs.start(
            FORECAST,
            lambda control: self._service(Erasure.of(workspace, spec), control, proposal),
            take,
            lambda text: self._say(f"Nothing could be forecast. {text}", "error"),
        )

    @Slot()
    def _stop(self) -> None:
        """A run is started: nobody waits for a forecast any more."""
        self._jobs.cancel(FORECAST)

    @Slot(str)
    def _explain(self, why: str) -> None:
        if self._forecast is not None:
            self._forecast = explain(self._forecast, why)

    @Slot()
    def _check(self) -> None:
        """What was forecast, or is being tried, holds for the settings and pictures that it is made with."""
        workspace = self._desk.workspace
        if self._asked is not None and (
            workspace is not self._asked[0] or _without_folder(self._first()) != self._asked[1]
        ):
            self._asked = None
            self._jobs.cancel(FORECAST)
        if self._of is not None and (workspace is None or _without_folder(self._first()) != self._of):
            self._forecast = self._of = None
        self._show()

    @Slot()
    def _show(self) -> None:
        run = self._desk.runs.shown
        report = run.report if run.report is not None and run.report.forecast is not None else None
        ours = report is not None and (self._forecast is None or report.forecast == self._forecast)
        if report is not None and ours:
            self._page.show_forecast(report.forecast, report)
        else:
            self._page.show_forecast(self._forecast)


def _without_folder(spec: RunSpec) -> RunSpec:
    return spec.with_changes("output", dir="out")
