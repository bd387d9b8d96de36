"""A comparison as Markdown, as JSON, and as the short table of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from maga_desk.domain.measures import DEFINITIONS, MEASURES, definitions, in_group, in_table
from maga_desk.domain.specs.comparison import Comparison
from maga_desk.domain.standings import RANKED, Cell, Overall, Rank, Row, overall, ranks, table
from maga_desk.domain.trials import Trial

SECONDS, SHARE = "seconds", "share"
_FIRST = (*(m.key for m in in_group("accuracy")), *(m.key for m in in_group("distance")), SECONDS, SHARE)
_SECOND = tuple(m.key for group in ("membership", "residue", "returns") for m in in_group(group))
_ORDERED_BY = "gap"
_DECIMALS = {"nats": 3, "share": 3, "points": 2, "percent": 1, "steps": 0, "rank": 1}


def heading(key: str) -> str:
    """A column's short name."""
    return {SECONDS: "s", SHARE: "% of retraining"}.get(key) or MEASURES[key].short


def cell_text(key: str, cell: Cell | None) -> str:
    """``79.1 ± 0.3``; empty when unknown."""
    if cell is None:
        return ""
    decimals = _decimals(key)
    spread = "" if cell.std is None else f" ± {cell.std:.{decimals}f}"
    return f"{cell.mean:.{decimals}f}{spread}"


def markdown(comparison: Comparison, trials: Sequence[Trial], machine: Mapping[str, Any]) -> str:
    """All tables of a comparison, with the machine, versions and seeds that they were made with."""
    parts = [f"## {comparison.plan.title or 'Comparison'}", about(comparison, machine)]
    if len(comparison.plan.tasks) > 1:
        parts += [
            "### Over all tasks and seeds: mean distance to retraining",
            "\n".join(_overall_grid(overall(trials))),
        ]
    for task in comparison.plan.tasks:
        rows = table(trials, task.name)
        parts.append(f"### {task.name}")
        for keys in (_FIRST, _SECOND):
            parts.append("\n".join(_grid([row for row in rows if row.cells], keys)))
        parts.append("\n".join(_interval_grid([row for row in rows if row.cells])))
        seeds = len(comparison.plan.seeds)
        partly = [
            f"- {row.name}: {row.seeds} of {seeds} seeds; {row.reason}" for row in rows if row.cells and row.reason
        ]
        if partly:
            parts.append("\n".join(["Not with every seed:", "", *partly]))
        silent = [f"- {row.name}: {row.reason}" for row in rows if not row.cells]
        if silent:
            parts.append("\n".join(["Not in the table:", "", *silent]))
        lowered = _lowered(trials, task.name)
        if lowered:
            parts.append("\n".join(["Learning rates lowered to what the model bears:", "", *lowered]))
        tuned = [f"- {row.name}: {_settings(row.tuned)}" for row in rows if row.tuned is not None]
        if tuned:
            parts.append("\n".join(["Settings found by tuning:", "", *tuned]))
    for by, meaning in RANKED.items():
        found = ranks(trials, by)
        if len(found) > 1:
            parts.append("\n".join([f"### Mean rank by {meaning}", "", *_rank_lines(found)]))
    shown = {key for task in comparison.plan.tasks for row in table(trials, task.name) for key in row.cells}
    defined = [f"- {measure.defined()}" for key, measure in MEASURES.items() if key in shown]
    parts += ["\n".join(["### What the figures are", "", *defined])] if defined else []
    return "\n\n".join(parts) + "\n"


def about(comparison: Comparison, machine: Mapping[str, Any]) -> str:
    """One paragraph: on what, with which versions, seeds and tuning."""
    plan = comparison.plan
    seeds = ", ".join(str(seed) for seed in plan.seeds)
    seeds = f"seeds {seeds} (mean ± standard deviation)" if len(plan.seeds) > 1 else f"seed {seeds}"
    tuning = "settings not tuned"
    if plan.tuning.budget:
        left = " and ".join(f"{row.name!r}" for row in plan.methods if not row.tune)
        who = f"every contender but {left}" if left else "every contender"
        tuning = f"{who} tuned with {plan.tuning.budget} settings on other forget sets, judged on held-out pictures"
    facts = ", ".join(f"{key} {value}" for key, value in machine.items() if value)
    return f"{facts}; {seeds}; {tuning}."


