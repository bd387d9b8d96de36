"""Tables of a comparison: means and spreads over the seeds, and ranks with intervals over tasks and seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.measures import MEASURES, ranked
from maga_desk.domain.results import Audit, Report
from maga_desk.domain.trials import Trial
from maga_desk.domain.verdicts import verdict

RETRAINED, ORIGINAL = "(retrained)", "(original)"
ROUNDS, SEED = 2000, 0
_WIDTH = 3.92  # of a 95 % interval, in standard deviations

RANKED: Mapping[str, str] = {
    "gap": "average gap to retraining",
    "js_to_retrained": "JS to retraining",
    "residue": "probe, prototypes and relearning, distance to retraining",
    "membership": "attacks, distance to retraining",
}
"""What contenders are ranked by: a figure, or the mean of the distances of a group's (``Measure.ranked``) in units of
what counts as close.
"""


@dataclass(frozen=True)
class Cell:
    """One figure of a row: over the seeds; ``std`` is ``None`` for a single seed.

    :param low: with ``high`` the 95 % interval of the mean, resampled over seeds and pictures; ``None`` when unknown.
    :param n: pictures that each value rests on, 0 where that is no matter of pictures.
    """

    mean: float
    std: float | None
    values: tuple[float, ...]
    low: float | None = None
    high: float | None = None
    n: int = 0


@dataclass(frozen=True)
class Row:
    """A contender on a task.

    :param cells: by key of a measure; ``seconds`` and ``share`` (of retraining's, in percent) besides.
    :param reason: why there is no figure.
    """

    name: str
    cells: Mapping[str, Cell]
    seeds: int
    reason: str = ""
    tuned: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Rank:
    """A contender's mean rank (1 is best) over tasks and seeds, and its 95 % interval.

    :param cells: how many (task, seed) it was ranked in.
    """

    name: str
    mean: float
    low: float
    high: float
    cells: int


def table(trials: Sequence[Trial], task: str) -> list[Row]:
    """The rows of a task: retrained, original, then the contenders, the smallest gap first."""
    mine = [trial for trial in trials if trial.task == task]
    done = [trial for trial in mine if trial.report is not None]
    rows = _yardsticks([trial.report for trial in done if trial.report is not None])
    names = list(dict.fromkeys(trial.contender for trial in mine))
    found = [_row(name, [trial for trial in mine if trial.contender == name]) for name in names]
    return rows + sorted(found, key=lambda row: row.cells["gap"].mean if "gap" in row.cells else np.inf)


def ranks(trials: Sequence[Trial], by: str) -> list[Rank]:
    """Contenders by mean rank; each (task, seed) counts once, among the contenders that can do the task.

    Who failed at one comes last there. The interval resamples those cells. Ties share the mean of their places.
    """
    cells: dict[tuple[str, int], dict[str, float]] = {}
    for trial in trials:
        value = _badness(trial.report, by) if trial.report else np.inf if trial.status == "failed" else None
        if value is not None:
            cells.setdefault((trial.task, trial.seed), {})[trial.contender] = value
    names = list(dict.fromkeys(trial.contender for trial in trials))
    places = np.full((len(cells), len(names)), np.nan)
    for line, values in enumerate(cells.values()):
        order = _places(np.array(list(values.values())))
        for name, place in zip(values, order, strict=True):
            places[line, names.index(name)] = place
    rng = np.random.default_rng(SEED)
    drawn = places[rng.integers(0, max(1, len(places)), (ROUNDS, len(places)))] if len(places) else places[None]
    found = []
    for column, name in enumerate(names):
        known = places[:, column][~np.isnan(places[:, column])]
        if not len(known):
            continue
        samples = _means(drawn[:, :, column])
        low, high = np.percentile(samples, [2.5, 97.5])
        found.append(Rank(name, float(known.mean()), float(low), float(high), len(known)))
    return sorted(found, key=lambda rank: rank.mean)


@dataclass(frozen=True)
class Overall:
    """A contender over all tasks and seeds: the mean distance of each figure from what it should be.

    :param distances: by key of a measure; ``share`` of retraining's seconds, in percent, besides.
    :param cells: how many (task, seed) there are figures of.
    """

    name: str
    distances: Mapping[str, float]
    cells: int


def overall(trials: Sequence[Trial]) -> list[Overall]:
    """All contenders with figures, the smallest mean gap first."""
    reports: dict[str, list[Report]] = {}
    for trial in trials:
        if trial.report is not None:
            reports.setdefault(trial.contender, []).append(trial.report)
    found = []
    for name, mine in reports.items():
        known = {key: [d for report in mine if (d := distance(report, key)) is not None] for key in MEASURES}
        known["share"] = [100 * share for report in mine if (share := report.share_of_retraining) is not None]
        found.append(Overall(name, {key: statistics.mean(each) for key, each in known.items() if each}, len(mine)))
    return sorted(found, key=lambda row: row.distances.get("gap", np.inf))


def distance(report: Report, key: str) -> float | None:
    """How far a figure is from what it should be, ``None`` when that is unknown."""
    difference = verdict(report, key).difference
    return None if difference is None else abs(difference)


def _badness(report: Report, by: str) -> float | None:
    if by in MEASURES:
        return distance(report, by)
    parts = [(distance(report, key), MEASURES[key].close) for key in ranked(by)]
    known = [value / close for value, close in parts if value is not None]
    return statistics.mean(known) if known else None


def _yardsticks(reports: Sequence[Report]) -> list[Row]:
    if not reports:
        return []
    rows = []
    for name, audits in (
        (RETRAINED, _distinct(report.retrained for report in reports)),
        (ORIGINAL, _distinct(report.before for report in reports)),
    ):
        if audits:
            cells = {key: _figures(audits, key) for key in MEASURES}
            rows.append(Row(name, {key: cell for key, cell in cells.items() if cell is not None}, len(audits)))
    retraining = sorted({report.retrain_seconds for report in reports if report.retrain_seconds})
    if retraining and rows and rows[0].name == RETRAINED:
        seconds = Cell(statistics.mean(retraining), _std(retraining), tuple(retraining))
        rows[0] = Row(RETRAINED, {**rows[0].cells, "seconds": seconds}, rows[0].seeds)
    return rows


def _distinct(audits: Iterable[Audit | None]) -> list[Audit]:
    found: list[Audit] = []
    for audit in audits:
        if audit is not None and audit not in found:
            found.append(audit)
    return found


def _row(name: str, trials: Sequence[Trial]) -> Row:
    reports = [trial.report for trial in trials if trial.report is not None]
    reason = next((trial.reason for trial in trials if trial.reason), "")
    cells = {key: _figures([report.after for report in reports], key) for key in MEASURES}
    cells["seconds"] = _cell([report.seconds for report in reports])
    shares = [report.share_of_retraining for report in reports]
    cells["share"] = _cell([None if share is None else 100 * share for share in shares])
    tuned = next((trial.tuned for trial in trials), None)
    return Row(name, {key: cell for key, cell in cells.items() if cell is not None}, len(reports), reason, tuned)


def _figures(audits: Sequence[Audit], key: str) -> Cell | None:
    """A figure over the seeds, with the interval of its mean: seeds are drawn, then each one's value within its own."""
    found = [audit.figures[key] for audit in audits if key in audit.figures]
    cell = _cell([figure.value for figure in found])
    if cell is None:
        return None
    values = np.array(cell.values)
    sure = [figure.low is not None and figure.high is not None for figure in found]
    widths = np.array([(f.high - f.low) / _WIDTH if f.low is not None and f.high is not None else 0 for f in found])
    n = min(figure.n for figure in found)
    if not all(sure) and len(found) == 1:
        return replace(cell, n=n)
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(0, len(values), (ROUNDS, len(values)))
    means = (values[drawn] + widths[drawn] * rng.standard_normal(drawn.shape)).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    if all(figure.low is None or figure.low >= 0 for figure in found):
        low = max(low, 0.0)  # a normal spread knows no bounds
    return replace(cell, low=float(low), high=float(high), n=n)


def _cell(values: Sequence[float | None]) -> Cell | None:
    known = [value for value in values if value is not None]
    return Cell(statistics.mean(known), _std(known), tuple(known)) if known else None


def _std(values: Sequence[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 else None


def _places(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places from 1, ties at their mean."""
    smaller = (values[None, :] < values[:, None]).sum(axis=1)
    same = (values[None, :] == values[:, None]).sum(axis=1)
    places: NDArray[np.float64] = smaller + (same + 1) / 2
    return places


def _means(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row means that leave out what is not a number; rows without any are left out."""
    known = ~np.isnan(samples)
    counts = known.sum(axis=1)
    sums = np.where(known, samples, 0).sum(axis=1)
    means: NDArray[np.float64] = sums[counts > 0] / counts[counts > 0]
    return means
