"""The content of ``summary.json``, and the part of it that another judgement changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from maga_desk.domain.effects import over_unlearned, unchanged
from maga_desk.domain.results import Report, SecondJudgement


def judged_part(report: Report) -> dict[str, Any]:
    """The keys of a summary that come from the report, as plain data: another judgement changes them alone."""
    whole = report.as_dict()
    keys = (
        "seconds",
        "retrain_seconds",
        "intent",
        "notes",
        "not_found",
        "twins",
        "resolved",
        "moved",
        "limits",
        "stopped",
        "audit_seconds",
    )
    return {
        **{key: whole[key] for key in (*keys, *_BESIDE)},
        "metrics": report.after.values(),
        "before": report.before.values(),
        "retrained": report.retrained.values() if report.retrained else None,
        "second": _second_part(report.second),
        "ruined": report.ruined,
        "unchanged": bool(unchanged(report)),
        "over_unlearned": bool(over_unlearned(report)),
    }


def _second_part(second: SecondJudgement | None) -> dict[str, Any] | None:
    """The second judgement as a summary has it."""
    if second is None:
        return None
    nets = {"metrics": second.after, "before": second.before, "retrained": second.retrained}
    return {"yardstick": asdict(second.yardstick), **{key: audit.values() for key, audit in nets.items()}}


def rejudged(summary: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """A summary after another judgement, wherever it stands."""
    return {**summary, **judged_part(report)}


_BESIDE = ("forecast", "yardstick", "passes", "retrain_passes", "machine", "retrain_machine")


@dataclass(frozen=True)
class Summary:
    """The content of ``summary.json``. Keys beyond the contract may be added, never taken away.

    :param metrics: the unlearned model's figures by key of :data:`~maga_desk.domain.measures.MEASURES`, ``None`` is
        unknown; likewise ``before`` and ``retrained``.
    :param forgotten_classes: classes of which nothing stays, however the request named them.
    :param environment: the program's code, Python, system and packages (:mod:`maga_desk.services.environment`).
    :param forecast: what a pilot said before the run (:class:`~maga_desk.domain.run_forecast.RunForecast`), ``None``
        where nobody asked for one; ``audit_seconds``: what the audit took.
    :param second: the same by the second guess of the recipe, with its yardstick.

    The keys about labels are those of :class:`~maga_desk.domain.results.Guided`, those about the yardstick and the cost
    those of :class:`~maga_desk.domain.results.Report`.
    """

    task: str
    method: str
    metrics: Mapping[str, float | None]
    seconds: float
    retrain_seconds: float | None
    checkpoint: str
    before: Mapping[str, float | None] | None = None
    retrained: Mapping[str, float | None] | None = None
    intent: str = ""
    forget_pictures: int = 0
    retain_pictures: int = 0
    forgotten_classes: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    ruined: bool = False
    twins: Mapping[str, int] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    moved: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[Mapping[str, Any], ...] = ()
    stopped: str = ""
    unchanged: bool = False
    over_unlearned: bool = False
    labels_by_hand: int = 0
    cells_by_hand: int = 0
    labels_agreed: int = 0
    opinions: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    yardstick: Mapping[str, Any] | None = None
    passes: Mapping[str, int] | None = None
    retrain_passes: Mapping[str, int] | None = None
    machine: Mapping[str, Any] | None = None
    retrain_machine: Mapping[str, Any] | None = None
    second: Mapping[str, Any] | None = None
    forecast: Mapping[str, Any] | None = None
    audit_seconds: float | None = None
    device: str = ""
    precision: str = ""
    version: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)
    checkpoint_sha256: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
