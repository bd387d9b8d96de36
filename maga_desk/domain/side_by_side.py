"""Several judged runs next to one another: what they did, what was found, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import INTENT_WORDS, RunSpec
from maga_desk.domain.verdicts import verdicts


@dataclass(frozen=True)
class JudgedRun:
    """A run with its figures; ``title`` is how it stands in lists."""

    title: str
    spec: RunSpec
    report: Report


@dataclass(frozen=True)
class ComparedRow:
    """One fact or figure of all runs; ``differs`` where it is not the same in all of them."""

    title: str
    cells: tuple[str, ...]
    differs: bool


def rows_of(runs: Sequence[JudgedRun]) -> list[ComparedRow]:
    """Facts first, then every figure that one of the runs has, with its distance to the first run's."""
    found = [
        _row("Forgotten", [run.spec.forget.said() for run in runs]),
        _row("Method", [run.spec.method.name for run in runs]),
        _row("Settings", [_settings(run.spec) for run in runs]),
        _row("Result", [INTENT_WORDS.get(run.report.intent, "–") for run in runs]),
        _row("Seed", [str(run.spec.seed) for run in runs]),
        _row("Compared with", [_compared(run.report) for run in runs]),
        _row("Took", [run.report.cost_text() for run in runs]),
        _row("As after retraining", [_close(run.report) for run in runs]),
    ]
    for key, measure in MEASURES.items():
        values = [run.report.after.value(key) for run in runs]
        if all(value is None for value in values):
            continue
        first = values[0]
        cells = [
            measure.text(value)
            + (f" ({measure.text(value - first, signed=True)})" if place and None not in (value, first) else "")  # type: ignore[operator]
            for place, value in enumerate(values)
        ]
        found.append(ComparedRow(measure.title, tuple(cells), len({measure.text(value) for value in values}) > 1))
    return found


def _row(title: str, cells: list[str]) -> ComparedRow:
    return ComparedRow(title, tuple(cells), len(set(cells)) > 1)


def _compared(report: Report) -> str:
    return "; ".join(each.text() for each in report.yardsticks) or "nothing"


def _settings(spec: RunSpec) -> str:
    changed = [f"{name} {value}" for name, value in spec.method.params.items()]
    return ", ".join([spec.method.preset, *changed])


def _close(report: Report) -> str:
    judged = [each for each in verdicts(report) if each.grade != "unknown"]
    return f"{sum(each.grade == 'close' for each in judged)} of {len(judged)} figures" if judged else "not judged"
