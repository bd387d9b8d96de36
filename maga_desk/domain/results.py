"""What comes out of a run: the figures of the nets before and after, and of the one that they are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from maga_desk.domain.collapse import is_lost
from maga_desk.domain.cost import Machine, Passes
from maga_desk.domain.durations import exact
from maga_desk.domain.limits import LimitCheck, checks_from
from maga_desk.domain.measure import Measure
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.domain.without_retraining import WithoutRetraining
from maga_desk.domain.yardstick import Yardstick


@dataclass(frozen=True)
class Figure:
    """One measurement, in the unit of its :class:`~maga_desk.domain.measure.Measure`.

    :param low: with ``high`` the bootstrap's 95 % interval over the pictures; ``None`` where there is none.
    :param n: pictures behind it.
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0

    def certainty(self, measure: Measure) -> str:
        """``79.2–81.0, n 4,750``: the 95 % interval and the pictures behind it; empty where neither is known."""
        parts = []
        if self.low is not None and self.high is not None:
            parts.append("–".join(measure.text(bound).removesuffix(" %") for bound in (self.low, self.high)))
        if self.n:
            parts.append(f"n {self.n:,}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Audit:
    """One model judged.

    :param figures: by key of :data:`~maga_desk.domain.measures.MEASURES`; what is unknown is not there.
    :param per_class: test accuracy in percent of every class of the model (``None``: no pictures): of its pictures that
        stay, where some do. Earlier reports have all pictures of a class of which only a kind went.
    :param layers: CKA of each layer's features on forget pictures, by layer and ``retrained`` or ``original``.
    :param curves: points (x, y) by name; ``relearn``: accuracy on the forgotten in percent after training steps.
    """

    figures: Mapping[str, Figure]
    per_class: tuple[float | None, ...] = ()
    layers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    curves: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    def value(self, key: str) -> float | None:
        """A figure's value, ``None`` when it is unknown."""
        figure = self.figures.get(key)
        return None if figure is None else figure.value

    def values(self) -> dict[str, float | None]:
        """Every measure's value: what ``summary.json`` holds."""
        return {key: self.value(key) for key in MEASURES}

    def with_figures(self, more: Mapping[str, Figure]) -> Audit:
        """The same with further figures."""
        return replace(self, figures={**self.figures, **more})

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Audit:
        """The inverse of ``asdict``, also after a trip through JSON, and of what version 0.1 wrote."""
        if "metrics" in raw:
            counts = raw.get("counts", {})
            figures = {
                key: Figure(float(value), n=int(counts.get(key, 0)))
                for key, value in raw["metrics"].items()
                if value is not None
            }
        else:
            figures = {key: Figure(**figure) for key, figure in raw["figures"].items()}
        curves = {name: tuple((x, y) for x, y in points) for name, points in raw.get("curves", {}).items()}
        return cls(figures, tuple(raw["per_class"]), dict(raw.get("layers", {})), curves)


@dataclass(frozen=True)
class Guided:
    """Who chose the perturbing labels of a run; the keys stand in the checkpoint's metadata too.

    :param pictures: how many labels there are; ``labels_by_hand`` of them a person set, ``labels_agreed`` a person
        looked at and agreed to.
    :param cells_by_hand: cells of the matrix that a person set.
    :param opinions: the provenance of what questioned models said (``Opinion.provenance``).
    """

    proposer: str
    combine: str
    pictures: int
    labels_by_hand: int
    labels_agreed: int
    cells_by_hand: int
    opinions: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, proposal: Proposal) -> Guided:
        by_hand = int(proposal.edited.sum())
        return cls(
            proposer=proposal.matrix.source,
            combine=proposal.combine,
            pictures=len(proposal.names),
            labels_by_hand=by_hand,
            labels_agreed=int(proposal.agreed.sum()) - by_hand,
            cells_by_hand=len(proposal.matrix.edits),
            opinions=tuple(opinion.provenance() for opinion in proposal.opinions),
        )

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Guided | None:
        """The inverse of ``asdict``, also after a trip through JSON; ``None`` where nothing of the kind is said."""
        try:
            return cls(
                proposer=str(raw["proposer"]),
                combine=str(raw["combine"]),
                pictures=int(raw["pictures"]),
                labels_by_hand=int(raw["labels_by_hand"]),
                labels_agreed=int(raw["labels_agreed"]),
                cells_by_hand=int(raw["cells_by_hand"]),
                opinions=tuple(dict(each) for each in raw["opinions"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def text(self) -> str:
        """``250 new labels, proposed by mllm (demo), prompt 1a2b3c4d, 2026-11-24; 3 set and 10 agreed to by hand``."""
        who = [
            f"{each.get('proposer')} ({each.get('model')}), prompt {each.get('prompt_version')}, {_day(each.get('at'))}"
            for each in self.opinions
        ]
        named = [str(each.get("proposer")) for each in self.opinions]
        who = who if named == [self.proposer] else [self.proposer, *who]
        hand = f"{self.labels_by_hand:,} set and {self.labels_agreed:,} agreed to by hand"
        plural = "" if self.cells_by_hand == 1 else "s"
        cells = f"; {self.cells_by_hand:,} cell{plural} of the matrix set by hand" if self.cells_by_hand else ""
        return f"{self.pictures:,} new labels, proposed by {'; '.join(who)}; {hand}{cells}"


def _day(moment: object) -> str:
    """The day of an ISO time."""
    return str(moment)[:10]


@dataclass(frozen=True)
class SecondJudgement:
    """The same nets, judged by the retrained model of a second guess of the recipe.

    Figures that rest on no retrained model are as in the report.
    """

    before: Audit
    after: Audit
    retrained: Audit
    yardstick: Yardstick

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any] | None) -> SecondJudgement | None:
        """The inverse of ``asdict``, also after a trip through JSON; ``None`` where there is none."""
        yardstick = Yardstick.from_dict(raw.get("yardstick")) if raw else None
        if not raw or yardstick is None:
            return None
        before, after, retrained = (Audit.from_dict(raw[key]) for key in ("before", "after", "retrained"))
        return cls(before, after, retrained, yardstick)


@dataclass(frozen=True)
class Report:
    """The comparison that the Verify page shows.

    :param guided: who chose the labels, ``None`` where a method needs none.
    :param task: of the forget set, and what the forgetting was for; empty in reports of version 0.1.
    :param notes: what a reader must know to read the figures: what is missing, what is too small.
    :param not_found: names that the request gave and that are no pictures.
    :param yardstick: the net behind ``retrained``; ``None`` without one, and in reports of earlier versions.
    :param passes: of the unlearning, as its engine counted them, and ``machine`` where its seconds were measured;
        likewise of the retraining. ``None`` is unknown.
    :param second: the judgement by a second guess of the recipe; ``None`` where there is but one yardstick.
    :param scaled: default learning rates that were lowered to what the model bears, and the values that were used.
    :param twins: how many pictures that go have one with the very same pixels that stays (``stay``), or among the test
        pictures (``test``); where near copies were looked for, how many of these stay (``near_stay``) and are tested on
        (``near_test``); and how many copies stay by a person's word (``left``).
    :param asked: what was said of the request before the run, a title and a text each, without names of pictures.
    :param copies: what a person decided over copies, an entry each, with names: picture, copy_of, alike, exact,
        no_copy, reason.
    :param resolved: the values that were really used (:mod:`~maga_desk.domain.resolved`); empty in earlier reports.
    :param moved: how many training and test pictures (``pictures``, ``of`` so many) the result names otherwise than the
        original; empty where nobody counted.
    :param limits: what a person allowed beside what came of it; ``stopped``: the limit that ended the run, in words.
    :param without: what verification models say; ``None`` where none were asked for, and in earlier reports.
    :param forecast: what a pilot said before the run that it would take; ``None``: nobody asked for one.
    :param audit_seconds: what the audit took, with the trainings that it made; ``None`` where none was forecast.
    """

    classes: tuple[str, ...]
    before: Audit
    after: Audit
    retrained: Audit | None
    seconds: float
    retrain_seconds: float | None
    guided: Guided | None = None
    task: str = ""
    intent: str = ""
    notes: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    yardstick: Yardstick | None = None
    passes: Passes | None = None
    retrain_passes: Passes | None = None
    machine: Machine | None = None
    retrain_machine: Machine | None = None
    second: SecondJudgement | None = None
    scaled: Mapping[str, float] = field(default_factory=dict)
    twins: Mapping[str, int] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    moved: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[LimitCheck, ...] = ()
    stopped: str = ""
    without: WithoutRetraining | None = None
    forecast: RunForecast | None = None
    audit_seconds: float | None = None
    copies: tuple[Mapping[str, Any], ...] = ()
    asked: tuple[tuple[str, str], ...] = ()

    @property
    def yardsticks(self) -> tuple[Yardstick, ...]:
        """By what it was judged: none, one, or that of a second guess as well."""
        both = (self.yardstick, self.second.yardstick if self.second is not None else None)
        return tuple(each for each in both if each is not None)

    def by_first(self) -> Report:
        """As it is judged by its own yardstick alone."""
        return replace(self, second=None)

    def by_second(self) -> Report | None:
        """As it is judged by the second guess alone; ``None`` without one."""
        by = self.second
        if by is None:
            return None
        return replace(
            self, before=by.before, after=by.after, retrained=by.retrained, yardstick=by.yardstick, second=None
        )

    @property
    def scaled_text(self) -> str:
        """``lr 0.002``: the learning rates that were lowered; empty where none was."""
        return ", ".join(f"{name} {value:g}" for name, value in self.scaled.items())

    @property
    def ruined(self) -> bool:
        """Whether what stays is lost: such a net is no result, whatever it forgot."""
        key = "retain_test" if self.after.value("retain_test") is not None else "retain_train"
        before, after = self.before.value(key), self.after.value(key)
        if before is None or after is None or not self.classes:
            return False
        retrained = self.retrained.value(key) if self.retrained is not None and self.judged else None
        return is_lost(after, before if retrained is None else min(before, retrained), 100 / len(self.classes))

    @property
    def judged(self) -> bool:
        """Whether ``retrained`` may be taken for what the result should be."""
        return self.retrained is not None and self.yardstick is not None and self.yardstick.judges

    @property
    def share_of_retraining(self) -> float | None:
        """Unlearning's seconds as a share of retraining's.

        ``None`` unless both were measured on one machine in one state.
        """
        same = self.machine is not None and self.machine == self.retrain_machine
        return self.seconds / self.retrain_seconds if self.retrain_seconds and same and self.judged else None

    def cost_text(self) -> str:
        """What the unlearning took; beside retraining where that can be compared.

        ``8.2 s, 10 % of retraining's 78 s; 12,400 picture passes (8,200 forward, 4,200 backward) against retraining's
        168,750``.
        """
        parts, share = [exact(self.seconds)], self.share_of_retraining
        if share is not None and self.retrain_seconds is not None:
            percent = f"{100 * share:.0f}" if share >= 0.1 else f"{100 * share:.1f}"
            parts[0] += f", {percent} % of retraining's {exact(self.retrain_seconds)}"
        if self.passes is not None:
            parts.append(self.passes.text())
            if self.retrain_passes is not None and self.judged:
                parts[-1] += f" against retraining's {self.retrain_passes.total:,}"
        return "; ".join(parts)

    def forecast_lines(self) -> list[str]:
        """What was forecast beside what it took, a line each; none where nothing was forecast."""
        if self.forecast is None:
            return []
        retrained = self.retrain_seconds if self.machine == self.retrain_machine else None
        return self.forecast.beside(self.seconds, retrained, self.audit_seconds)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Report:
        """The inverse of :meth:`as_dict`, also after a trip through JSON."""
        retrained = raw["retrained"]
        return cls(
            tuple(raw["classes"]),
            Audit.from_dict(raw["before"]),
            Audit.from_dict(raw["after"]),
            None if retrained is None else Audit.from_dict(retrained),
            raw["seconds"],
            raw["retrain_seconds"],
            Guided.from_dict(raw.get("guided") or {}),
            raw.get("task", ""),
            raw.get("intent", ""),
            tuple(raw.get("notes", ())),
            tuple(raw.get("not_found", ())),
            Yardstick.from_dict(raw.get("yardstick")),
            Passes.from_dict(raw.get("passes")),
            Passes.from_dict(raw.get("retrain_passes")),
            Machine.from_dict(raw.get("machine")),
            Machine.from_dict(raw.get("retrain_machine")),
            SecondJudgement.from_dict(raw.get("second")),
            dict(raw.get("scaled") or {}),
            dict(raw.get("twins") or {}),
            dict(raw.get("resolved") or {}),
            dict(raw.get("moved") or {}),
            checks_from(raw.get("limits", ())),
            raw.get("stopped", ""),
            WithoutRetraining.from_dict(raw.get("without")),
            RunForecast.from_dict(raw.get("forecast")),
            raw.get("audit_seconds"),
            tuple(dict(each) for each in raw.get("copies", ())),
            tuple((str(title), str(text)) for title, text in raw.get("asked", ())),
        )
