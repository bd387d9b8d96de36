"""``maga-desk case``: erasure requests, with who asks, until when, who approves and who was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from maga_desk.cli.options import FORCE, JSON, OUT_FILE, THERE
from maga_desk.cli.sessions import ID
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain import cases, paths
from maga_desk.domain.cases import GROUNDS, ErasureCase, KeptCase, Recipient
from maga_desk.domain.errors import CaseError
from maga_desk.domain.events import drained
from maga_desk.domain.places import Places
from maga_desk.domain.settings import SettingsFile
from maga_desk.services.cases.arriving import import_case
from maga_desk.services.cases.leaving import export_case
from maga_desk.services.purging import forget_places, purging
from maga_desk.store.case_rows import Step
from maga_desk.store.sessions import SessionStore


class _DayOrNone(click.DateTime):
    """A day; an empty text is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "" else super().convert(value, param, ctx)


DAY = click.DateTime(["%Y-%m-%d"])
_A_DAY = _DayOrNone(["%Y-%m-%d"])
CASE = click.argument("case")

_FIELDS: tuple[Callable[[Any], Any], ...] = (
    click.option("--reference", help="The number that the request has with you."),
    click.option("--ground", help=f'By which right, e.g. "{GROUNDS[0]}". Any text is taken.'),
    click.option("--scope", help="What is to go, as the request words it."),
    click.option("--handler", help="Who handles it."),
    click.option("--received", type=_A_DAY, help="The day it came."),
    click.option(
        "--due", type=_A_DAY, help="The day by which it must be answered; without it a month after --received."
    ),
    click.option("--approvals", type=click.IntRange(0, 2), help="How many persons must approve a result."),
    click.option("--kept-until", type=_A_DAY, help="The day on which the record is to be deleted."),
)


def _with_fields(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_FIELDS):
        command = option(command)
    return command


@click.group("case")
def case_command() -> None:
    """Erasure requests: make one, give it runs, have its result approved, hand it over, close it.

    CASE is a case's number, or its reference.
    """


@case_command.command("new")
@_with_fields
@click.option("--session", type=ID, help="A session whose next runs are for this case.")
@JSON
def new_command(session: int | None, as_json: bool, **given: Any) -> None:
    """Make a case. What is not given can be added by `case change`."""
    case = _changed(ErasureCase(), given)
    with _store() as store:
        number = store.cases.new(case, session_id=session)
        _show(store.cases.case(number), as_json)


@case_command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that are neither closed nor refused.")
@JSON
def list_command(only_open: bool, as_json: bool) -> None:
    """All cases, that which is due first at the top."""
    with _store() as store:
        kept = [each for each in store.cases.recent() if not only_open or each.state not in ("closed", "refused")]
    kept.sort(key=lambda each: (each.state in ("closed", "refused"), each.case.due or date.max, each.id))
    if as_json:
        print_json({"cases": [_plain(each) for each in kept]})
    else:
        echo("\n".join([_line(each) for each in kept] or ["no cases yet"]))


@case_command.command("show")
@CASE
@JSON
def show_command(case: str, as_json: bool) -> None:
    """All that is known of a case."""
    with _store() as store:
        _show(find_case(store, case), as_json)


@case_command.command("change")
@CASE
@_with_fields
@JSON
def change_command(case: str, as_json: bool, **given: Any) -> None:
    """Replace what is given; an empty text takes it back, of days too."""
    _step(case, lambda kept, _: _changed(kept, given), as_json)


@case_command.command("assign")
@CASE
@click.option("--session", type=ID, help="The next runs of this session are for the case.")
@click.option("--run", "run_id", type=ID, help="This run, which was done, belongs to the case.")
@JSON
def assign_command(case: str, session: int | None, run_id: int | None, as_json: bool) -> None:
    """Give the case a run that was done, or the next runs of a session."""
    if session is None and run_id is None:
        raise click.UsageError("say what belongs to the case: --session or --run")
    with _store() as store:
        number = find_case(store, case).id
        if session is not None:
            store.cases.assign_session(session, number)
        if run_id is not None:
            store.cases.assign_run(run_id, number)
        _show(store.cases.case(number), as_json)


@case_command.command("approve")
@CASE
@click.option("--by", "name", required=True, help="Who approves.")
@JSON
def approve_command(case: str, name: str, as_json: bool) -> None:
    """A person approves the case's present result. Judging it anew, or another run, asks for a new approval."""
    _step(case, lambda kept, runs: cases.approved(kept, runs, name, _now()), as_json)


