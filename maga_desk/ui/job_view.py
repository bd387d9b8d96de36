"""What the window knows of a job: what kind it is, how it stands, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from maga_desk.domain.durations import rough
from maga_desk.domain.events import Progress

JobState = Literal["waiting", "running", "paused", "stopping"]

ENGINE, OPEN, PROPOSE, COMPARE, CONNECTION = "engine", "open", "propose", "compare", "connection"
RUN, JUDGE, ESTIMATE, EXPORT, RECORD = "run", "judge", "estimate", "export", "record"
FORECAST, PURGE = "forecast", "purge"
LOOK, RELEARN, LIKE, COPIES = "look", "relearn", "like", "copies"
CASE = "case"
GLANCE, ORIGINAL, NEAR = "glance", "original", "near"
MAP, LAYOUT = "map", "layout"
LIST, HARDNESS, FACTS = "list", "hardness", "facts"
MEMORY = "memory"


@dataclass(frozen=True)
class JobKind:
    """One purpose of jobs; at most one job of it is current.

    :param title: what is done, in words that fit after "Waiting for:".
    :param left: what becomes of it when it is stopped, a sentence. Jobs that have one are long: closing the window
        asks about them, and their end is told outside of the window. The others leave nothing to lose.
    """

    purpose: str
    title: str
    left: str = ""

    @property
    def long(self) -> bool:
        return bool(self.left)


_ASKING = "Answers so far are kept: asking again goes on from there."
JOB_KINDS = {
    kind.purpose: kind
    for kind in (
        JobKind(ENGINE, "starting the engine"),
        JobKind(OPEN, "opening the model and its pictures", "What was open before stays as it is."),
        JobKind(PROPOSE, "asking for labels", _ASKING),
        JobKind(COMPARE, "asking another source", _ASKING),
        JobKind(CONNECTION, "trying the connection"),
        JobKind(RUN, "the run", "What it has done so far is kept. It can be continued from the Run page later."),
        JobKind(
            JUDGE,
            "judging the result",
            "What was trained so far is kept: asking again goes on from there. The figures stay as they were.",
        ),
        JobKind(ESTIMATE, "measuring what training costs"),
        JobKind(FORECAST, "forecasting what the run takes"),
        JobKind(EXPORT, "saving the file", "Nothing is written."),
        JobKind(RECORD, "making the record"),
        JobKind(PURGE, "removing what is kept of a closed case"),
        JobKind(LOOK, "asking the models about every picture"),
        JobKind(RELEARN, "relearning on a copy"),
        JobKind(CASE, "moving the case", "Nothing is written or imported."),
        JobKind(LIKE, "comparing pictures"),
        JobKind(COPIES, "looking for near copies"),
        JobKind(MAP, "laying the pictures out"),
        JobKind(LAYOUT, "laying UMAP out"),
        JobKind(GLANCE, "reading the picture"),
        JobKind(LIST, "reading the list"),
        JobKind(HARDNESS, "reading how hard the pictures are"),
        JobKind(FACTS, "measuring what is marked"),
        JobKind(MEMORY, "returning memory"),
        JobKind(ORIGINAL, "opening the picture"),
        JobKind(NEAR, "finding the nearest pictures"),
    )
}
"""What each purpose is called, and what stopping it leaves."""

OF_PICTURES = frozenset(
    {OPEN, PROPOSE, COMPARE, JUDGE, ESTIMATE, FORECAST, LOOK, RELEARN, LIKE, COPIES, MAP, LAYOUT, GLANCE, LIST}
    | {HARDNESS, FACTS, ORIGINAL, NEAR}
)
"""What has nothing to do once the pictures that are open are erased. A run has a session of its own."""


@dataclass(frozen=True)
class JobView:
    """How a job stands.

    :param progress: the last that it told, ``None`` before that.
    :param waits_for: the job that has the worker thread; ``None`` for that one itself.
    :param ahead: how many jobs come between.
    """

    kind: JobKind
    state: JobState
    progress: Progress | None = None
    waits_for: JobView | None = field(default=None)
    ahead: int = 0

    @property
    def doing(self) -> str:
        """What it does now; at first its title."""
        return self.progress.stage if self.progress is not None else self.kind.title

    def words(self) -> str:
        """``Unlearning: 120 of 400, about 12 s left``, or what it waits for."""
        if self.waits_for is not None:
            more = f", then {self.ahead} more" if self.ahead else ""
            return f"Waiting for: {self.waits_for.briefly()}{more}"
        text = _begun(self.doing)
        progress = self.progress
        if progress is not None and progress.total:
            text += f": {progress.done:,} of {progress.total:,}"
        if self.state in ("waiting", "running"):
            return f"{text}{_left(progress)}"
        return f"{'Paused' if self.state == 'paused' else 'Stopping'}: {text}"

    def briefly(self) -> str:
        """``retraining, about 4 min left``: for those who wait for it."""
        state = _left(self.progress) if self.state == "running" else f", {self.state}"
        return f"{self.doing[:1].lower()}{self.doing[1:]}{state}"


def _left(progress: Progress | None) -> str:
    if progress is None or progress.seconds_left is None:
        return ""
    return f", {rough(progress.seconds_left)} left"


def _begun(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]
