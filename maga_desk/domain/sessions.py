"""What is kept of sessions and runs: frozen records. Times are aware ``datetime`` in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from maga_desk.domain.events import Level, Scalars, WorkspaceCard
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec

RunStatus = Literal["running", "finished", "cancelled", "failed", "interrupted"]
LabelSource = Literal["proposed", "user"]
EditKind = Literal["cell", "label"]


@dataclass(frozen=True, kw_only=True)
class SessionInfo:
    """A line of the list of recent sessions; reading it loads no bulk data.

    :param title: what it is about, in the program's words; ``name``: what a person calls it, empty until then.
    :param data: the folder of pictures, or the source's name where there is none ("demo").
    :param forget: what is to be forgotten, in a few words; empty when nothing is marked yet.
    :param runs: how many runs there are.
    :param last_status: of the newest run, ``None`` without one.
    """

    id: int
    title: str
    created: datetime
    updated: datetime
    data: str
    checkpoint: str | None
    forget: str
    method: str
    train_pictures: int | None
    test_pictures: int | None
    runs: int
    last_status: RunStatus | None
    name: str = ""

    @property
    def called(self) -> str:
        """How it is called where sessions are listed."""
        return self.name or self.title


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """A session as it was left. ``card`` is ``None`` when nothing was opened yet.

    :param name: what a person calls it, empty until then; ``page``: on which page of the window it was left.
    """

    id: int
    title: str
    created: datetime
    updated: datetime
    spec: RunSpec
    card: WorkspaceCard | None
    name: str = ""
    page: str = ""

    @property
    def called(self) -> str:
        """How it is called in the window."""
        return self.name or self.title


def changed_since(kept: WorkspaceCard, opened: WorkspaceCard) -> tuple[str, ...]:
    """Which of ``checkpoint`` and ``pictures`` are no longer those that a session was kept with.

    Version 0.1.0 kept neither hash: for its sessions nothing counts as changed.
    """
    pairs = {
        "checkpoint": (kept.checkpoint_sha256, opened.checkpoint_sha256),
        "pictures": (kept.fingerprint, opened.fingerprint),
    }
    return tuple(name for name, (was, now) in pairs.items() if was and was != now)


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One picture's perturbing label and where it comes from.

    :param proposed: the class that the program proposed before a person set another, ``None`` when not known.
    :param at: when the label that stands was proposed, set, or agreed to.
    :param accepted: a proposed label that a person looked at and agreed to.
    """

    picture: str
    true: str
    proposed: str | None
    label: str
    source: LabelSource
    at: datetime
    accepted: bool = False


@dataclass(frozen=True)
class StoredProposal:
    """A session's proposal with its provenance.

    :param proposal: exactly as it was saved (same arrays, same dtypes).
    :param labels: one record per picture, in the proposal's order.
    :param proposed_at: when the proposer gave it; ``updated``: when anything in it last changed.
    """

    proposal: Proposal
    labels: tuple[LabelRecord, ...]
    proposed_at: datetime
    updated: datetime

    @property
    def proposer(self) -> str:
        return self.proposal.matrix.source

    @property
    def combine(self) -> str:
        return self.proposal.combine

    @property
    def classes(self) -> tuple[str, ...]:
        return self.proposal.matrix.classes


@dataclass(frozen=True)
class EditRecord:
    """One change by hand, in the order it was made.

    :param subject: a cell's row, or a picture's name.
    :param column: a cell's column, ``None`` for a label.
    :param before: the earlier value by hand (a cell's value or a class name), ``None``: it was as proposed.
    :param after: the value set, ``None``: back to what is proposed.
    """

    at: datetime
    kind: EditKind
    subject: str
    column: str | None
    before: float | str | None
    after: float | str | None


@dataclass(frozen=True)
class ArtefactRecord:
    """A file that a run wrote, or that was exported from its checkpoint.

    :param kind: what a file of the run's folder is (``domain.run_folder.KINDS``), or ``export``.
    :param bytes: ``None``, like ``sha256``, when the file was not there to be read. ``resume`` is rewritten often and
        never hashed.
    :param format: of an export, by its registered name.
    """

    kind: str
    path: str
    bytes: int | None
    sha256: str | None
    at: datetime
    format: str | None


@dataclass(frozen=True)
class MessageRecord:
    at: datetime
    level: Level
    text: str


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """A line of the list of runs; reading it loads no figures.

    :param seconds: what the summary says, else from start to end; ``None`` while running or after an interruption.
    :param error: one line, for a failed run.
    :param name: what a person calls it; empty where nobody gave it one.
    :param forget: what it forgets, in few words.
    """

    id: int
    session_id: int
    status: RunStatus
    method: str
    folder: str
    started: datetime
    ended: datetime | None
    seconds: float | None
    error: str | None
    name: str = ""
    forget: str = ""


@dataclass(frozen=True, kw_only=True)
class KeptResult:
    """A finished run, as the place where pictures were forgotten.

    :param title: what a person calls it, else what it forgot; ``case``: of which erasure request, empty for none.
    :param exports: paths of what was exported from its checkpoint.
    """

    id: int
    title: str
    folder: str
    started: datetime
    case: str = ""
    exports: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunInfo):
    """A run with everything that was recorded, in order."""

    spec: RunSpec
    summary: Mapping[str, Any] | None
    report: Report | None
    scalars: tuple[Scalars, ...]
    messages: tuple[MessageRecord, ...]
    artefacts: tuple[ArtefactRecord, ...]
