"""What comes out of a run: the figures, and the summary that ``summary.json`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from maga_desk.domain.proposal import Proposal


@dataclass(frozen=True)
class Metrics:
    """One model's figures, in percent; ``js_to_retrained`` in nats; ``None`` is unknown."""

    retain_train: float | None = None
    forget_train: float | None = None
    retain_test: float | None = None
    forget_test: float | None = None
    mia: float | None = None
    js_to_retrained: float | None = None
    probe: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        return asdict(self)


METRIC_TITLES: Mapping[str, str] = {
    "retain_train": "Retain, training",
    "forget_train": "Forget, training",
    "retain_test": "Retain, test",
    "forget_test": "Forget, test",
    "mia": "Membership inference",
    "js_to_retrained": "JS to retrained",
    "probe": "Readable in features",
}
METRIC_HELP: Mapping[str, str] = {
    "retain_train": "Accuracy on the training pictures that stay. Should not drop.",
    "forget_train": "Accuracy on the pictures to forget. Should be what retraining gives.",
    "retain_test": "Accuracy on test pictures of what stays. Should not drop.",
    "forget_test": "Accuracy on test pictures of what goes. Should be what retraining gives.",
    "mia": "Forget pictures that an attack takes for training pictures. Near retraining's.",
    "js_to_retrained": "Distance of the answers to the retrained model's, in nats. Should be near 0.",
    "probe": "Forgotten test pictures that a probe of the features names. Near retraining's.",
}


@dataclass(frozen=True)
class Audit:
    """One model judged: its figures, and test accuracy in percent of every class of the model (``None``: no pictures).

    :param counts: pictures behind each figure.
    """

    metrics: Metrics
    per_class: tuple[float | None, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


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
class Report:
    """The comparison that the Verify page shows.

    :param guided: who chose the labels, ``None`` where a method needs none.
    """

    classes: tuple[str, ...]
    before: Audit
    after: Audit
    retrained: Audit | None
    seconds: float
    retrain_seconds: float | None
    guided: Guided | None = None

    @property
    def share_of_retraining(self) -> float | None:
        """Unlearning's seconds as a share of retraining's; ``None`` when nothing was retrained."""
        return self.seconds / self.retrain_seconds if self.retrain_seconds else None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Report:
        """The inverse of :meth:`as_dict`, also after a trip through JSON."""

        def audit(value: Mapping[str, Any] | None) -> Audit | None:
            if value is None:
                return None
            return Audit(Metrics(**value["metrics"]), tuple(value["per_class"]), dict(value["counts"]))

        before, after = audit(raw["before"]), audit(raw["after"])
        assert before is not None and after is not None
        return cls(
            tuple(raw["classes"]),
            before,
            after,
            audit(raw["retrained"]),
            raw["seconds"],
            raw["retrain_seconds"],
            Guided.from_dict(raw.get("guided") or {}),
        )


@dataclass(frozen=True)
class Summary:
    """The content of ``summary.json``. Keys beyond the contract may be added, never taken away.

    The last ones of the labels are those of :class:`Guided`.
    """

    task: str
    method: str
    metrics: Metrics
    seconds: float
    retrain_seconds: float | None
    checkpoint: str
    before: Metrics | None = None
    retrained: Metrics | None = None
    forget_pictures: int = 0
    retain_pictures: int = 0
    labels_by_hand: int = 0
    cells_by_hand: int = 0
    labels_agreed: int = 0
    opinions: tuple[Mapping[str, Any], ...] = ()
    device: str = ""
    precision: str = ""
    version: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