@case_command.command("told")
@CASE
@click.option("--who", required=True, help="Who had the data or the model.")
@click.option("--on", type=DAY, help="When; default: today.")
@click.option("--how", default="", help="E.g. by letter.")
@JSON
def told_command(case: str, who: str, on: datetime | None, how: str, as_json: bool) -> None:
    """Note that a recipient was told of the erasure."""
    recipient = Recipient(who, on.date() if on else _now().date(), how)
    _step(case, lambda kept, _: cases.told(kept, recipient), as_json)


@case_command.command("hand-over")
@CASE
@JSON
def hand_over_command(case: str, as_json: bool) -> None:
    """Note that the result and its record were handed over; approvals must be complete."""
    _step(case, lambda kept, runs: cases.handed_over(kept, runs, _now()), as_json)


@case_command.command("close")
@CASE
@JSON
def close_command(case: str, as_json: bool) -> None:
    """Close a case whose result was handed over."""
    _step(case, lambda kept, runs: cases.closed(kept, runs, _now()), as_json)


@case_command.command("refuse")
@CASE
@click.option("--why", required=True, help="The reason.")
@JSON
def refuse_command(case: str, why: str, as_json: bool) -> None:
    """Refuse the request, with a reason."""
    _step(case, lambda kept, runs: cases.refused(kept, runs, why), as_json)


@case_command.command("reopen")
@CASE
@JSON
def reopen_command(case: str, as_json: bool) -> None:
    """Open a case again that was closed or refused."""
    _step(case, lambda kept, _: cases.reopened(kept), as_json)


@case_command.command("purge")
@CASE
@click.option("--yes", is_flag=True, help="Do it without being asked.")
@JSON
def purge_command(case: str, yes: bool, as_json: bool) -> None:
    """Remove what the program still holds of what a closed case had forgotten, and say what is out of reach.

    Make the record of the case before: perturbing labels are among what goes.
    """
    with _store() as store:
        kept = find_case(store, case)
        if not yes:
            click.confirm(f"Remove what is kept of {kept.called}'s pictures, labels and answers?", abort=True)
        forget_places(store, Places(SettingsFile()), kept.id)
        kept = drained(purging(store, kept.id, _now()))
    _show(kept, as_json)


@case_command.command("delete")
@CASE
@click.option("--yes", is_flag=True, help="Do it without being asked.")
def delete_command(case: str, yes: bool) -> None:
    """Erase a case for good. Its runs stay."""
    with _store() as store:
        kept = find_case(store, case)
        if not yes:
            click.confirm(f"Erase {kept.called}, its approvals and who was told?", abort=True)
        store.cases.delete(kept.id)
    echo(f"{kept.called} is erased")


@case_command.command("export")
@CASE
@click.option("--out", required=True, type=OUT_FILE, help="The file to write; it ends in .case.")
@click.option(
    "--with-pictures", is_flag=True, help="Put the pictures in as well: they are private, and stay here else."
)
@FORCE
@JSON
def export_command(case: str, out: Path, with_pictures: bool, force: bool, as_json: bool) -> None:
    """Write a whole case into one file, for `case import` on another machine.

    In it are the request, its runs with their folders, the models and lists that they name, and guidance; no pictures
    unless you say so, no keys, and no exports, which can be made again.
    """
    with _store() as store:
        number = find_case(store, case).id
        summary = follow(
            lambda control: export_case(store, number, out, control, pictures=with_pictures, force=force),
            quiet=as_json,
        ).summary
    if as_json:
        print_json(summary or {})
    elif summary:
        echo(f"{summary['path']}: {_runs(summary)}, {summary['files']} files, {summary['bytes']:,} bytes")


@case_command.command("import")
@click.argument("file", type=THERE)
@click.option(
    "--data",
    metavar="PATH",
    multiple=True,
    help="Where the pictures lie here. Where they lay in several places: OLD=NEW, once for each.",
)
@JSON
def import_command(file: Path, data: tuple[str, ...], as_json: bool) -> None:
    """Bring a case in that `case export` wrote. It is checked as a whole first, and nothing in it is ever run."""
    with _store() as store:
        summary = follow(lambda control: import_case(store, file, control, data=_places(data)), quiet=as_json).summary
        assert summary is not None
        kept = store.cases.case(int(summary["case"]))
    if as_json:
        print_json(dict(summary))
    elif not summary["known"]:
        echo(f"{kept.called} is case {kept.id} here, with {_runs(summary)}; its files are in {summary['folder']}")
        echo(cases.imported_words(kept.case))


def _runs(summary: Mapping[str, Any]) -> str:
    return "1 run" if summary["runs"] == 1 else f"{summary['runs']} runs"


def _places(given: tuple[str, ...]) -> str | dict[str, str] | None:
    """One place as it is; several as OLD=NEW."""
    if len(given) == 1 and (Path(given[0]).expanduser().exists() or "=" not in given[0]):
        return str(Path(given[0]).expanduser())
    pairs = [each.rpartition("=") for each in given]
    return {old: str(Path(new).expanduser()) for old, _, new in pairs} or None


