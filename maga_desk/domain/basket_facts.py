"""What is marked, in facts: how much of what it is, what that means for the intent, and what of it stays in sight."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.class_counts import ClassCount, class_counts
from maga_desk.domain.copies_left import CopiesLeft
from maga_desk.domain.copies_words import copies_text
from maga_desk.domain.counting import counted
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.forget import ForgetSet, describe
from maga_desk.domain.methods import Situation, Task
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.positions import labelled, mask_of
from maga_desk.domain.specs.run import INTENT_WORDS, Intent

GROUP_NAMES = (
    "group", "subject_id", "subject", "patient_id", "patient", "person_id", "person", "customer_id", "customer",
    "identity", "user_id", "user", "owner", "family_id", "participant", "participant_id", "lesion_id",
)  # fmt: skip
"""How columns are called that say of whom a picture is."""

BY_LOSS = (
    "By the open model's loss on its own training pictures: how hard they are for it, not how much it has memorised of "
    "them. Only shadow models tell that."
)
_ELSEWHERE = ("Marked", "Task", "Forgotten before", "Copies left")
_NEAR_WHOLE = 95.0  # percent of a class that are marked, from which on the rest may be an oversight
_SHOWN = 10
TASK_TITLES: Mapping[Task, str] = {"class": "Whole class", "sub-class": "Sub-class", "random": "Single pictures"}
_MEANING: Mapping[tuple[Task, str], str] = {
    ("class", "concept"): "The model must no longer recognise it.",
    (
        "class",
        "membership",
    ): "The model must be as one that was never trained on it; that one knows no such class either.",
    ("sub-class", "concept"): "The kind must no longer be recognised; its class stays.",
    (
        "sub-class",
        "membership",
    ): "The model must be as one that has never seen the kind, and may take it for its class.",
    ("random", "concept"): "The model must no longer recognise these pictures as what they are.",
    ("random", "membership"): "The model must treat them as if it had never seen them, and may still recognise them.",
}


@dataclass(frozen=True)
class SameGroup:
    """Pictures of those of whom pictures are marked.

    :param column: that says of whom a picture is.
    :param groups: how many different values the marked pictures have; ``unknown``: marked pictures without one.
    :param train: training pictures of the same that stay; ``test``: test pictures of the same.
    """

    column: str
    groups: int
    unknown: int
    train: int
    test: int

    def sentence(self) -> str:
        """``12 test pictures and 3 training pictures of the same subject stay.``"""
        if not self.groups:
            return f"Nothing is known of their {self.column}."
        if not self.train + self.test:
            return f"No other picture of the same {self.column} stays."
        both = ((self.test, "test picture"), (self.train, "training picture"))
        parts = [counted(count, what) for count, what in both if count]
        return f"{' and '.join(parts)} of the same {self.column} {'stays' if self.train + self.test == 1 else 'stay'}."


@dataclass(frozen=True)
class Hardness:
    """How hard pictures are for a model beside what stays, by its loss.

    :param loss: the median of the marked; ``rest``: of what stays in the same classes, or of all where nothing does.
    :param harder: percent of what stays with a smaller loss than that median.
    :param wrong: percent of the marked that the model takes for another class; ``wrong_rest``: of what stays.
    :param beside: what the rest is, in words.
    """

    loss: float
    rest: float
    harder: float
    wrong: float
    wrong_rest: float
    beside: str

    def sentence(self) -> str:
        return (
            f"Median loss {self.loss:.3g}, of what stays {self.beside} {self.rest:.3g}: "
            f"harder than {self.harder:.0f} % of that. "
            f"The model takes {self.wrong:.1f} % of them for another class, {self.wrong_rest:.1f} % of the rest."
        )


@dataclass(frozen=True, eq=False)
class Losses:
    """What a model says of its training pictures.

    :param losses: ``(N,)`` cross-entropies; ``wrong``: ``(N,)``, which it takes for another class.
    """

    losses: NDArray[np.float64]
    wrong: NDArray[np.bool_]


@dataclass(frozen=True)
class SharedPatterns:
    """How far what is marked shares its feature patterns with what stays of a class, each 0 to 1; NaN: not known.

    :param typical: the shared directions of two classes that stay, on average.
    """

    name: str
    directions: float
    channels: float
    cosine: float
    typical: float

    def sentence(self) -> str:
        beside = f"; two classes that stay share {self.typical:.2f} on average" if math.isfinite(self.typical) else ""
        return f"Most entangled with {self.name}: {self.directions:.2f} of their main directions are shared{beside}."


@dataclass(frozen=True)
class OneRequest:
    """One of the requests that are answered one after the other.

    :param said: what it is about: ``class cat``; ``marked``: how many pictures; ``aim``: the intent in force.
    """

    said: str
    marked: int
    task: Task
    aim: str

    def sentence(self) -> str:
        """What is asked of the model."""
        return f"{self.said[:1].upper()}{self.said[1:]}: {INTENT_WORDS[self.aim]}. {_MEANING[self.task, self.aim]}"


@dataclass(frozen=True)
class BasketFacts:
    """Everything that is said of a forget set before a run.

    :param pictures: training pictures in all; ``marked``: of these.
    :param intent: what was asked for; ``aim``: what is in force.
    :param classes: marked pictures by class; ``kinds``: by kind, where a model knows families.
    :param parts: the requests with goals of their own, where it is several; ``task`` and ``aim`` are then those that
        all of it would have as one request.
    :param warnings: where what is marked is not what the intent wants, a sentence or two each.
    :param copies: what stays in sight of the marked pictures (``CopiesLeft.counts``); ``None``: the pictures are not
        decoded.
    :param shown: positions of some of them, evenly spread over the classes.
    :param entangled: what stays, the most entangled first.
    """

    pictures: int
    marked: int
    earlier: int
    task: Task
    intent: Intent
    aim: str
    classes: tuple[ClassCount, ...]
    kinds: tuple[ClassCount, ...]
    warnings: tuple[str, ...]
    copies: Mapping[str, int] | None
    group: SameGroup | None
    hardness: Hardness | None
    entangled: tuple[SharedPatterns, ...]
    shown: tuple[int, ...]
    parts: tuple[OneRequest, ...] = ()

    @property
    def meaning(self) -> str:
        """What has to become of the model."""
        return _MEANING[self.task, self.aim]

    @property
    def share(self) -> float:
        """Of the data, in percent."""
        return 100 * self.marked / self.pictures if self.pictures else 0.0

    def rows(self) -> list[tuple[str, str]]:
        """What is said of all of it, a title and a text each."""
        said = [
            ("Marked", f"{self.marked:,} of {self.pictures:,} training pictures ({self.share:.3g} %)"),
            *self._asked(),
        ]
        if self.earlier:
            said.append(("Forgotten before", counted(self.earlier, "picture")))
        said += [("Attention", each) for each in self.warnings]
        if self.copies is not None:
            said.append(("Copies left", copies_text(self.copies)))
        if self.group is not None:
            said.append((f"Same {self.group.column}", self.group.sentence()))
        if self.hardness is not None:
            said.append(("How hard", f"{self.hardness.sentence()} {BY_LOSS}"))
        if self.entangled:
            said.append(("Entangled", self.entangled[0].sentence()))
        return said

    def _asked(self) -> list[tuple[str, str]]:
        """Task and intent, of each request where it is several."""
        by_task = ", by the task" if self.intent == "auto" else ""
        if self.parts:
            tasks = ", then ".join(TASK_TITLES[part.task] for part in self.parts)
            numbers = ((f"Request {number}", part.sentence()) for number, part in enumerate(self.parts, 1))
            return [("Task", f"{len(self.parts)} requests, one after the other: {tasks}"), *numbers]
        return [
            ("Task", TASK_TITLES[self.task]),
            ("Intent", f"{INTENT_WORDS[self.aim]}{by_task}. {self.meaning}"),
        ]

    def for_record(self) -> tuple[tuple[str, str], ...]:
        """Of :meth:`rows` what a record does not say elsewhere; nothing names a picture or a person."""
        return tuple((title, text) for title, text in self.rows() if title not in _ELSEWHERE)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        found = {**asdict(self), "meaning": self.meaning, "share": round(self.share, 4)}
        found["classes"] = [{**asdict(each), "share": round(each.share, 4)} for each in self.classes]
        found["entangled"] = [{key: _finite(value) for key, value in asdict(each).items()} for each in self.entangled]
        return found


def basket_facts(
    images: ImageSet,
    forget: ForgetSet,
    intent: Intent,
    parts: Sequence[ForgetSet] = (),
    *,
    group: str = "",
    answers: Losses | None = None,
    entangled: tuple[SharedPatterns, ...] = (),
    left: CopiesLeft | None = None,
    shown: int = 8,
) -> BasketFacts:
    """The facts of a forget set.

    :param parts: what is answered one after the other; one or none where it is a single request.
    :param group: the column that says of whom a picture is; by default the first that is called so.
    :param answers: what the open model says of its training pictures.
    :param left: what stays in sight of what goes; ``None``: the pictures are not decoded.
    :param shown: how many pictures are chosen to be seen.
    """
    train, total = images.train, len(images.train)
    places, stays = forget.indices, forget.retained(total)
    classes = class_counts(train.labels, places, images.classes)
    kinds = class_counts(train.kinds, places, images.kinds) if images.families is not None else ()
    aim = Situation.of(forget.task, intent).intent
    column = group or likely_group(images)
    hardness = _hardness(train.labels, places, stays, answers) if answers is not None else None
    return BasketFacts(
        pictures=total,
        marked=len(places),
        earlier=len(forget.earlier),
        task=forget.task,
        intent=intent,
        aim=aim,
        classes=classes,
        kinds=kinds,
        warnings=_warnings(parts or (forget,), classes, images, stays, intent),
        copies=left.counts() if left is not None else None,
        group=same_group(images, places, stays, column) if column in train.columns else None,
        hardness=hardness,
        entangled=entangled,
        shown=spread(train.labels, places, shown),
        parts=_requests(parts, images, intent) if len(parts) > 1 else (),
    )


def _requests(parts: Sequence[ForgetSet], images: ImageSet, intent: Intent) -> tuple[OneRequest, ...]:
    catalogue = images.catalogue()
    return tuple(
        OneRequest(describe(part, catalogue), len(part), part.task, Situation.of(part.task, intent).intent)
        for part in parts
    )


def likely_group(images: ImageSet) -> str:
    """The column that says of whom a picture is, by its name; empty where none is called so."""
    known = {name.lower(): name for name in images.train.columns}
    return next((known[name] for name in GROUP_NAMES if name in known), "")


def same_group(images: ImageSet, marked: NDArray[np.int64], stays: NDArray[np.int64], column: str) -> SameGroup:
    """How many pictures of the same person or thing stay, in training and among the test pictures."""
    by = images.grouping(column)
    of = mask_of(by.count + 1, by.train[marked])
    unknown = int((by.train[marked] == by.count).sum())
    of[-1] = False
    groups, train, test = (int(each.sum()) for each in (of, of[by.train[stays]], of[by.test]))
    return SameGroup(column, groups, unknown, train, test)


def spread(labels: NDArray[np.int64], marked: NDArray[np.int64], count: int) -> tuple[int, ...]:
    """Some of the marked pictures, so that every class of them is seen: as many of each as there is room for."""
    if not len(marked) or count < 1:
        return ()
    of = labels[marked]
    counts = np.bincount(of)
    order = sorted(np.flatnonzero(counts).tolist(), key=(-counts).tolist().__getitem__)
    groups = [marked[of == order[i]] for i in evenly_placed(len(order), count)]
    each, more = divmod(count, len(groups))
    found = list[int]()
    for number, group in enumerate(groups):
        found += group[evenly_placed(len(group), each + (number < more))].tolist()
    return tuple(found[:count])


def _hardness(
    labels: NDArray[np.int64],
    marked: NDArray[np.int64],
    stays: NDArray[np.int64],
    answers: Losses,
) -> Hardness | None:
    alike = stays[labelled(labels, np.flatnonzero(np.bincount(labels[marked])))[stays]]
    rest, beside = (alike, "of the same classes") if len(alike) else (stays, "in the other classes")
    if not len(rest) or not len(marked):
        return None
    losses, wrong = answers.losses, answers.wrong
    median = float(np.median(losses[marked]))
    return Hardness(
        median,
        float(np.median(losses[rest])),
        100 * float((losses[rest] < median).mean()),
        100 * float(wrong[marked].mean()),
        100 * float(wrong[rest].mean()),
        beside,
    )


def _warnings(
    parts: Sequence[ForgetSet],
    classes: Sequence[ClassCount],
    images: ImageSet,
    stays: NDArray[np.int64],
    intent: Intent,
) -> tuple[str, ...]:
    """Where what is marked is not what the intent wants."""
    left = np.bincount(images.train.labels[stays], minlength=len(images.classes))
    staying = {name: int(count) for name, count in zip(images.classes, left, strict=True)}
    said = []
    for each in classes:
        if staying[each.name] and each.share >= _NEAR_WHOLE:
            them, are = ("it", "is") if staying[each.name] == 1 else ("them", "are")
            said.append(
                f"{each.chosen:,} of {each.pictures:,} pictures of {each.name} are marked, but {staying[each.name]:,} "
                f"{are} not: this is not the whole class. Mark {them} too if the class is meant."
            )
    if intent == "concept" and any(part.task == "random" for part in parts):
        names = [each.name for each in classes if staying[each.name]]
        some = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        said.append(
            f"The intent is that it is {INTENT_WORDS['concept']}, but pictures of {some} stay: by them the model keeps "
            "recognising the class. Mark the whole class, or choose the other intent on the Run page."
        )
    return tuple(said)


def _finite(value: Any) -> Any:
    """JSON has no word for what is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
