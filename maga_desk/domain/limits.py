"""Whether a net keeps the limits that were set before the run: on the way, and as a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from maga_desk.domain.errors import name_some
from maga_desk.domain.specs.limits import LimitsSpec

LimitKey = Literal["class_loss", "retain_accuracy", "minutes"]
Split = Literal["test pictures", "training pictures"]

FEWEST = 10
"""Pictures of a class that must stay for it to be said what the class lost: of nine, one is eleven points."""


@dataclass(frozen=True)
class Share:
    """How many of some pictures a net names rightly.

    :param accuracy: percent. :param count: how many were looked at, at least one.
    """

    accuracy: float
    count: int
    on: Split


@dataclass(frozen=True)
class Stays:
    """How a net names the pictures that stay. Whatever goes, or went by earlier requests, is in none of it.

    :param by_class: of each class of which some picture stays.
    :param whole: of all of them; ``None``: nothing stays.
    """

    by_class: Mapping[str, Share] = field(default_factory=dict)
    whole: Share | None = None


@dataclass(frozen=True)
class LimitCheck:
    """A limit beside what was measured.

    :param value: points that the class ``who`` lost, percent of what stays, or minutes; ``None``: not measured.
    :param on: what it was measured on, with how many pictures.
    :param few: classes of which too few pictures stay to say what they lost, with how many: ``fox (3)``.
    :param ended: the run was ended when the limit was reached: only of minutes.
    """

    key: LimitKey
    limit: float
    value: float | None
    who: str = ""
    on: str = ""
    few: tuple[str, ...] = ()
    ended: bool = False

    @property
    def kept(self) -> bool | None:
        """Whether it was; ``None``: not measured."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.key == "retain_accuracy" else self.value <= self.limit

    def text(self) -> str:
        """``Limit broken: cat lost 7.2 points on test pictures (n 200), at most 5 were allowed``."""
        start = {True: "Limit kept", False: "Limit broken", None: "Limit not measured"}[self.kept]
        return f"{'Time over' if self.ended else start}: {self._what()}"

    def _what(self) -> str:
        where = f" on {self.on}" if self.on else ""
        said = "" if self.value is None else _beside(self.value, self.limit)
        if self.key == "class_loss":
            lost = "what classes lost"
            if self.value is not None:
                lost = f"{self.who} lost {said} points" if self.value else "no class lost anything"
            few = f"; too few pictures stay to say it of {name_some(self.few)}" if self.few else ""
            return f"{lost}{where}, at most {self.limit:g} were allowed{few}"
        if self.key == "retain_accuracy":
            value = "the accuracy on what stays" if self.value is None else f"{said} % of what stays is right"
            return f"{value}{where}, at least {self.limit:g} % were asked for"
        value = "how long it took" if self.value is None else f"it took {said} minutes"
        return f"{value}, at most {self.limit:g} were allowed"


def of_net(limits: LimitsSpec, before: Stays, after: Stays) -> tuple[LimitCheck, ...]:
    """What those who stay lost, and how many of them are named rightly.

    :param before: of the original; ``after``: of the net, on the same pictures.
    """
    found = []
    if limits.class_loss is not None:
        found.append(_class_loss(limits.class_loss, before, after))
    if limits.retain_accuracy is not None:
        whole = after.whole
        value, on = (None, "") if whole is None else (whole.accuracy, _on(whole.on, whole.count))
        found.append(LimitCheck("retain_accuracy", limits.retain_accuracy, value, on=on))
    return tuple(found)


def of_time(limits: LimitsSpec, seconds: float | None, *, ended: bool = False) -> tuple[LimitCheck, ...]:
    """How long it took: seconds of work, proposing the labels included; ``None``: nobody knows.

    :param ended: the run was ended early.
    """
    if limits.minutes is None:
        return ()
    check = LimitCheck("minutes", limits.minutes, None if seconds is None else seconds / 60)
    return (LimitCheck(check.key, check.limit, check.value, ended=ended and check.kept is False),)


def of_result(
    limits: LimitsSpec, before: Stays, after: Stays, seconds: float | None, *, ended: bool = False
) -> tuple[LimitCheck, ...]:
    """Of a judged result, in the order of the limits."""
    return (*of_net(limits, before, after), *of_time(limits, seconds, ended=ended))


def checks_from(raw: Iterable[Mapping[str, Any]]) -> tuple[LimitCheck, ...]:
    """The inverse of ``asdict`` of each, also after a trip through JSON."""
    return tuple(LimitCheck(**{**each, "few": tuple(each.get("few", ()))}) for each in raw)


def _class_loss(limit: float, before: Stays, after: Stays) -> LimitCheck:
    """By the class that lost most."""
    both = {name: share for name, share in before.by_class.items() if name in after.by_class}
    few = tuple(f"{name} ({share.count})" for name, share in both.items() if share.count < FEWEST)
    lost = {
        name: share.accuracy - after.by_class[name].accuracy for name, share in both.items() if share.count >= FEWEST
    }
    if not lost:
        return LimitCheck("class_loss", limit, None, few=few)
    who = max(lost, key=lambda name: lost[name])
    if lost[who] > 0:
        return LimitCheck("class_loss", limit, lost[who], who, _on(both[who].on, both[who].count), few)
    on = " and ".join(sorted({both[name].on for name in lost}))
    return LimitCheck("class_loss", limit, 0.0, who, _on(on, sum(both[name].count for name in lost)), few)


def _on(what: str, count: int) -> str:
    return f"{what} (n {count:,})"


def _beside(value: float, limit: float) -> str:
    """A value with as many decimals, up to three, as show on which side of the limit it is."""
    texts = [f"{value:,.{digits}f}" for digits in (1, 2, 3)]
    return next((text for text in texts if value == limit or float(text.replace(",", "")) != limit), texts[-1])
