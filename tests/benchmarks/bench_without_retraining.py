"""Judged without a retrained model, and with one: how often do the two agree?

The demo's three tasks and its small nets; each method's result is judged by verification models and by the demo's own
retrained model, and the answers to the five questions stand beside one another.

    python -m tests.benchmarks.bench_without_retraining --out OUT [--tasks class ...] [--methods maga ...]

What was judged before is read from OUT, so that an interrupted comparison goes on. The table goes to OUT/table.md.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Event, Message, drained
from maga_desk.domain.files import write_text
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.questions import ANSWER_WORDS, AuditQuestion, answered
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.engine.registry import METHODS
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace, open_workspace

NOTHING = "none"  # the original itself, as if it had forgotten
TASKS: Mapping[str, str] = {"class": "kinds", "sub-class": "families", "random": "kinds"}
SETTINGS = (NOTHING, "logit-mask", "fine-tune", "scrub", "salun", "maga", "retrain")
Agreement = str
AGREEMENTS: tuple[Agreement, ...] = ("agree", "not sure", "milder", "stricter")


def judged(task: str, method: str, workspace: Workspace, out: Path) -> Report:
    """The report of a method on a task by both, made or read."""
    kept = out / task / f"{method}.json"
    if kept.exists():
        return Report.from_dict(json.loads(kept.read_text(encoding="utf-8")))
    spec = spec_of(task, out).with_changes("output", dir=str(out / task / method))
    if method == NOTHING:
        original = resources_dir() / "demo" / f"{TASKS[task]}.safetensors"
        events = told(judge(Erasure.of(workspace, spec), original, RunControl()))
    else:
        named = spec.with_changes("method", name=method)
        events = told(run(named, RunControl(), workspace=workspace, resume=True))
    report = next(event.report for event in events if isinstance(event, Audited))
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_text(kept, json.dumps(report.as_dict()))
    return report


def spec_of(task: str, out: Path) -> RunSpec:
    """The demo's example with the full audit and the one without retraining."""
    spec = read_spec(resources_dir() / "examples" / f"demo-{task}.toml")
    spec = spec.with_changes("guidance", proposer="classifier").with_changes("output", dir=str(out / task))
    return spec.with_changes("audit", without_retraining=True)


def told(events: Iterator[Event]) -> list[Event]:
    kept = []
    for event in events:
        kept.append(event)
        if isinstance(event, Message):
            print("   ", event.text, flush=True)
    return kept


def both(report: Report) -> Iterator[tuple[AuditQuestion, AuditQuestion]]:
    """Each question by the retrained model, and by the verification models alone."""
    alone = replace(report, retrained=None, yardstick=None)
    return zip(answered(report), answered(alone), strict=True)


def sign_of(question: AuditQuestion) -> str:
    """What verification models say to a question in all: a sign, none, or neither; empty where they say nothing."""
    said = [each for each in question.evidence if each.by]
    if any(each.answer == "not as" for each in said):
        return "a sign"
    if any("no sign" in each.why and each.best is not None for each in said):
        return "no sign"
    return "undecided" if said else ""


def agreement(full: AuditQuestion, sign: str) -> Agreement | None:
    """``None`` where there is nothing to compare."""
    if full.answer == "not run" or not sign:
        return None
    if sign == "undecided":
        return "not sure"
    if sign == "a sign":
        return "agree" if full.answer == "not as" else "stricter"
    return "milder" if full.answer == "not as" else "agree"


def table(reports: Mapping[tuple[str, str], Report]) -> Iterator[str]:
    """A row for each result, and how often the two agree, by question."""
    first = next(iter(reports.values()))
    titles = [full.title for full, _ in both(first)]
    counts: dict[str, Counter[str]] = {title: Counter() for title in titles}
    yield f"| task | method | {' | '.join(titles)} |"
    yield "|---" * (len(titles) + 2) + "|"
    for (task, method), report in reports.items():
        cells = []
        for full, alone in both(report):
            sign = sign_of(alone)
            found = agreement(full, sign)
            counts[full.title][found or "not compared"] += 1
            cells.append(f"{ANSWER_WORDS[full.answer]}; {sign or 'says nothing'}{f': **{found}**' if found else ''}")
        yield f"| {task} | {method} | {' | '.join(cells)} |"
    yield ""
    columns = (*AGREEMENTS, "not compared")
    yield f"| question | {' | '.join(columns)} |"
    yield "|---|" + "---:|" * len(columns)
    for title, found_here in counts.items():
        yield f"| {title} | {' | '.join(str(found_here[each]) for each in columns)} |"
    pairs = [(full.answer, sign_of(alone)) for report in reports.values() for full, alone in both(report)]
    signs = Counter(answer == "not as" for answer, sign in pairs if sign == "a sign")
    wrong = sum(answer == "not as" and bool(sign) for answer, sign in pairs)
    quiet = Counter(answer for answer, sign in pairs if sign == "no sign")
    total = sum(counts.values(), Counter[str]())
    yield f"| **all** | {' | '.join(f'**{total[each]}**' for each in columns)} |"
    yield ""
    yield (
        f"Of {wrong} answers *not as after retraining* a sign was found in {signs[True]}; of {signs.total()} signs "
        f"{signs[False]} stand where the full audit does not say so. No sign was found in {quiet.total()}: there the "
        f"full audit says {', '.join(f'*{ANSWER_WORDS[each]}* {count} times' for each, count in quiet.items())}."
    )


def figures(reports: Mapping[tuple[str, str], Report]) -> Iterator[str]:
    """What the verification models found, figure by figure: the result's, and the difference to what is expected."""
    keys = dict.fromkeys(key for report in reports.values() if report.without for key in report.without.told)
    yield f"| task | method | {' | '.join(f'`{key}`' for key in keys)} |"
    yield "|---" * (len(keys) + 2) + "|"
    for (task, method), report in reports.items():
        cells = []
        for key in keys:
            one, figure = (report.without.told.get(key) if report.without else None), report.after.figures.get(key)
            known = one is not None and one.expected is not None
            beside = f" ({_signed(one.low)} to {_signed(one.high)})" if one is not None and known else ""
            mark = {"found": "✗", "none": "✓", "unsure": "?"}[one.sign] if one is not None else ""
            cells.append(f"{figure.value:.3g}{beside} {mark}" if figure is not None and one is not None else "")
        yield f"| {task} | {method} | {' | '.join(cells)} |"


def _signed(value: float) -> str:
    return f"{value:+.0f}".replace("-", "−")


def main(out: Path, tasks: Sequence[str], methods: Sequence[str]) -> None:
    reports: dict[tuple[str, str], Report] = {}
    for task in tasks:
        workspace = drained(open_workspace(spec_of(task, out), RunControl()))
        for method in methods:
            if method != NOTHING and task not in METHODS.find(method).info.tasks:
                continue
            print(task, method, flush=True)
            reports[task, method] = judged(task, method, workspace, out)
            text = "\n".join([*table(reports), "", *figures(reports)])
            write_text(out / "table.md", text + "\n")
    print(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--methods", nargs="+", default=list(SETTINGS))
    asked = parser.parse_args()
    main(asked.out.resolve(), asked.tasks, asked.methods)
