"""What to do where a report is not as it should be: another method, or one parameter of it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from maga_desk.domain.methods import TASKS, MethodInfo, Situation, Turn, recommended
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import Intent, MethodSpec
from maga_desk.domain.specs.section import field_title

NO_DEEPER = "Only a model trained anew without the pictures has no trace of them: choose Retraining on the Run page."


@dataclass(frozen=True)
class Used:
    """The method behind a report, and those that there are; all of it may be unknown."""

    spec: MethodSpec | None = None
    methods: Sequence[MethodInfo] = ()

    @property
    def info(self) -> MethodInfo | None:
        return next((info for info in self.methods if self.spec is not None and info.name == self.spec.name), None)

    def recommended(self, task: str) -> MethodInfo | None:
        """The best choice for a task by our measurements."""
        return next((recommended(self.methods, each) for each in TASKS if each == task), None)


def firmer(report: Report, used: Used) -> str:
    """What to do where too little was forgotten."""
    return _changed(report, used, used.info.firmer if used.info else None)


def gentler(report: Report, used: Used) -> str:
    """What to do where too much was."""
    return _changed(report, used, used.info.gentler if used.info else None)


def _changed(report: Report, used: Used, turn: Turn | None) -> str:
    """Another method where the best one was not used; else one parameter of it changed."""
    best = used.recommended(report.task)
    if best is not None and not is_used(used, best):
        return choosing(best)
    if turn is None or used.info is None or used.spec is None:
        return NO_DEEPER if used.info is not None else "Run again with another method or other parameters."
    title = field_title(turn.field, used.info.params.model_fields[turn.field])
    now = _current(report, used.info, used.spec, turn.field)
    value = f" from {now:g} to {turned(used.info, turn, now):g}" if now is not None else ""
    return f"Run again with {title} {'raised' if turn.up else 'lowered'}{value}."


def turned(info: MethodInfo, turn: Turn, now: float) -> float:
    """The next value that way: of those that tuning tries, else twice or half of it, within the field's bounds."""
    tried = [float(value) for value in info.search.get(turn.field, ()) if isinstance(value, int | float)]
    beyond = [value for value in tried if (value > now if turn.up else value < now)]
    if beyond:
        return min(beyond) if turn.up else max(beyond)
    wanted = now * (2 if turn.up else 0.5)
    for bound in info.params.model_fields[turn.field].metadata:
        for name in ("ge", "le", "lt"):
            limit = getattr(bound, name, None)
            if limit is not None:
                wanted = max(wanted, limit) if name == "ge" else min(wanted, limit)
            if name == "lt" and limit is not None and wanted >= limit:
                wanted = (now + limit) / 2
    whole = isinstance(now, int) or info.params.model_fields[turn.field].annotation is int
    return max(1, round(wanted)) if whole else wanted


def _current(report: Report, info: MethodInfo, spec: MethodSpec, name: str) -> float | None:
    """A parameter's value in the run, ``None`` where it is none."""
    value: Any = spec.params.get(name)
    if value is None and report.task in TASKS and report.task in info.tasks:
        sizes = {
            size: report.after.figures[key].n
            for size, key in (("forget", "forget_train"), ("retain", "retain_train"))
            if key in report.after.figures and report.after.figures[key].n
        }
        intent: Intent = "concept" if report.intent == "concept" else "membership"
        task = next(each for each in TASKS if each == report.task)
        situation = Situation.of(task, intent, classes=len(report.classes), **sizes)
        value = {**info.params().model_dump(), **info.settings(situation, spec.preset)}.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def choosing(best: MethodInfo) -> str:
    """The advice to take another method."""
    return f"Choose {best.title} on the Run page, the method that did best at this task."


def is_used(used: Used, info: MethodInfo) -> bool:
    """Whether the run used this method."""
    return used.spec is not None and used.spec.name == info.name
