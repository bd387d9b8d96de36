"""The comparison before / after / retrained as a Qt table, one group of figures at a time."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from maga_desk.domain.attack_controls import attack_control
from maga_desk.domain.measure import Group, Measure
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Figure, Report
from maga_desk.domain.verdicts import GRADE_WORDS, UNSURE, Grade, Verdict, verdicts

Index = QModelIndex | QPersistentModelIndex

FIGURE, BEFORE, AFTER, RETRAINED, DIFFERENCE, VERDICT, SECOND, SECOND_VERDICT = range(8)
COLUMNS = ("Figure", "Before", "After", "Retrained", "Difference", "Verdict")
WITH_SECOND = ("Figure", "Before", "After", "1st guess", "Difference", "By the 1st", "2nd guess", "By the 2nd")
"""The columns where the nets of two guesses of the recipe are compared with."""

GradeRole = int(Qt.ItemDataRole.UserRole)
HelpRole = GradeRole + 1

_MARKS: dict[Grade, str] = {"close": "✓", "near": "~", "far": "✗", "unsure": "?"}
GRADE_TEXT: dict[Grade, str] = {grade: f"{mark}  {GRADE_WORDS[grade]}" for grade, mark in _MARKS.items()}
GRADE_TEXT["unknown"] = "–"

_VERDICTS = (VERDICT, SECOND_VERDICT)
_NOTHING = QModelIndex()


def grade_help(measure: Measure) -> str:
    """What the verdicts of a figure mean."""
    if not measure.judged:
        return "Not judged: even two retrained models differ in it."
    unit = {
        "percent": " points",
        "points": " points",
        "nats": " nats",
        "share": "",
        "steps": " steps",
        "rank": " places",
    }[measure.unit]
    return (
        f"Close: within {measure.close:g}{unit} of {measure.target}. Not far: within {measure.near:g}{unit}. "
        "Far: more than that, in either direction; where a concept goes, recognising it less than retraining is close. "
        f"Not sure: {UNSURE}."
    )


def certainty(measure: Measure, figure: Figure | None) -> str:
    """The 95 % interval and the pictures behind a figure; empty where there is none."""
    return "" if figure is None else figure.certainty(measure)


def reason_unknown(measure: Measure, report: Report, column: int) -> str:
    """Why a figure is missing."""
    if "retrained" in measure.rests_on and not report.judged and report.after.value(measure.key) is None:
        return "Unknown: there is no retrained model to compare with yet"
    if report.retrained is None and column >= RETRAINED:
        return "Unknown: there is no retrained model to compare with yet"
    if not report.judged and column >= DIFFERENCE:
        return "Not judged: what the result is compared with is not known to be retrained"
    if "shadows" in measure.rests_on and report.after.value(measure.key) is None:
        return "Not measured: no shadow models were trained for this run"
    if measure.depth == "full" and _judged_quickly(report):
        return 'Not measured: the run was judged quickly; [audit] depth = "full" gives it'
    return f"Unknown: {measure.unknown}"


def _judged_quickly(report: Report) -> bool:
    """Whether none of the figures is there that only an audit in full depth gives."""
    return not any(MEASURES[key].depth == "full" for key in report.after.figures)


class ReportModel(QAbstractTableModel):
    """A row for each figure of the group; empty without a report."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report: Report | None = None
        self._group: Group = "accuracy"
        self._verdicts: list[Verdict] = []
        self._second: list[Verdict] = []

    def set_report(self, report: Report | None) -> None:
        """Show another report."""
        self._report = report
        self._refill()

    def set_group(self, group: Group) -> None:
        """Show another group of figures."""
        self._group = group
        self._refill()

    def shown_keys(self) -> list[str]:
        """The figures that are shown, by row."""
        return [verdict.measure.key for verdict in self._verdicts]

    def _refill(self) -> None:
        self.beginResetModel()
        report = self._report
        other = report.by_second() if report else None
        self._verdicts = self._shown(verdicts(report.by_first())) if report else []
        self._second = self._shown(verdicts(other)) if other else []
        self.endResetModel()

    def _shown(self, judged: list[Verdict]) -> list[Verdict]:
        return [each for each in judged if each.measure.group == self._group and _is_shown(each)]

    def rows(self) -> list[list[str]]:
        """All figures of all groups as text, for other programs: values and intervals without units."""
        report = self._report
        if report is None:
            return []
        beside = "retrained" if report.judged else "compared with"
        nets = {"before": report.before, "after": report.after, beside: report.retrained}
        second, other = report.second, report.by_second()
        if second is not None:
            nets |= {"after, by the second guess": second.after, "second guess": second.retrained}
        titles = ["group", "key", "figure", "unit", "target", "direction"]
        titles += [f"{net}{part}" for net in nets for part in ("", " low", " high", " n")]
        table = [[*titles, "difference", "verdict"]]
        by_second = verdicts(other) if other else []
        if by_second:
            table[0] += ["difference, second guess", "verdict, second guess"]
        for place, each in enumerate(verdicts(report.by_first())):
            measure, cells = each.measure, list[str]()
            for audit in nets.values():
                figure = audit.figures.get(measure.key) if audit is not None else None
                numbers = (figure.value, figure.low, figure.high) if figure is not None else (None, None, None)
                cells += ["" if number is None else f"{number:.6g}" for number in numbers]
                cells.append(str(figure.n) if figure is not None and figure.n else "")
            for judged in (each, *by_second[place : place + 1]):
                cells.append("" if judged.difference is None else f"{judged.difference:.6g}")
                cells.append("" if judged.grade == "unknown" else judged.grade)
            table.append(
                [measure.group, measure.key, measure.title, measure.unit, measure.target, measure.direction, *cells]
            )
        return table

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._verdicts)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(WITH_SECOND if self._second else COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        judged, column = self._at(index.row(), index.column()), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(judged, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(judged, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == GradeRole and column in (DIFFERENCE, *_VERDICTS):
            return judged.grade
        if role == HelpRole:
            return self._help(judged, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{judged.measure.title}, {self._titles[column]}: {_text(judged, column)}"
        return None

    def _at(self, row: int, column: int) -> Verdict:
        """The verdict that a cell shows."""
        return self._second[row] if column in (SECOND, SECOND_VERDICT) else self._verdicts[row]

    @property
    def _titles(self) -> tuple[str, ...]:
        return WITH_SECOND if self._second else COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            beside = section == RETRAINED and self._report is not None and not self._report.judged
            plain = beside and self._report and self._report.retrained and not self._second
            return "Compared with" if plain else self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        if role == Qt.ItemDataRole.ToolTipRole and section == DIFFERENCE:
            return "The result minus the retrained model, or minus 0 or 1 for what is a distance already"
        return None

    def _help(self, judged: Verdict, column: int) -> str:
        """The muted line below a cell's text."""
        if column == FIGURE:
            return judged.measure.help
        assert self._report is not None
        if column in _VERDICTS and self._second and judged.difference is not None:
            return judged.measure.text(judged.difference, signed=True)
        audits = {BEFORE: self._report.before, AFTER: self._report.after, RETRAINED: self._report.retrained}
        if self._report.second is not None:
            audits[SECOND] = self._report.second.retrained
        audit = audits.get(column)
        return "" if audit is None else certainty(judged.measure, audit.figures.get(judged.measure.key))

    def _tip(self, judged: Verdict, column: int) -> str:
        assert self._report is not None
        if column == FIGURE:
            return judged.measure.help
        if _text(judged, column) == "–":
            report = self._report.by_second() if column in (SECOND, SECOND_VERDICT) else self._report
            return reason_unknown(judged.measure, report or self._report, column)
        if column not in (DIFFERENCE, *_VERDICTS):
            return judged.measure.help
        control = attack_control(self._report, judged.measure.key)
        return f"{'' if control is None or control.tells else f'Not sure: {control.why}. '}{grade_help(judged.measure)}"


def _is_shown(judged: Verdict) -> bool:
    """Figures about earlier requests are shown only where there were some, those by verification models where these
    were asked for.
    """
    measure = judged.measure
    beside = measure.key.startswith("earlier_") or "verification" in measure.rests_on
    return not beside or judged.after is not None or judged.before is not None


def _text(judged: Verdict, column: int) -> str:
    measure = judged.measure
    if column == FIGURE:
        return measure.title
    if column in _VERDICTS:
        return GRADE_TEXT[judged.grade]
    if column == DIFFERENCE:
        return measure.text(judged.difference, signed=True)
    retrained = judged.retrained
    values = {BEFORE: judged.before, AFTER: judged.after, RETRAINED: retrained, SECOND: retrained}
    return measure.text(values[column])


def _side(column: int) -> int:
    """Words to the left, numbers to the right."""
    side = Qt.AlignmentFlag.AlignLeft if column in (FIGURE, *_VERDICTS) else Qt.AlignmentFlag.AlignRight
    return int(side | Qt.AlignmentFlag.AlignVCenter)
