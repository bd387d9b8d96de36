"""Why a picture gets its label: candidates with what speaks for them, the question and answer, and the provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PySide6.QtGui import QFont

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.ui.item_models.doubt import scores
from maga_desk.ui.item_models.matrix import Index

SHOWN = 6
NAME, ASKED, LIKENESS, PREDICTION, SCORE = range(5)
COLUMNS = ("Candidate", "P(True)", "Matrix", "Classifier", "Score")
HINTS = (
    "The likeliest new labels, best first",
    "How likely the asked model's answer is True",
    "The value of the transition matrix, with your edits",
    "The original classifier's probability for this picture",
    "Share of the evidence that the label is chosen by",
)

_NOTHING = QModelIndex()


@dataclass(frozen=True)
class Origin:
    """What the desk knows of a proposal beyond its figures.

    :param gone: classes that are forgotten wholly; no label may be one of them.
    :param gamma: exponent of the matrix that the labels were combined with.
    :param proposed_at: when the labels were proposed.
    :param changed_at: picture name -> when a person set its label or agreed to it.
    :param proposers: those of this installation.
    """

    gone: tuple[int, ...] = ()
    gamma: float = 1.0
    proposed_at: datetime | None = None
    changed_at: Mapping[str, datetime] = field(default_factory=dict)
    proposers: Mapping[str, ProposerInfo] = field(default_factory=dict)

    def gives_shares(self, opinion: Opinion) -> bool:
        """Whether the answers are shares over the classes, not True or False."""
        info = self.proposers.get(opinion.proposer)
        return info is not None and info.shares


@dataclass(frozen=True)
class Candidate:
    """One possible label of a picture.

    :param asked: probability of True, NaN where nothing was asked.
    """

    number: int
    name: str
    asked: float
    likeness: float
    prediction: float
    score: float


def source_title(proposal: Proposal) -> str:
    """``mllm (demo)`` where a model was questioned, else the source's name."""
    if len(proposal.opinions) == 1 and proposal.matrix.source == proposal.opinions[0].proposer:
        return proposal.opinions[0].title
    return proposal.matrix.source


def candidates(proposal: Proposal, position: int, origin: Origin) -> list[Candidate]:
    """The likeliest labels of a picture, best first; a label set by hand is among them in any case."""
    one = alone(proposal, position)
    row, label = int(one.true[0]), int(one.labels[0])
    score = scores(one, origin.gamma, list(origin.gone))[0]
    order = [int(j) for j in np.lexsort((-proposal.probabilities[position], -score))]
    order = [j for j in order if j not in (row, *origin.gone)][:SHOWN]
    if label not in order:
        order = [*order[: SHOWN - 1], label]
    answers = _answers(proposal.opinions[0], proposal, position)[0] if proposal.opinions else None
    likeness = proposal.matrix.values[row]
    return [
        Candidate(
            j,
            proposal.matrix.classes[j],
            float(answers[j]) if answers is not None else float("nan"),
            float(likeness[j]),
            float(proposal.probabilities[position, j]),
            float(score[j]),
        )
        for j in order
    ]


def answers_in_words(proposal: Proposal, position: int, number: int, origin: Origin) -> list[str]:
    """What every questioned model was asked about a candidate and how it answered, a line each."""
    lines = (
        _answer(opinion, proposal, position, number, share=origin.gives_shares(opinion))
        for opinion in proposal.opinions
    )
    return [line for line in lines if line]


def source_in_words(proposal: Proposal, position: int, origin: Origin) -> str:
    """Where the label comes from when nothing was asked about it."""
    true = proposal.matrix.classes[proposal.true[position]]
    if proposal.opinions:
        return "The model was not asked about this candidate."
    source = proposal.matrix.source
    info = origin.proposers.get(source)
    if info is None or not info.why:
        return f"The matrix comes from {source}, which asked no model about it."
    return f"No model was asked: {info.why.replace('{true}', true)}."


