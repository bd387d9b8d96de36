"""``maga-desk stream``: erasure requests one after another, each starting from the last result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maga_desk.cli.means import SEND_HELP, agree
from maga_desk.cli.options import ALLOW_MISSING, SET_ASIDE
from maga_desk.cli.run import perform
from maga_desk.cli.show import print_json
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.protection import Input, check_run_folder
from maga_desk.domain.results import Report
from maga_desk.domain.specs.stream import read_stream

_SHOWN = ("retain_test", "forget_train", "earlier_train", "mia", "gap")


@click.command("stream")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--resume", is_flag=True, help="Go on where an earlier start of the same stream ended.")
@SET_ASIDE
@ALLOW_MISSING
@click.option("--send-pictures", is_flag=True, help=SEND_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def stream_command(
    spec: Path, resume: bool, force: bool, allow_missing: bool, send_pictures: bool, as_json: bool
) -> None:
    """Answer the erasure requests of the TOML file SPEC in their order.

    What an earlier request removed is neither trained on nor judged as kept by a later one.
    """
    stream = read_stream(spec).allowing_missing() if allow_missing else read_stream(spec)
    if send_pictures:
        agree(stream.base.guidance)
    for place in range(len(stream.requests)):
        check_run_folder(stream.run_of(place, None), resume=resume, force=force, files=(Input("the spec", spec),))
    checkpoint: str | None = None
    done: list[dict[str, Any]] = []
    for place, request in enumerate(stream.requests):
        if not as_json:
            click.echo(f"request {place + 1} of {len(stream.requests)}: {request.name}", err=True)
        ended, report = perform(stream.run_of(place, checkpoint), resume=resume, force=force, quiet=as_json)
        summary = dict(ended.summary or {})
        checkpoint = str(summary["checkpoint"])
        done.append({"request": request.name, "folder": ended.folder, **summary})
        if not as_json:
            click.echo(_line(request.name, summary, report))
    if as_json:
        print_json({"requests": done, "checkpoint": checkpoint})
        return
    click.echo(f"the last result is {checkpoint}")


def _line(name: str, summary: dict[str, Any], report: Report | None) -> str:
    """What came of a request, in one line."""
    metrics = report.after.values() if report else summary["metrics"]
    figures = [
        f"{MEASURES[key].short} {MEASURES[key].text(metrics[key])}" for key in _SHOWN if metrics[key] is not None
    ]
    return f"{name}: {summary['forget_pictures']:,} pictures in {summary['seconds']:.1f} s; {', '.join(figures)}"
