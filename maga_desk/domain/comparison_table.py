"""Any number of runs beside the original and the retrained model: a row for each, a column for each measure.

Runs are compared with one another where the same pictures were forgotten out of the same set, by the same original.
What differs in that is another group, and the table says in what. Within a group each run is judged by its own
retrained model; where these are several, that is said too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

from maga_desk.domain.errors import name_some
from maga_desk.domain.measure import Measure
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.questions import why_missing
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.verdicts import Grade, verdict

NOT_RUN, NOT_MEANT = "not run", "does not apply"
ORIGINAL, RETRAINED, COMPARED = "Original", "Retrained", "Compared with"
Kind = Literal["original", "retrained", "run"]
Part = Literal["pictures", "original", "forgotten"]

_PARTS: Mapping[Part, tuple[str, str]] = {
    "pictures": ("other pictures", "the pictures are"),
    "original": ("another original", "the original is"),
    "forgotten": ("another forget set", "the forget set is"),
}
_SAID = "said:"  # before what only the spec says, where no fingerprint was kept
_OF_ANOTHER = frozenset({"lira", "lira_tpr1", "lira_tpr01", "cka_retrained"})  # these tell two nets from one another
_OF_THE_RESULT = frozenset({"cka_original", "pair_gain"})  # these tell it from the original


@dataclass(frozen=True)
class Ground:
    """What a run's figures rest on: fingerprints of its pictures, its original, and of all that is forgotten."""

    pictures: str
    original: str
    forgotten: str

    @classmethod
    def of(cls, spec: RunSpec, *, pictures: str = "", original: str = "", forgotten: str = "") -> Ground:
        """With what the spec says in the place of a fingerprint that is not known."""
        drawn = {"seed": spec.seed} if spec.forget.fraction is not None else {}
        return cls(
            pictures or _said(spec.data.model_dump(mode="json")),
            original or _said(spec.model.model_dump(mode="json")),
            forgotten or _said({**spec.forget.model_dump(mode="json", exclude={"history"}), **drawn}),
        )

    def known(self, part: Part) -> bool:
        """Whether a fingerprint says it."""
        return not self._value(part).startswith(_SAID)

    def unlike(self, other: Ground) -> Iterator[str]:
        """In what it is not the other, or may not be, in words."""
        for part, (differs, unknown) in _PARTS.items():
            if self._value(part) == other._value(part):
                continue
            sure = self.known(part) and other.known(part)
            yield differs if sure else f"whether {unknown} the same is not known"

    def _value(self, part: Part) -> str:
        return str(getattr(self, part))


@dataclass(frozen=True)
class ComparedRun:
    """A judged run.

    :param label: short, for plots; ``title`` is how it stands in lists.
    :param session: what its session is called; empty for a folder.
    :param run_id: its number in the database; ``None`` for a folder.
    """

    label: str
    title: str
    spec: RunSpec
    report: Report
    ground: Ground
    session: str = ""
    run_id: int | None = None
    folder: str = ""

    @property
    def settings(self) -> str:
        """``balanced, lr 0.01``."""
        return ", ".join(
            [self.spec.method.preset, *(f"{name} {value}" for name, value in self.spec.method.params.items())]
        )

    @property
    def judged_by(self) -> str:
        """The net that it is compared with."""
        by = self.report.yardstick
        return "" if by is None else f"{by.file} ({by.sha256[:8]})" if by.sha256 else by.file


@dataclass(frozen=True)
class NetFigure:
    """A figure of a row.

    :param why: there is none; else empty.
    :param difference: of a run's figure to what it should be, in the measure's unit; ``None`` where nothing is judged.
    """

    measure: Measure
    figure: Figure | None
    why: str = ""
    missing: str = NOT_RUN
    difference: float | None = None
    grade: Grade = "unknown"

    @property
    def text(self) -> str:
        """``79.1 %``; of a missing one ``not run`` or ``does not apply``."""
        return self.missing if self.figure is None else self.measure.text(self.figure.value)

    @property
    def certainty(self) -> str:
        """``78.0–80.2, n 4,750``; empty without a figure."""
        return "" if self.figure is None else self.figure.certainty(self.measure)


@dataclass(frozen=True)
class TableRow:
    """One net.

    :param group: the letter of its group.
    :param seconds: that its making took, ``None`` where that is not known.
    :param per_class: test accuracy in percent, and ``changes`` that minus the original's in points, by class.
    :param run: behind it; ``None`` for what runs are compared with.
    """

    kind: Kind
    group: str
    label: str
    title: str
    seconds: float | None
    cells: Mapping[str, NetFigure]
    per_class: Mapping[str, float | None]
    changes: Mapping[str, float | None]
    run: ComparedRun | None = None


