"""What is measured while a run goes on, and how it is shown: the keys of :class:`~maga_desk.domain.events.Scalars`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maga_desk.domain.events import Scalars


@dataclass(frozen=True)
class LiveView:
    """Curves that are drawn together.

    :param title: as a person chooses it; ``axis``: what stands beside the axis, with the unit.
    :param keys: from a measurement's key to its title.
    :param low: with ``high`` the whole range, where there is one; else it follows the values.
    :param unit: after a value; ``digits``: behind its point.
    :param lacking: why there may be nothing to draw.
    """

    name: str
    title: str
    axis: str
    keys: Mapping[str, str]
    low: float | None = None
    high: float | None = None
    unit: str = ""
    digits: int = 1
    lacking: str = ""

    def text(self, value: float | None) -> str:
        """``80.1 %``; empty where it is not known."""
        return "" if value is None else f"{value:,.{self.digits}f}{self.unit}"


VIEWS: tuple[LiveView, ...] = (
    LiveView(
        "accuracy",
        "Accuracy",
        "Accuracy, %",
        {"retain_accuracy": "Retain accuracy", "forget_accuracy": "Forget accuracy"},
        0,
        100,
        " %",
    ),
    LiveView("loss", "Loss", "Loss", {"loss": "Loss of the step"}, digits=3, lacking="This method takes no steps."),
    LiveView(
        "apart",
        "Distance to retraining",
        "Apart, %",
        {"forget_apart": "Probability that stands elsewhere than after retraining"},
        0,
        100,
        " %",
        lacking="There was no retrained model for these pictures when the run began.",
    ),
    LiveView(
        "agreement",
        "Gradient agreement",
        "Cosine",
        {"agreement": "Keeping with forgetting, -1 conflict to 1 agree"},
        -1,
        1,
        digits=2,
        lacking="Not for this method: its steps do not both keep and forget.",
    ),
    LiveView(
        "throughput",
        "Pictures a second",
        "Pictures a second",
        {"throughput": "Pictures through the net a second"},
        0,
        digits=0,
        lacking="Nothing was counted.",
    ),
    LiveView("memory", "Memory", "GB", {"memory": "Memory held"}, 0, unit=" GB", digits=2),
)
"""As they are offered; the first one is shown until another is chosen."""


def last_value(history: Sequence[Scalars], key: str) -> float | None:
    """The newest value of a measurement."""
    return next((scalars.values[key] for scalars in reversed(history) if key in scalars.values), None)
