"""Showing a job's events to a person, or keeping quiet for a machine."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from maga_desk.cli.terminal import echo
from maga_desk.domain import architecture
from maga_desk.domain import events as ev
from maga_desk.domain.attack_controls import silent
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import visible
from maga_desk.domain.findings import findings, result_sentence
from maga_desk.domain.measure import GROUP_TITLES, Measure
from maga_desk.domain.measures import MEASURES, in_group
from maga_desk.domain.questions import answered
from maga_desk.domain.resolved import lines as used_lines
from maga_desk.domain.results import Figure, Report
from maga_desk.domain.specs.run import INTENT_WORDS
from maga_desk.domain.verdicts import GRADE_WORDS, Grade, Verdict, on_guesses, verdicts

_GRADES: Mapping[Grade, str] = {**GRADE_WORDS, "unknown": "-"}
_WORST, _MOVED = 3, 5.0  # how many classes are named, and points of accuracy that are a loss
Listener = Callable[[ev.Event], None]


def follow(
    job: Callable[[RunControl], Iterator[ev.Event]], *, quiet: bool, listen: Listener = lambda event: None
) -> ev.Ended:
    """Loop over a job's events. Ctrl-C cancels it (it then leaves what it needs to go on); twice stops at once.

    :param quiet: for machines: no bars; warnings still go to stderr.
    :raises Cancelled: it was cancelled.
    """
    control = RunControl()
    last = ev.Ended("finished")
    with _interruptible(control), _Screen(quiet) as screen:
        for event in job(control):
            listen(event)
            screen.show(event)
            if isinstance(event, ev.Ended):
                last = event
    if last.status == "cancelled":
        if last.folder:
            echo(f"what was done is kept in {last.folder}; go on with --resume", err=True)
        raise Cancelled
    return last


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout, with control characters as JSON escapes them."""
    echo(visible(json.dumps(value, ensure_ascii=False), "\\u{:04x}"))


