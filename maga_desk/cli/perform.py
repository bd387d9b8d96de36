"""Running a spec while showing and recording it."""

from __future__ import annotations

from maga_desk.cli.means import means_of
from maga_desk.cli.recording import recorded
from maga_desk.cli.show import follow
from maga_desk.cli.store import session_store
from maga_desk.domain.events import Audited, Ended, Event
from maga_desk.domain.protection import check_run_folder
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace


def perform(
    spec: RunSpec,
    *,
    resume: bool,
    force: bool,
    quiet: bool,
    workspace: Workspace | None = None,
    case: str | None = None,
) -> tuple[Ended, Report | None]:
    """What a run ended with, and its report.

    :param workspace: an open one, used where it fits the spec.
    :param case: that it is for, by number or reference; without it a case is made.
    :raises CaseError: there is no such case.
    :raises OutputError: before anything is recorded, where the output folder may not be written into.
    """
    check_run_folder(spec, resume=resume, force=force)
    reports: list[Report] = []
    with (
        session_store("neither the run nor answers of models are kept") as store,
        recorded(store, spec, resume=resume, case=case) as record,
    ):
        means = means_of(store)

        def listen(event: Event) -> None:
            record(event)
            if isinstance(event, Audited):
                reports.append(event.report)

        ended = follow(
            lambda control: run(spec, control, workspace=workspace, resume=resume, force=force, means=means),
            quiet=quiet,
            listen=listen,
        )
    return ended, reports[-1] if reports else None
