"""Does the opinion matter? The same unlearning with different sources of the transition matrix.

    python tests/benchmarks/ablate_guidance.py SPEC [--mllm MODEL] [--clip FOLDER] [--sense FILE] [--seeds 0 1 2]
                                               [--combine auto] [--work DIR]

SPEC is a spec whose ``[audit] retrained`` is set; its ``[guidance]`` is replaced. Always: ``classifier``, ``centroids``
and ``uniform``. ``--sense`` is a matrix written by hand; for the demo world, ``--sense families`` says "alike" of kinds
of one family and nothing else. Prints a Markdown table of means over the seeds; gap: mean of the distances to
retraining in RA, FA, TA and MIA, with its standard deviation over the seeds.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from maga_desk.data.demo_world import FAMILY_OF, KINDS
from maga_desk.domain.results import Report
from maga_desk.domain.spec import RunSpec, parse_spec, read_spec
from tests.benchmarks.tables import head, report_of, row


def sources(options: argparse.Namespace, work: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if options.mllm:
        found[f"mllm ({Path(options.mllm).name})"] = {"proposer": "mllm", "model": options.mllm}
    if options.clip:
        found[f"clip ({Path(options.clip).name})"] = {"proposer": "clip", "model": options.clip}
    found |= {name: {"proposer": name} for name in ("classifier", "centroids", "uniform")}
    if options.sense:
        file = families_file(work / "families.csv") if options.sense == "families" else Path(options.sense)
        found["by hand"] = {"proposer": "file", "file": str(file.resolve())}
    return found


def families_file(path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["", *KINDS])
        for row in KINDS:
            table.writerow([row, *(int(FAMILY_OF[row] == FAMILY_OF[name] and row != name) for name in KINDS)])
    return path


def where_to(folder: Path) -> str:
    """The three labels that most forget pictures go to."""
    table = csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines())
    labels = Counter(row["perturbing"] for row in table)
    return ", ".join(f"{name} {100 * count / labels.total():.0f} %" for name, count in labels.most_common(3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", type=Path)
    parser.add_argument("--mllm")
    parser.add_argument("--clip")
    parser.add_argument("--sense")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--combine", default="auto")
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    base = read_spec(options.spec)
    with tempfile.TemporaryDirectory() as place:
        work = options.work or Path(place)
        work.mkdir(parents=True, exist_ok=True)
        print(head("T from", "labels"))
        first: Report | None = None
        for name, guidance in sources(options, work).items():
            reports, where = [], ""
            for seed in options.seeds:
                spec = with_guidance(base, {**guidance, "combine": options.combine}, seed, work / f"{name} {seed}")
                reports.append(report_of(spec))
                where = where or where_to(Path(spec.output.dir))
            if reports[0].retrained is None:
                raise SystemExit("the spec names no retrained model to compare with")
            gold = reports[0].retrained.metrics
            if first is None:
                first = reports[0]
                print(row(["(retrained)", ""], [gold], gold, first.retrain_seconds))
                print(row(["(original)", ""], [first.before.metrics], gold))
            after = [report.after.metrics for report in reports]
            print(row([name, where], after, gold, statistics.mean(report.seconds for report in reports)), flush=True)


def with_guidance(base: RunSpec, guidance: Mapping[str, Any], seed: int, folder: Path) -> RunSpec:
    """The same run with another source; the reference keeps the spec's own seed when it is a file."""
    return parse_spec({**base.model_dump(), "guidance": guidance, "seed": seed, "output": {"dir": str(folder)}})


if __name__ == "__main__":
    main()