@contextmanager
def _interruptible(control: RunControl) -> Iterator[None]:
    def cancel(_number: int, _frame: FrameType | None) -> None:
        if control.cancelled:
            raise KeyboardInterrupt
        control.cancel()

    try:
        before = signal.signal(signal.SIGINT, cancel)
    except ValueError:  # not in the main thread: whoever runs us there has the say
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Screen:
    """A bar for each stage where stderr is a terminal, lines for the rest; all on stderr."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=36),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._stage = ""
        self._task: TaskID | None = None
        self._note = ""

    def __enter__(self) -> _Screen:
        self._progress.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._progress.stop()

    def show(self, event: ev.Event) -> None:
        if isinstance(event, ev.Message):
            if not self._quiet or event.level != "info":
                self._print(event.text, {"warning": "yellow", "error": "red"}.get(event.level))
        elif self._quiet:
            return
        elif isinstance(event, ev.SetAside):
            self._print(f"what was in {event.folder} is now in {event.moved_to}")
        elif isinstance(event, ev.Progress):
            self._advance(event)
        elif isinstance(event, ev.Scalars):
            self._note = _short(event.values)
        elif isinstance(event, ev.Forecast):
            self._print(f"Memory: {event.text()}")
        elif isinstance(event, ev.Opened):
            self._print(describe_card(event.card))

    def _print(self, text: str, style: str | None = None) -> None:
        """A line that is not broken, so that a path in it can be copied."""
        self._console.print(escape(visible(text)), style=style, soft_wrap=True)

    def _advance(self, event: ev.Progress) -> None:
        if event.stage != self._stage or self._task is None:
            if self._task is not None:
                self._progress.update(self._task, note="")
            self._stage, self._note = event.stage, ""
            self._task = self._progress.add_task(event.stage, total=event.total or None, note="")
        self._progress.update(self._task, completed=event.done, total=event.total or None, note=self._note)


def _short(values: Mapping[str, float]) -> str:
    names = [(name, value) for name, value in values.items() if name.endswith("_accuracy")]
    return "  ".join(f"{name.removesuffix('_accuracy')} {value:.1f} %" for name, value in names)


def describe_card(card: ev.WorkspaceCard) -> str:
    """One line about what is open."""
    test = f", test {card.accuracy_test:.1f} %" if card.accuracy_test is not None else ""
    return (
        f"{architecture.title(card.arch)}, {card.parameters:,} parameters, {len(card.classes)} classes; "
        f"{card.train_pictures:,} training and {card.test_pictures:,} test pictures; "
        f"accuracy: training {card.accuracy_train:.1f} %{test}; {card.device}, {card.precision}"
    )


def report_lines(report: Report, forgotten: Collection[str] = (), *, explain: bool = False) -> list[str]:
    """The before / after / retrained table as text, the result with its 95 % interval and the pictures behind it.

    First what it comes to, from the figures alone.

    :param forgotten: classes that were to go: all others should have stayed.
    :param explain: say what each figure is and should be.
    """
    columns = [("before", report.before), ("after", report.after)]
    if report.retrained:
        columns.append(("retrained" if report.judged else "beside", report.retrained))
    lines = [result_sentence(report), *(found.what for found in findings(report)), *_worst_classes(report, forgotten)]
    lines += [f"{each.text()}." for each in report.limits if each.kept and not each.few]  # the others are findings
    lines += [each.text() for each in answered(report, forgotten)]
    lines.append(f"{'':28}" + "".join(f"{name:>12}" for name, _ in columns) + f"{'95 % of after':>20}{'n':>9}")
    shown = [key for key in MEASURES if any(audit.value(key) is not None for _, audit in columns)]
    for group, title in GROUP_TITLES.items():
        measures = in_group(group, shown)
        lines += [title] if measures else []
        for measure in measures:
            cells = "".join(f"{measure.text(audit.value(measure.key)):>12}" for _, audit in columns)
            lines.append(f"  {measure.title:26}{cells}{_certainty(measure, report.after.figures.get(measure.key))}")
    lines += [unsaid] if (unsaid := silent(report)) else []
    legend = [f"  {MEASURES[key].defined()}" for key in shown]
    lines += ["what the figures are", *legend] if explain else ["--explain says what each figure is and should be"]
    lines.append(f"unlearning took {report.cost_text()}")
    lines += report.forecast_lines()
    if report.scaled:
        lines.append(f"learning rates lowered to what the model bears: {report.scaled_text}")
    lines += ["settings used", *(f"  {line}" for line in used_lines(report.resolved))] if report.resolved else []
    if report.yardstick is not None:
        lines += [f"compared with {report.yardstick.text()}", *(f"  {why}" for why in report.yardstick.said)]
    if report.second is not None:
        lines += _second_lines(report)
    if report.intent in INTENT_WORDS:
        lines.append(f"what was asked for: {INTENT_WORDS[report.intent]}")
    return [*lines, *report.notes]


def _worst_classes(report: Report, forgotten: Collection[str]) -> list[str]:
    """The classes that were to stay and lost most, where that is more than chance moves them."""
    rows = zip(report.classes, report.before.per_class, report.after.per_class, strict=False)
    lost = sorted(
        (after - before, name, before, after)
        for name, before, after in rows
        if name not in forgotten and before is not None and after is not None and before - after > _MOVED
    )
    if not lost:
        return []
    told = ", ".join(f"{name} {before:.0f} to {after:.0f} %" for _, name, before, after in lost[:_WORST])
    return [f"Classes that were to stay and lost most: {told}."]


def _second_lines(report: Report) -> list[str]:
    """The figures and verdicts by two guesses of the recipe beside one another, and on what they disagree."""
    second, first, other = report.second, report.by_first(), report.by_second()
    if second is None or other is None:
        return []
    lines = [f"and with {second.yardstick.text()}", *(f"  {why}" for why in second.yardstick.said)]
    lines.append(f"{'':28}{'1st guess':>12}{'verdict':>10}{'2nd guess':>12}{'verdict':>10}")
    for one, two in zip(verdicts(first), verdicts(other), strict=True):
        if one.retrained is None and two.retrained is None and {one.grade, two.grade} == {"unknown"}:
            continue
        cells = "".join(f"{_beside(each):>12}{_GRADES[each.grade]:>10}" for each in (one, two))
        lines.append(f"  {one.measure.title:24}{cells}{'  *' if one.grade != two.grade else ''}")
    return [*lines, on_guesses(report)]


def _beside(judged: Verdict) -> str:
    """What retraining has; of what is a distance to it already, the distance."""
    return judged.measure.text(judged.after if judged.retrained is None else judged.retrained)


def _certainty(measure: Measure, figure: Figure | None) -> str:
    if figure is None:
        return ""
    known = figure.low is not None and figure.high is not None
    between = f"{measure.text(figure.low)} to {measure.text(figure.high)}" if known else ""
    return f"{between:>20}{figure.n or '':>9}"
