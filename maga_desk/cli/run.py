"""``maga-desk run``: one spec, from the pictures to the unlearned checkpoint."""

from __future__ import annotations

from pathlib import Path

import click

from maga_desk.cli.means import SEND_HELP, agree, means_for
from maga_desk.cli.options import ALLOW_MISSING, SET_ASIDE, allowing
from maga_desk.cli.recording import recorded
from maga_desk.cli.show import follow, print_json, report_lines
from maga_desk.domain.events import Audited, Ended, Event
from maga_desk.domain.protection import Input, check_run_folder
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import EVENTS
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.runs import run


@click.command("run")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--resume", is_flag=True, help="Go on with what an interrupted run left in the output folder.")
@SET_ASIDE
@ALLOW_MISSING
@click.option("--send-pictures", is_flag=True, help=SEND_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the content of summary.json.")
def run_command(spec: Path, resume: bool, force: bool, allow_missing: bool, send_pictures: bool, as_json: bool) -> None:
    """Unlearn what the TOML file SPEC says, judge the result, and leave a folder that says what was done."""
    wanted = allowing(read_spec(spec), allow_missing)
    check_run_folder(wanted, resume=resume, force=force, files=spec_file(spec, wanted))
    if send_pictures:
        agree(wanted.guidance)
    ended, report = perform(wanted, resume=resume, force=force, quiet=as_json)
    if as_json:
        print_json(ended.summary or {})
        return
    for line in report_lines(report) if report else ():
        click.echo(line)
    click.echo(f"saved in {ended.folder}")


def perform(spec: RunSpec, *, resume: bool, force: bool, quiet: bool) -> tuple[Ended, Report | None]:
    """Run a spec while showing and recording it; what it ended with, and its report.

    :raises OutputError: before anything is recorded, where the output folder may not be written into.
    """
    check_run_folder(spec, resume=resume, force=force)
    reports: list[Report] = []
    with recorded(spec, resume=resume) as record, means_for(spec.guidance) as means:

        def listen(event: Event) -> None:
            record(event)
            if isinstance(event, Audited):
                reports.append(event.report)

        ended = follow(
            lambda control: run(spec, control, resume=resume, force=force, means=means), quiet=quiet, listen=listen
        )
    return ended, reports[-1] if reports else None


def spec_file(path: Path, spec: RunSpec) -> tuple[Input, ...]:
    """The file that a spec was read from, as an input; not where it is the run's own record in its folder."""
    folder = Path(spec.output.dir)
    own = path.resolve().parent == folder.resolve() and (folder / EVENTS).exists()
    return () if own else (Input("the spec", path),)