def provenance(proposal: Proposal, position: int, origin: Origin) -> str:
    """Who proposed a label with which prompt and when, and what a person did to it."""
    name, by_hand = proposal.names[position], bool(proposal.edited[position])
    parts = []
    for opinion in proposal.opinions:
        at = _moment(opinion.at) or _clock(origin.proposed_at)
        kind = "caption" if origin.gives_shares(opinion) else "prompt"
        parts.append(f"{opinion.title}, {kind} {Prompt(opinion.prompt).version}{f', {at}' if at else ''}")
    if not parts:
        at = _clock(origin.proposed_at)
        parts.append(f"{proposal.matrix.source}{f', {at}' if at else ''}")
    text = f"Proposed by {'; '.join(parts)}"
    row = proposal.matrix.classes[proposal.true[position]]
    if any(edit.row == row for edit in proposal.matrix.edits):
        text += f"; you changed the row of {row}"
    changed = origin.changed_at.get(name)
    when = f", {_clock(changed)}" if changed is not None else ""
    if by_hand:
        return f"{text}; label set by you{when}"
    if bool(proposal.agreed[position]):
        return f"{text}; accepted by you{when}"
    return f"{text}; not changed by hand"


def alone(proposal: Proposal, position: int) -> Proposal:
    """The same proposal with one picture: what is derived for all pictures takes long when there are many."""
    one = slice(position, position + 1)
    return replace(
        proposal,
        names=proposal.names[one],
        indices=proposal.indices[one],
        true=proposal.true[one],
        probabilities=proposal.probabilities[one],
        targets=proposal.targets[one],
        edited=proposal.edited[one],
        accepted=None,
    )


def _answers(opinion: Opinion, proposal: Proposal, position: int) -> tuple[NDArray[np.float32], str]:
    """The answers about this picture if it was an exemplar, else their mean; and which of both."""
    row = int(proposal.true[position])
    own = opinion.of_picture(proposal.names[position])
    if own is not None:
        return own, "asked about this picture"
    count = int((opinion.rows == row).sum())
    return opinion.of_class(row), f"mean of {count:,} exemplar{'' if count == 1 else 's'} of its class"


def _answer(opinion: Opinion, proposal: Proposal, position: int, number: int, *, share: bool) -> str:
    answers, basis = _answers(opinion, proposal, position)
    p = float(answers[number])
    if not np.isfinite(p):
        return ""
    question = Prompt(opinion.prompt).about(opinion.asked_about[number])
    if share:
        return f"{opinion.title}: “{question}” fits with a share of {p:.2f} ({basis})."
    verdict = f"True with {p:.2f}" if p >= 0.5 else f"False with {1 - p:.2f}"
    return f"{opinion.title} was asked: “{question}” Its answer: {verdict} ({basis})."


def _clock(at: datetime | None) -> str:
    return f"{at.astimezone():%d %b %Y %H:%M}".lstrip("0") if at is not None else ""


def _moment(text: str) -> str:
    try:
        return _clock(datetime.fromisoformat(text))
    except ValueError:
        return ""


class CandidateModel(QAbstractTableModel):
    """The candidates of one picture as a table."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Candidate] = []
        self._label = -1
        self._share = False

    def show_candidates(self, rows: list[Candidate], label: int, *, share: bool = False) -> None:
        """:param label: the class in force; :param share: the model gave shares, not answers."""
        self.beginResetModel()
        self._rows, self._label, self._share = rows, label, share
        self.endResetModel()

    def candidate(self, row: int) -> Candidate:
        return self._rows[row]

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        candidate, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            values = (candidate.asked, candidate.likeness, candidate.prediction, candidate.score)
            if column == NAME:
                return f"{candidate.name} ←" if candidate.number == self._label else candidate.name
            value = values[column - 1]
            return f"{value:.2f}" if np.isfinite(value) else "–"
        if role == Qt.ItemDataRole.FontRole and candidate.number == self._label:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column != NAME:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "The label in force" if column == NAME and candidate.number == self._label else HINTS[column]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "Share" if section == ASKED and self._share else COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return HINTS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == NAME else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None
