"""What a comparison gives back: its single runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from maga_desk.domain.results import Report

TrialStatus = Literal["done", "failed", "unable"]


@dataclass(frozen=True)
class Trial:
    """One run of a comparison.

    :param report: ``None`` unless done; ``reason`` says why.
    :param tuned: the settings that tuning found, ``None`` where there was none.
    """

    task: str
    contender: str
    seed: int
    status: TrialStatus
    report: Report | None = None
    reason: str = ""
    tuned: Mapping[str, Any] | None = None