def find_case(store: SessionStore, name: str) -> KeptCase:
    """By number or reference.

    :raises CaseError: there is none, or several have that reference.
    """
    kept = store.cases.recent()
    called = [each for each in kept if each.case.reference == name] or [each for each in kept if str(each.id) == name]
    if not called:
        raise CaseError(f"there is no case {name!r}", todo="maga-desk case list")
    if len(called) > 1:
        numbers = ", ".join(str(each.id) for each in called)
        raise CaseError(f"several cases have the reference {name!r}", todo=f"give the number: {numbers}")
    return called[0]


def _store() -> SessionStore:
    return SessionStore.open(paths.sessions_file())


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _step(name: str, step: Step, as_json: bool) -> None:
    with _store() as store:
        kept = store.cases.change(find_case(store, name).id, step)
    _show(kept, as_json)


def _changed(case: ErasureCase, given: dict[str, Any]) -> ErasureCase:
    """The case with the options that are given; a month to answer follows from the day it came."""
    values: dict[str, Any] = {
        key: value.date() if isinstance(value, datetime) else value for key, value in given.items()
    }
    values["approvals_needed"] = values.pop("approvals")
    values = {key: value for key, value in values.items() if value is not None}
    values |= {key: values[key] or None for key in ("received", "due", "kept_until") if key in values}
    if values.get("received") and "due" not in values and case.due is None:
        values["due"] = cases.due_after(values["received"])
    return replace(case, **values)


def _plain(kept: KeptCase) -> dict[str, Any]:
    return {
        "id": kept.id,
        "state": kept.state,
        "days_left": cases.days_left(kept.case, _now().date()),
        "approvals_missing": cases.approvals_missing(kept.case, cases.result_of(kept.runs)),
        "runs": [run.id for run in kept.runs],
        **cases.to_plain(kept.case),
    }


def _show(kept: KeptCase, as_json: bool) -> None:
    if as_json:
        print_json(_plain(kept))
    else:
        echo("\n".join(_lines(kept)))


def _line(kept: KeptCase) -> str:
    due = cases.due_words(kept, _now().date())
    return f"{kept.id:>4}  {kept.called:<20} {kept.state:<12} {due}".rstrip()


def _lines(kept: KeptCase) -> list[str]:
    case, result = kept.case, cases.result_of(kept.runs)
    count = cases.approvals_that_count(case, result)
    lines = [f"{kept.called}: {kept.state}" + (f", {due}" if (due := cases.due_words(kept, _now().date())) else "")]
    lines += [
        f"  {name}: {value or cases.NOT_GIVEN}"
        for name, value in (
            ("ground", case.ground),
            ("scope", case.scope),
            ("handled by", case.handler),
            ("received", case.received),
            ("runs", ", ".join(f"{run.id} ({run.status})" for run in kept.runs) or "none yet"),
        )
    ]
    lines += [f"  {words}"] if (words := cases.imported_words(case)) else []
    lines.append(f"  approvals: {len(count)} of {case.approvals_needed}")
    for each in case.approvals:
        old = "" if each in count else ", of an earlier result"
        old += f", {cases.AS_THE_FILE_SAYS}" if each.brought else ""
        lines.append(f"    {each.name}, {each.at:%Y-%m-%d %H:%M} UTC, run {each.run}{old}")
    for each_told in case.recipients:
        said = f", {cases.AS_THE_FILE_SAYS}" if each_told.brought else ""
        lines.append(f"  told: {each_told.name}, {each_told.on}{', ' if each_told.how else ''}{each_told.how}{said}")
    if not case.recipients:
        lines.append("  told: nobody")
    if (over := case.handed_over) is not None:
        old = "" if cases.hand_over_that_counts(case, result) else ", of an earlier result"
        old += f", {cases.AS_THE_FILE_SAYS}" if over.brought else ""
        lines.append(f"  handed over {over.at:%Y-%m-%d %H:%M} UTC, run {over.run}{old}")
    lines += [f"  closed {case.closed:%Y-%m-%d %H:%M} UTC"] if case.closed else []
    lines += [f"  refused: {case.refused}"] if case.refused else []
    for purge in case.purges:
        said = f", {cases.AS_THE_FILE_SAYS}" if purge.brought else ""
        lines += [f"  purged {purge.at:%Y-%m-%d %H:%M} UTC{said}", *(f"    removed: {each}" for each in purge.removed)]
        lines += [f"    left: {each}" for each in purge.left]
    lines += [f"  delete record on {case.kept_until}"] if case.kept_until else []
    return lines
