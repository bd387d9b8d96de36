"""A table of runs for other programs: rows for spreadsheets, and plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maga_desk.domain.comparison_table import ComparisonTable, NetFigure, RunGroup, TableRow
from maga_desk.domain.measures import DEFINITIONS, MEASURES, definitions

_FACTS = ("group", "net", "run", "session", "forgotten", "method", "settings", "seed", "seconds", "compared with")


def sheet(table: ComparisonTable) -> list[list[str]]:
    """A row for each net, under a row of titles; of each measure value, 95 % interval, n, difference and verdict.

    A figure that is missing reads ``not run`` or ``does not apply``; no interval, no count and no verdict are empty.
    """
    titles = [*_FACTS]
    for key in MEASURES:
        titles += [key, *(f"{key} {part}" for part in ("low", "high", "n", "difference", "verdict"))]
    rows = [titles]
    for group in table.groups:
        for row in group.rows:
            rows.append([*_facts(group, row), *(text for key in MEASURES for text in _texts(row.cells[key]))])
    return rows


def class_sheet(group: RunGroup) -> list[list[str]]:
    """A row for each class: of each net its test accuracy in percent, and of all but the original its change."""
    titles = ["class", "forgotten"]
    for row in group.rows:
        titles += [row.label] if row.kind == "original" else [row.label, f"{row.label}, change"]
    rows = [titles]
    for name in group.rows[0].per_class:
        cells = [name, "yes" if name in group.classes else "no"]
        for row in group.rows:
            cells.append(_number(row.per_class.get(name)))
            if row.kind != "original":
                cells.append(_number(row.changes.get(name)))
        rows.append(cells)
    return rows


def as_plain(table: ComparisonTable) -> dict[str, Any]:
    """All of it for JSON; what is missing is ``null`` with the reason beside it."""
    return {
        "groups": [
            {
                "group": group.letter,
                "forgotten": group.forgotten,
                "notes": list(group.notes),
                "nets": [_net(row) for row in group.rows],
            }
            for group in table.groups
        ],
        "notes": list(table.notes),
        DEFINITIONS: definitions(),
    }


def _net(row: TableRow) -> dict[str, Any]:
    run = row.run
    behind: Mapping[str, Any] = {}
    if run is not None:
        behind = {
            "run": run.run_id,
            "folder": run.folder,
            "session": run.session or None,
            "method": run.spec.method.name,
            "settings": run.settings,
            "seed": run.spec.seed,
            "compared_with": run.judged_by or None,
        }
    return {
        "net": row.kind,
        "label": row.label,
        "title": row.title,
        "seconds": row.seconds,
        **behind,
        "figures": {key: _figure(cell) for key, cell in row.cells.items()},
        "per_class": dict(row.per_class),
        "changes": dict(row.changes) if row.kind != "original" else {},
    }


def _figure(cell: NetFigure) -> dict[str, Any]:
    figure = cell.figure
    if figure is None:
        return {"value": None, "missing": cell.missing, "why": cell.why}
    return {
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "n": figure.n or None,
        "difference": cell.difference,
        "verdict": None if cell.grade == "unknown" else cell.grade,
    }


def _facts(group: RunGroup, row: TableRow) -> list[str]:
    run = row.run
    facts = [group.letter, row.kind, row.title]
    if run is None:
        return [*facts, "", group.forgotten, "", "", "", _number(row.seconds), ""]
    own = [run.session, group.forgotten, run.spec.method.name, run.settings, str(run.spec.seed)]
    return [*facts, *own, _number(row.seconds), run.judged_by]


def _texts(cell: NetFigure) -> list[str]:
    figure = cell.figure
    if figure is None:
        return [cell.missing, "", "", "", "", ""]
    numbers = [_number(number) for number in (figure.value, figure.low, figure.high)]
    grade = "" if cell.grade == "unknown" else cell.grade
    return [*numbers, str(figure.n or ""), _number(cell.difference), grade]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
