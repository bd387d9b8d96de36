"""What a pilot forecast beside what it took: several methods on the demo world, each forecast and then run.

    python -m tests.benchmarks.bench_forecast [SECONDS] [METHOD ...]

Of its training pictures 2,000 are taken, so that the whole is done in minutes. A table: expected and actual seconds,
their ratio, and whether the interval had the actual one. The audit's are those of the first three runs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from maga_desk.domain.control import RunControl
from maga_desk.domain.demo import DEMO_TASKS
from maga_desk.domain.events import Audited, Forecasted
from maga_desk.domain.memory import keep_freed_memory
from maga_desk.domain.run_forecast import Expectation, RunForecast
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.waiting import wait_asleep
from maga_desk.services.erasure import Erasure
from maga_desk.services.pilot import SECONDS, forecasting_run
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace, open_workspace

PICTURES = 2000
METHODS = (
    "retrain",
    "maga",
    "maga-relearn",
    "fine-tune",
    "neggrad-plus",
    "scrub",
    "sfr-on",
    "delete",
    "gradient-ascent",
    "bad-teacher",
    "ssd",
    "kodge",
)


def main(seconds: float, methods: tuple[str, ...]) -> None:
    wait_asleep()  # as the program does at its start
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as home:
        os.environ["MAGA_DESK_HOME"] = home
        plain = DEMO_TASKS[0].spec().with_changes("guidance", proposer="classifier", model=None)
        plain = plain.with_changes("audit", retrained=None).with_changes("data", train_limit=PICTURES)
        workspace = _opened(plain)
        print("| what | forecast, s | 95 % interval | it took, s | forecast / took | within |")
        print("|---|---:|---:|---:|---:|---|", flush=True)
        for name in methods:
            spec = plain.with_changes("method", name=name, params={})
            spec = spec.with_changes("output", dir=str(Path(home) / name))
            forecast = _forecast(workspace, spec, seconds)
            report = next(
                event.report
                for event in list(run(spec, RunControl(), workspace=workspace))
                if isinstance(event, Audited)
            )
            _row(name, forecast.method, report.seconds)
            if name in methods[:3]:
                _row(f"the audit after {name}", forecast.audit, report.audit_seconds)


def _opened(spec: RunSpec) -> Workspace:
    opening = open_workspace(spec, RunControl())
    while True:
        try:
            next(opening)
        except StopIteration as stop:
            found: Workspace = stop.value
            return found


def _forecast(workspace: Workspace, spec: RunSpec, seconds: float) -> RunForecast:
    events = forecasting_run(Erasure.of(workspace, spec), RunControl(), seconds=seconds)
    return next(event.forecast for event in list(events) if isinstance(event, Forecasted))


def _row(what: str, part: Expectation | None, took: float | None) -> None:
    if part is None or took is None:
        return
    high = "–" if part.high is None else f"{part.high:.1f}"
    within = part.low <= took and (part.high is None or took <= part.high)
    said = "yes" if within else "no"
    cells = f"{part.seconds:.1f} | {part.low:.1f} to {high} | {took:.1f} | {part.seconds / max(took, 1e-9):.2f}"
    print(f"| {what} | {cells} | {said} |", flush=True)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(float(arguments[0]) if arguments else SECONDS, tuple(arguments[1:]) or METHODS)
