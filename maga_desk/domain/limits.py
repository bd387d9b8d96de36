"""Whether a result keeps the limits that were set before the run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from maga_desk.domain.specs.limits import LimitsSpec

LimitKey = Literal["class_loss", "retain_accuracy", "minutes"]


@dataclass(frozen=True)
class LimitCheck:
    """A limit beside what was measured.

    :param value: points that the class ``who`` lost, percent of what stays, or minutes; ``None``: not measured.
    :param on: what it was measured on, with how many pictures where that is known.
    """

    key: LimitKey
    limit: float
    value: float | None
    who: str = ""
    on: str = ""

    @property
    def kept(self) -> bool | None:
        """Whether it was; ``None``: not measured."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.key == "retain_accuracy" else self.value <= self.limit

    def text(self) -> str:
        """``Limit broken: cat lost 7.2 points on test pictures, at most 5 were allowed``."""
        start = {True: "Limit kept", False: "Limit broken", None: "Limit not measured"}[self.kept]
        return f"{start}: {self._what()}"

    def _what(self) -> str:
        where = f" on {self.on}" if self.on else ""
        if self.key == "class_loss":
            lost = "what classes lost"
            if self.value is not None:
                lost = f"{self.who} lost {self.value:.1f} points" if self.value else "no class lost anything"
            return f"{lost}{where}, at most {self.limit:g} were allowed"
        if self.key == "retain_accuracy":
            value = "the accuracy on what stays" if self.value is None else f"{self.value:.1f} % of what stays is right"
            return f"{value}{where}, at least {self.limit:g} % were asked for"
        value = "how long it took" if self.value is None else f"it took {self.value:.2g} minutes"
        return f"{value}, at most {self.limit:g} were allowed"


def class_loss(
    limit: float, before: Mapping[str, float], after: Mapping[str, float], on: str, counts: Mapping[str, int]
) -> LimitCheck:
    """By the class that lost most.

    :param before: accuracy in percent by class, of those that stay; likewise ``after``.
    :param counts: how many pictures of each were looked at; may be empty.
    """
    lost = {name: before[name] - after[name] for name in before if name in after}
    if not lost:
        return LimitCheck("class_loss", limit, None)
    who = max(lost, key=lambda name: lost[name])
    count = f" (n {counts[who]:,})" if who in counts else ""
    return LimitCheck("class_loss", limit, max(0.0, lost[who]), who, f"{on}{count}")


def of_result(
    limits: LimitsSpec,
    classes: Sequence[str],
    before: Sequence[float | None],
    after: Sequence[float | None],
    retain: float | None,
    seconds: float,
    forgotten: Collection[str],
) -> tuple[LimitCheck, ...]:
    """Of a judged result, on the pictures that it is judged by.

    :param before: accuracy in percent by class, of the original; ``after``: of the result.
    :param retain: accuracy on what stays, in percent.
    :param forgotten: classes that were to go wholly.
    """
    found = []
    if limits.class_loss is not None:
        stays = [
            {name: value for name, value in zip(classes, row, strict=False) if value is not None and name not in gone}
            for row, gone in ((before, forgotten), (after, forgotten))
        ]
        found.append(class_loss(limits.class_loss, stays[0], stays[1], "test pictures", {}))
    if limits.retain_accuracy is not None:
        found.append(LimitCheck("retain_accuracy", limits.retain_accuracy, retain, on="test pictures"))
    if limits.minutes is not None:
        found.append(LimitCheck("minutes", limits.minutes, seconds / 60))
    return tuple(found)


def checks_from(raw: Iterable[Mapping[str, Any]]) -> tuple[LimitCheck, ...]:
    """The inverse of ``asdict`` of each, also after a trip through JSON."""
    return tuple(LimitCheck(**each) for each in raw)