@dataclass(frozen=True)
class RunGroup:
    """Runs that may be compared with one another.

    :param forgotten: what they forgot, in words, and ``classes`` those of them that are whole classes.
    :param notes: what a reader must know of it, a sentence each.
    """

    letter: str
    runs: tuple[ComparedRun, ...]
    rows: tuple[TableRow, ...]
    forgotten: str
    classes: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ComparisonTable:
    """All groups, that of the first run first.

    :param notes: why the groups are not compared with one another, and those of the groups.
    """

    groups: tuple[RunGroup, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> tuple[TableRow, ...]:
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def runs(self) -> tuple[ComparedRun, ...]:
        return tuple(run for group in self.groups for run in group.runs)


def comparison_table(runs: Sequence[ComparedRun]) -> ComparisonTable:
    """Put runs beside the nets that they are compared with, in groups that may be compared."""
    parted: dict[Ground, list[ComparedRun]] = {}
    for run in runs:
        parted.setdefault(run.ground, []).append(run)
    groups = tuple(_group(_letter(place), members) for place, members in enumerate(parted.values()))
    notes = [
        f"Group {group.letter} is not to be compared with group {groups[0].letter}: "
        f"{'; '.join(group.runs[0].ground.unlike(groups[0].runs[0].ground))}."
        for group in groups[1:]
    ]
    named = len(groups) > 1
    notes += [f"Group {each.letter}: {note}" if named else note for each in groups for note in each.notes]
    return ComparisonTable(groups, tuple(notes))


def _group(letter: str, runs: Sequence[ComparedRun]) -> RunGroup:
    nets: dict[str, list[ComparedRun]] = {}
    for run in runs:
        if run.report.retrained is not None:
            nets.setdefault(_net(run), []).append(run)
    rows = [_original(letter, runs, several=len(nets) > 1)]
    rows += [
        _retrained(letter, members, f" {place}" if len(nets) > 1 else "")
        for place, members in enumerate(nets.values(), 1)
    ]
    rows += [_run_row(letter, run) for run in runs]
    first = runs[0].spec.forget
    return RunGroup(letter, tuple(runs), tuple(rows), first.said(), tuple(first.classes), tuple(_notes(runs, nets)))


def _net(run: ComparedRun) -> str:
    """What tells the retrained models apart."""
    by = run.report.yardstick
    return (by.sha256 or by.file) if by is not None else json.dumps(asdict(run.report)["retrained"], sort_keys=True)


def _notes(runs: Sequence[ComparedRun], nets: Mapping[str, Sequence[ComparedRun]]) -> Iterator[str]:
    unknown = [part for part in _PARTS if not runs[0].ground.known(part)]
    if unknown and len(runs) > 1:
        parts = " and ".join(_PARTS[part][1] for part in unknown)
        yield f"That {parts} the same follows from the specs alone: no fingerprint was kept."
    if len(nets) > 1:
        yield (
            f"These runs are judged by {len(nets)} retrained models: each difference and verdict is to the run's own, "
            "and figures that rest on a retrained model are not to be ranked together."
        )
    unjudged = [run.label for run in runs if not run.report.judged]
    if unjudged:
        yield f"Not judged, for want of a retrained model that counts: {name_some(unjudged)}."
    if any(run.report.second is not None for run in runs):
        yield "Figures by the second guess of a recipe are on the Verify page alone."
    machines = {run.report.machine for run in runs}
    if len(runs) > 1 and (len(machines) > 1 or None in machines):
        yield "Times are of different machines or states of them, or it is not known of which."
    for name, audits in (("original", [run.report.before for run in runs]), *_retrained_audits(nets)):
        differing = _differing(audits, apart=len(nets) > 1 and name == "original")
        if differing:
            yield f"The {name} has other figures in each audit, the first run's are shown: {name_some(differing)}."


def _retrained_audits(nets: Mapping[str, Sequence[ComparedRun]]) -> Iterator[tuple[str, list[Audit]]]:
    for members in nets.values():
        yield "retrained model", [run.report.retrained for run in members if run.report.retrained is not None]


def _differing(audits: Sequence[Audit], *, apart: bool) -> list[str]:
    """Titles of measures that audits of one net give otherwise.

    :param apart: without what rests on a retrained model.
    """
    found = []
    for key, measure in MEASURES.items():
        values = [value for value in (audit.value(key) for audit in audits) if value is not None]
        if apart and "retrained" in measure.rests_on:
            continue
        if any(measure.text(one) != measure.text(other) for one, other in pairwise(values)):
            found.append(measure.title)
    return found


def _original(letter: str, runs: Sequence[ComparedRun], *, several: bool) -> TableRow:
    cells = {}
    for key, measure in MEASURES.items():
        figure = next((run.report.before.figures[key] for run in runs if key in run.report.before.figures), None)
        if several and "retrained" in measure.rests_on:
            cells[key] = NetFigure(measure, None, "these runs have several retrained models", NOT_MEANT)
        elif figure is None and key in _OF_THE_RESULT:
            cells[key] = NetFigure(measure, None, measure.unknown, NOT_MEANT)
        else:
            cells[key] = NetFigure(measure, figure, why_missing(runs[0].report, measure) if figure is None else "")
    before = runs[0].report
    per_class = _by_class(before.classes, before.before)
    return TableRow("original", letter, ORIGINAL, ORIGINAL, None, cells, per_class, dict.fromkeys(per_class))


def _retrained(letter: str, runs: Sequence[ComparedRun], number: str) -> TableRow:
    report = runs[0].report
    assert report.retrained is not None
    cells = {}
    for key, measure in MEASURES.items():
        audits = (run.report.retrained for run in runs)
        if "verification" in measure.rests_on:
            cells[key] = NetFigure(measure, None, "verification models judge results, not a retrained model", NOT_MEANT)
            continue
        figure = next((audit.figures[key] for audit in audits if audit is not None and key in audit.figures), None)
        itself = figure is None and (key in _OF_ANOTHER or (measure.best != "retrained" and bool(measure.rests_on)))
        why = "a retrained model is not compared with itself" if itself else why_missing(report, measure)
        cells[key] = NetFigure(measure, figure, "" if figure else why, NOT_MEANT if itself else NOT_RUN)
    label = f"{RETRAINED if report.judged else COMPARED}{number}"
    title = f"{label}: {runs[0].judged_by}" if runs[0].judged_by else label
    per_class = _by_class(report.classes, report.retrained)
    changes = _minus(per_class, _by_class(report.classes, report.before))
    return TableRow("retrained", letter, label, title, report.retrain_seconds, cells, per_class, changes)


def _run_row(letter: str, run: ComparedRun) -> TableRow:
    report, cells = run.report, {}
    for key, measure in MEASURES.items():
        judged, figure = verdict(report, key), report.after.figures.get(key)
        why = why_missing(report, measure) if figure is None else ""
        cells[key] = NetFigure(measure, figure, why, NOT_RUN, judged.difference, judged.grade)
    per_class = _by_class(report.classes, report.after)
    changes = _minus(per_class, _by_class(report.classes, report.before))
    return TableRow("run", letter, run.label, run.title, report.seconds, cells, per_class, changes, run)


def _by_class(classes: Sequence[str], audit: Audit) -> dict[str, float | None]:
    known = dict(zip(classes, audit.per_class, strict=False))
    return {name: known.get(name) for name in classes}


def _minus(after: Mapping[str, float | None], before: Mapping[str, float | None]) -> dict[str, float | None]:
    pairs = {name: (value, before.get(name)) for name, value in after.items()}
    return {name: None if one is None or two is None else one - two for name, (one, two) in pairs.items()}


def _letter(place: int) -> str:
    """``A``, ``B`` ... ``Z``, ``AA``."""
    first, last = divmod(place, 26)
    return (_letter(first - 1) if first else "") + chr(ord("A") + last)


def _said(section: Mapping[str, Any]) -> str:
    return _SAID + json.dumps(section, sort_keys=True, ensure_ascii=False)


def sort_key(row: TableRow, key: str | None) -> tuple[bool, float]:
    """What rows are ordered by: what is missing comes last.

    :param key: of a measure, or ``seconds``.
    """
    figure = row.cells[key].figure if key is not None and key in row.cells else None
    value = row.seconds if key == "seconds" else figure.value if figure is not None else None
    return value is None, 0.0 if value is None else value


def ordered(rows: Sequence[TableRow], key: str | None) -> list[TableRow]:
    """The nets that runs are compared with as they are, then the runs by a figure, the smallest first."""
    runs = [row for row in rows if row.kind == "run"]
    beside = [row for row in rows if row.kind != "run"]
    return [*beside, *(runs if key is None else sorted(runs, key=lambda row: sort_key(row, key)))]