def as_json(comparison: Comparison, trials: Sequence[Trial], machine: Mapping[str, Any]) -> dict[str, Any]:
    """The same for machines, with every single value."""
    return {
        "title": comparison.plan.title,
        "machine": dict(machine),
        "seeds": list(comparison.plan.seeds),
        "tasks": {task.name: [asdict(row) for row in table(trials, task.name)] for task in comparison.plan.tasks},
        "overall": [asdict(row) for row in overall(trials)],
        DEFINITIONS: definitions(),
        "ranks": {by: [asdict(rank) for rank in ranks(trials, by)] for by in RANKED},
    }


def for_terminal(trials: Sequence[Trial], task: str) -> Table:
    """The most telling figures of a task."""
    shown = Table(title=task, title_justify="left", title_style="bold", header_style="")
    shown.add_column("", no_wrap=True)
    rows = [row for row in table(trials, task) if row.cells]
    keys = [key for key in (*in_table("terminal"), SECONDS, SHARE) if any(key in row.cells for row in rows)]
    for key in keys:
        shown.add_column(heading(key), justify="right", no_wrap=True)
    for row in rows:
        shown.add_row(row.name, *(_mean_text(key, row.cells.get(key)) for key in keys))
    return shown


def _mean_text(key: str, cell: Cell | None) -> str:
    return "" if cell is None else cell_text(key, Cell(cell.mean, None, cell.values))


def _grid(rows: Sequence[Row], keys: Iterable[str]) -> list[str]:
    keys = [key for key in keys if any(key in row.cells for row in rows)]
    lines = [f"| | {' | '.join(heading(key) for key in keys)} |", "|---|" + "---:|" * len(keys)]
    return lines + [
        f"| {row.name} | {' | '.join(cell_text(key, row.cells.get(key)) for key in keys)} |" for row in rows
    ]


def _overall_grid(rows: Sequence[Overall]) -> list[str]:
    shown = dict.fromkeys((_ORDERED_BY, *in_table("overall"), SHARE))
    keys = [key for key in shown if any(key in row.distances for row in rows)]
    lines = [f"| | {' | '.join(heading(key) for key in keys)} | tasks x seeds |", "|---|" + "---:|" * (len(keys) + 1)]
    for row in rows:
        cells = [f"{row.distances[key]:.{_decimals(key)}f}" if key in row.distances else "" for key in keys]
        lines.append(f"| {row.name} | {' | '.join(cells)} | {row.cells} |")
    return lines


def _decimals(key: str) -> int:
    return 1 if key in (SECONDS, SHARE) else _DECIMALS[MEASURES[key].unit]


def _interval_grid(rows: Sequence[Row]) -> list[str]:
    """The most telling figures again, with their 95 % intervals over seeds and pictures, and n."""
    keys = [
        key for key in in_table("intervals") if any(key in row.cells and row.cells[key].low is not None for row in rows)
    ]
    counts = [max((row.cells[key].n for row in rows if key in row.cells), default=0) for key in keys]
    heads = [f"{heading(key)}, n {n:,}" if n else heading(key) for key, n in zip(keys, counts, strict=True)]
    lines = [f"| 95 % over seeds and pictures | {' | '.join(heads)} |", "|---|" + "---:|" * len(keys)]
    return lines + [f"| {row.name} | {' | '.join(_between(key, row.cells.get(key)) for key in keys)} |" for row in rows]


def _between(key: str, cell: Cell | None) -> str:
    if cell is None or cell.low is None or cell.high is None:
        return ""
    decimals = _DECIMALS[MEASURES[key].unit]
    return f"{cell.low:.{decimals}f} to {cell.high:.{decimals}f}"


def _rank_lines(found: Sequence[Rank]) -> list[str]:
    lines = ["| | mean rank | 95 % | tasks x seeds |", "|---|---:|---:|---:|"]
    return lines + [
        f"| {rank.name} | {rank.mean:.1f} | {rank.low:.1f} to {rank.high:.1f} | {rank.cells} |" for rank in found
    ]


def _lowered(trials: Sequence[Trial], task: str) -> list[str]:
    """Of each contender the rates that were used, where its defaults would have harmed the model."""
    found: dict[str, dict[str, None]] = {}
    for trial in trials:
        if trial.task == task and trial.report is not None and trial.report.scaled:
            found.setdefault(trial.contender, {})[trial.report.scaled_text] = None
    return [f"- {name}: {'; '.join(texts)}" for name, texts in found.items()]


def _settings(tuned: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in tuned.items()) or "its defaults"
