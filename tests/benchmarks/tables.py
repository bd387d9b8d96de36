"""Rows of the Markdown tables that the comparisons print."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited
from maga_desk.domain.results import Metrics, Report
from maga_desk.domain.spec import RunSpec
from maga_desk.services.runs import run

COLUMNS = {
    "RA": "retain_train",
    "FA": "forget_train",
    "TA": "retain_test",
    "FT": "forget_test",
    "MIA": "mia",
    "JS": "js_to_retrained",
    "probe": "probe",
}
GAP = ("retain_train", "forget_train", "retain_test", "mia")


def report_of(spec: RunSpec) -> Report:
    """Run a spec to its end."""
    return next(event.report for event in run(spec, RunControl()) if isinstance(event, Audited))


def gap(metrics: Metrics, retrained: Metrics) -> float:
    """Mean of the distances to retraining in RA, FA, TA and MIA, in points."""
    return statistics.mean(abs(getattr(metrics, name) - getattr(retrained, name)) for name in GAP)


def head(*first: str) -> str:
    names = [*first, *COLUMNS, "gap", "s"]
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}"


def row(first: Sequence[str], reports: Sequence[Metrics], retrained: Metrics, seconds: float | None = None) -> str:
    """Means over the seeds, the gap with its standard deviation."""
    cells = [_mean([getattr(metrics, key) for metrics in reports], key) for key in COLUMNS.values()]
    gaps = [gap(metrics, retrained) for metrics in reports]
    spread = f" ± {statistics.stdev(gaps):.2f}" if len(gaps) > 1 else ""
    told = "" if seconds is None else f"{seconds:.1f}"
    return f"| {' | '.join([*first, *cells, f'{statistics.mean(gaps):.2f}{spread}', told])} |"


def _mean(values: Sequence[float | None], key: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    return f"{statistics.mean(known):.3f}" if key == "js_to_retrained" else f"{statistics.mean(known):.1f}"
