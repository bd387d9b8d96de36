"""Every method at its defaults on one spec, as a Markdown table.

    python tests/benchmarks/compare_methods.py SPEC [--methods maga scrub ...] [--seeds 0 1 2] [--work DIR]

SPEC is a spec whose ``[audit] retrained`` names a checkpoint; its ``[method]`` is replaced. Methods that cannot do the
task are left out. gap: mean of the distances to retraining in RA, FA, TA and MIA, with its standard deviation over the
seeds; probe: what a linear probe still reads off the features.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from maga_desk.domain.errors import MethodError
from maga_desk.domain.results import Report
from maga_desk.domain.spec import parse_spec, read_spec
from maga_desk.engine.registry import METHODS
from tests.benchmarks.tables import head, report_of, row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", type=Path)
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, default=[name for name in METHODS if name != "retrain"]
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    base = read_spec(options.spec).model_dump()
    with tempfile.TemporaryDirectory() as place:
        work = options.work or Path(place)
        first: Report | None = None
        for name in options.methods:
            reports = []
            for seed in options.seeds:
                out = {"dir": str(work / f"{name} {seed}")}
                spec = parse_spec({**base, "method": {"name": name}, "seed": seed, "output": out})
                try:
                    reports.append(report_of(spec))
                except MethodError as error:
                    print(f"{name}: {error}", file=sys.stderr)
                    break
            if not reports:
                continue
            if reports[0].retrained is None:
                raise SystemExit("the spec names no retrained model to compare with")
            gold = reports[0].retrained.metrics
            if first is None:
                first = reports[0]
                print(head("method"))
                print(row(["(retrained)"], [gold], gold, first.retrain_seconds))
                print(row(["(original)"], [first.before.metrics], gold))
            seconds = statistics.mean(report.seconds for report in reports)
            print(row([name], [report.after.metrics for report in reports], gold, seconds), flush=True)


if __name__ == "__main__":
    main()
