"""``maga-desk compare-runs``: runs that were done, beside the original and the retrained model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from maga_desk.cli.options import FORCE, JSON, OUT_FILE, PLACE
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain import paths
from maga_desk.domain.comparison_plain import as_plain, class_sheet, sheet
from maga_desk.domain.comparison_table import (
    ComparedRun,
    ComparisonTable,
    NetFigure,
    RunGroup,
    TableRow,
    comparison_table,
    ordered,
)
from maga_desk.domain.durations import exact
from maga_desk.domain.errors import visible
from maga_desk.domain.files import write_text
from maga_desk.domain.measure import GROUP_TITLES, Measure
from maga_desk.domain.measures import MEASURES, in_group
from maga_desk.domain.protection import InputFile, check_file
from maga_desk.domain.run_folder import REPORT
from maga_desk.domain.tables import csv_text
from maga_desk.domain.verdicts import GRADE_WORDS
from maga_desk.services.compared_runs import NotJudged, run_of_folder, run_of_store
from maga_desk.store.sessions import SessionStore

_ABREAST, _WIDTH = 5, 120
_MOST_CLASSES = 3


@click.command("compare-runs")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=PLACE)
@click.option(
    "--sort",
    type=click.Choice([*MEASURES, "seconds"]),
    metavar="KEY",
    help="Order the runs by this figure, the smallest first; a figure's key is its name in report.json.",
)
@click.option("--csv", "csv_file", type=OUT_FILE, help="Write the table here: a row for each net.")
@click.option("--class-csv", "class_file", type=OUT_FILE, help="Write accuracy and change of every class here.")
@click.option("--explain", is_flag=True, help="Say what each figure is and should be.")
@FORCE
@JSON
def compare_runs_command(
    runs: tuple[Path, ...],
    sort: str | None,
    csv_file: Path | None,
    class_file: Path | None,
    explain: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Put runs that are finished beside the original and the retrained model.

    RUN is a run's number (`maga-desk sessions` lists them), of any session, or its folder. Runs of other pictures, of
    another original or of another forget set are in groups of their own: these are not to be compared.
    """
    if csv_file is not None and class_file is not None and csv_file.resolve() == class_file.resolve():
        raise click.UsageError("--csv and --class-csv name one file: give each its own")
    table = comparison_table(_read(runs))
    inputs = [InputFile(f"the report of {run.label}", Path(run.folder) / REPORT) for run in table.runs if run.folder]
    for out in (csv_file, class_file):
        if out is not None:
            check_file(out, inputs, force=force)
    if csv_file is not None:
        write_text(csv_file, csv_text(sheet(table)))
    if class_file is not None:
        write_text(class_file, csv_text(_class_rows(table)))
    if as_json:
        print_json(as_plain(table))
        return
    for line in table.notes:
        echo(line)
    for group in table.groups:
        _show(group, sort, named=len(table.groups) > 1)
    if explain:
        echo("\n".join(["what the figures are", *(f"  {measure.defined()}" for measure in MEASURES.values())]))
    else:
        echo(
            "--explain says what each figure is and should be; below each: its 95 % interval and the pictures behind it"
        )


def _read(places: Sequence[Path]) -> list[ComparedRun]:
    """Each run once, in the order in which they were named. The database is not made for this where there is none."""
    found: dict[str, ComparedRun] = {}
    with ExitStack() as stack:
        store: SessionStore | None = None
        for place in places:
            text, key = str(place), ""
            if place.exists() or not (text.isascii() and text.isdigit() and 0 < int(text) < 2**63):
                run = run_of_folder(place)
            else:
                if not paths.sessions_file().exists():
                    raise NotJudged(f"there is no run {text}: none was kept yet", todo="name a run's folder")
                store = store or stack.enter_context(SessionStore.open(paths.sessions_file()))
                run = run_of_store(store, int(text))
                newest = next((each.id for each in store.runs_in(run.folder) if each.status == "finished"), run.run_id)
                key = "" if newest == run.run_id else f"run {run.run_id}"  # its folder holds another run by now
            found.setdefault(key or str(Path(run.folder).resolve()), run)
    return list(found.values())


def _class_rows(table: ComparisonTable) -> list[list[str]]:
    """The classes of all groups, under titles of their own where there are several."""
    rows: list[list[str]] = []
    for group in table.groups:
        titles, *classes = class_sheet(group)
        rows += [["group", *titles], *([group.letter, *row] for row in classes)]
    return rows


def _show(group: RunGroup, sort: str | None, *, named: bool) -> None:
    """The tables of a group, as many figures abreast as a terminal has room for."""
    rows = ordered(group.rows, sort)
    console = Console(highlight=False, width=max(Console().width, _WIDTH))
    name = f"Group {group.letter}: " if named else ""
    echo(visible(f"\n{name}forgotten: {group.forgotten}"))
    silent = []
    for kind, title in GROUP_TITLES.items():
        measured = [m for m in in_group(kind) if any(row.cells[m.key].figure is not None for row in rows)]
        silent += [measure.title for measure in in_group(kind) if measure not in measured]
        for first in range(0, len(measured), _ABREAST):
            console.print(_table(title, rows, measured[first : first + _ABREAST]))
    if silent:
        echo(f"not run in any of these: {'; '.join(silent)}")
    for row in rows:
        lost = "; ".join(_lost(row, group.classes))
        took = f"took {exact(row.seconds)}" if row.seconds is not None else ""
        said = ", ".join(part for part in (took, f"classes that lost most: {lost}" if lost else "") if part)
        if said:
            echo(visible(f"{row.title}: {said}"))


def _table(title: str, rows: Sequence[TableRow], measures: Sequence[Measure]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for measure in measures:
        table.add_column(measure.short, justify="right")
    for row in rows:
        table.add_row(
            escape(visible(row.label)), *("\n".join(_lines(row, row.cells[measure.key])) for measure in measures)
        )
    return table


def _lines(row: TableRow, cell: NetFigure) -> Iterator[str]:
    """``79.1 % close``, and below it ``78.0–80.2, n 4,750``."""
    grade = f" {GRADE_WORDS[cell.grade]}" if row.kind == "run" and cell.grade != "unknown" else ""
    yield f"{cell.text}{grade}"
    if cell.certainty:
        yield cell.certainty


def _lost(row: TableRow, forgotten: Sequence[str]) -> Iterator[str]:
    """The classes that were to stay and lost most."""
    changes = sorted((change, name) for name, change in row.changes.items() if change is not None and change < 0)
    for change, name in [each for each in changes if each[1] not in forgotten][:_MOST_CLASSES]:
        yield f"{name} {change:+.1f}".replace("-", "−")
