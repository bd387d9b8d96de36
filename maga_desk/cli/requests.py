"""Answering requests one after another, each starting from the last result: for streams, and for mixed requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from maga_desk.cli.perform import perform
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import HarmError
from maga_desk.domain.events import Ended, Event
from maga_desk.domain.measures import MEASURES, in_table
from maga_desk.domain.protection import InputFile, check_run_folder
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.specs.stream import Stream
from maga_desk.services.workspace import Workspace, open_workspace

ONE_BY_ONE = (
    "They are answered one after the other, each with its own goal; [forget] together = true does all of it in one "
    "run, as single pictures."
)


def answer(
    stream: Stream,
    files: Sequence[InputFile] = (),
    *,
    resume: bool,
    force: bool,
    as_json: bool,
    workspace: Workspace | None = None,
    case: str | None = None,
) -> None:
    """Answer all requests and print what came of them.

    :param files: what is read beside the runs' own inputs.
    :param workspace: an open one that fits the first request.
    :param case: the case that all of them are for, by number or reference.
    :raises OutputError: before any of them, where an output folder may not be written into.
    :raises HarmError: after one that lost what stays: the next would start from it.
    """
    check_folders(stream, files, resume=resume, force=force)
    runs = stream.runs()
    checkpoint = ""
    done: list[dict[str, Any]] = []
    for place, (request, run) in enumerate(zip(stream.requests, runs, strict=True), 1):
        if not as_json:
            echo(f"request {place} of {len(runs)}: {request.name}", err=True)
        ended, report = perform(run, resume=resume, force=force, quiet=as_json, workspace=workspace, case=case)
        workspace = None
        summary = dict(ended.summary or {})
        checkpoint = str(summary["checkpoint"])
        done.append({"request": request.name, "folder": ended.folder, **summary})
        if not as_json:
            echo(_line(request.name, summary, report))
        check_result(ended)
    if as_json:
        print_json({"requests": done, "checkpoint": checkpoint})
        return
    echo(f"the last result is {checkpoint}")


def check_result(ended: Ended) -> None:
    """:raises HarmError: what stays is lost."""
    if (ended.summary or {}).get("ruined"):
        raise HarmError(
            "what stays is lost: this is no result",
            where=ended.folder,
            todo="run again with another method, or gentler parameters",
        )


def check_folders(stream: Stream, files: Sequence[InputFile], *, resume: bool, force: bool) -> None:
    """:raises OutputError: an output folder may not be written into."""
    for run in stream.runs():
        check_run_folder(run, resume=resume, force=force, files=files)


def opened(spec: RunSpec, *, quiet: bool) -> Workspace:
    """The model and pictures of a spec, shown as they are opened."""
    found: list[Workspace] = []

    def job(control: RunControl) -> Iterator[Event]:
        found.append((yield from open_workspace(spec, control)))

    follow(job, quiet=quiet)
    return found[0]


def _line(name: str, summary: dict[str, Any], report: Report | None) -> str:
    """What came of a request, in one line."""
    metrics = report.after.values() if report else summary["metrics"]
    shown = [MEASURES[key] for key in in_table("requests") if metrics[key] is not None]
    figures = [f"{measure.short} {measure.text(metrics[measure.key])}" for measure in shown]
    return f"{name}: {summary['forget_pictures']:,} pictures in {summary['seconds']:.1f} s; {', '.join(figures)}"
