"""The comparison before / after / retrained as a Qt table, judged by the distance to retraining."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from maga_desk.domain.results import METRIC_HELP, METRIC_TITLES, Report

Index = QModelIndex | QPersistentModelIndex
Grade = Literal["close", "near", "far", "unknown"]

FIGURE, BEFORE, AFTER, RETRAINED, DIFFERENCE, VERDICT = range(6)
COLUMNS = ("Figure", "Before", "After", "Retrained", "After − retrained", "Against retraining")
GradeRole = int(Qt.ItemDataRole.UserRole)
HelpRole = GradeRole + 1

CLOSE_POINTS, NEAR_POINTS = 2.0, 5.0
CLOSE_JS, NEAR_JS = 0.05, 0.1
GRADE_TEXT: dict[Grade, str] = {"close": "✓  close", "near": "~  not far", "far": "✗  far", "unknown": "–"}
GRADE_HELP = (
    f"Close: within {CLOSE_POINTS:g} points of the retrained model (JS: {CLOSE_JS:g} nats). "
    f"Not far: within {NEAR_POINTS:g} points (JS: {NEAR_JS:g} nats). Far: more than that, in either direction."
)

_NOTHING = QModelIndex()


@dataclass(frozen=True)
class Line:
    """One figure of the three models; ``None`` is unknown. Percent, or nats for ``js_to_retrained``."""

    key: str
    before: float | None
    after: float | None
    retrained: float | None

    @property
    def difference(self) -> float | None:
        """After minus retrained; the JS distance is a difference already, so retraining's own value is zero."""
        target = 0.0 if self.key == "js_to_retrained" else self.retrained
        return None if self.after is None or target is None else self.after - target

    @property
    def grade(self) -> Grade:
        if self.difference is None:
            return "unknown"
        is_js = self.key == "js_to_retrained"
        close, near = (CLOSE_JS, NEAR_JS) if is_js else (CLOSE_POINTS, NEAR_POINTS)
        distance = abs(self.difference)
        return "close" if distance <= close else "near" if distance <= near else "far"

    def text(self, value: float | None, *, signed: bool = False) -> str:
        """A figure with its unit; a dash when it is unknown."""
        if value is None:
            return "–"
        if self.key == "js_to_retrained":
            return f"{value:+.3f}" if signed else f"{value:.3f}"
        return f"{value:+.1f}".replace("-", "−") if signed else f"{value:.1f} %"


def lines(report: Report) -> list[Line]:
    """The figures in the order of :data:`METRIC_TITLES`."""
    models = (report.before, report.after, report.retrained)
    tables = [audit.metrics.as_dict() if audit else {} for audit in models]
    found = []
    for key in METRIC_TITLES:
        before, after, retrained = (table.get(key) for table in tables)
        found.append(Line(key, before, after, retrained))
    return found


def reason_unknown(key: str, report: Report, column: int) -> str:
    """Why a figure is missing."""
    if report.retrained is None and (column >= RETRAINED or key == "js_to_retrained"):
        return "Unknown: there is no retrained model to compare with yet"
    if key == "js_to_retrained":
        return "Not measured: a retrained model has no distance to itself"
    reasons = {
        "forget_test": "Unknown: there are no test pictures of what was forgotten",
        "retain_test": "Unknown: there are no test pictures of what stays",
        "mia": "Unknown: the attack needs test pictures to compare with",
        "probe": "Unknown: the probe is asked about test pictures of a whole class or sub-class that goes",
    }
    return reasons.get(key, "Unknown: there were no pictures to measure this on")


class ReportModel(QAbstractTableModel):
    """A row for each figure; empty without a report."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report: Report | None = None
        self._lines: list[Line] = []

    def set_report(self, report: Report | None) -> None:
        self.beginResetModel()
        self._report = report
        self._lines = lines(report) if report else []
        self.endResetModel()

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self._lines[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(line, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(line, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column in (FIGURE, VERDICT) else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == GradeRole and column in (DIFFERENCE, VERDICT):
            return line.grade
        if role == HelpRole and column == FIGURE:
            return METRIC_HELP[line.key]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{METRIC_TITLES[line.key]}, {COLUMNS[column]}: {self._text(line, column)}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section in (FIGURE, VERDICT) else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole and section == VERDICT:
            return GRADE_HELP
        return None

    def _text(self, line: Line, column: int) -> str:
        if column == FIGURE:
            return METRIC_TITLES[line.key]
        if column == DIFFERENCE:
            return line.text(line.difference, signed=True)
        if column == VERDICT:
            return GRADE_TEXT[line.grade]
        return line.text({BEFORE: line.before, AFTER: line.after, RETRAINED: line.retrained}[column])

    def _tip(self, line: Line, column: int) -> str:
        if column == FIGURE:
            return METRIC_HELP[line.key]
        assert self._report is not None
        if self._text(line, column) == "–":
            return reason_unknown(line.key, self._report, column)
        return GRADE_HELP if column in (DIFFERENCE, VERDICT) else METRIC_HELP[line.key]
