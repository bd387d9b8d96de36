"""Verify: the figures before, after and retrained, and what they do and do not show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.advice import Used
from maga_desk.domain.errors import name_some
from maga_desk.domain.measure import GROUP_TITLES, Group
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import INTENT_WORDS
from maga_desk.domain.verdicts import on_guesses, verdicts
from maga_desk.ui import icons, theme
from maga_desk.ui.pages.closer_view import VIEWS, CloserView
from maga_desk.ui.plots.class_bars import ClassBars
from maga_desk.ui.widgets.basic.deferred import Deferred
from maga_desk.ui.widgets.basic.empty_state import EmptyState
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.flow import FlowLayout, named
from maga_desk.ui.widgets.basic.job_line import JobLine
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.basic.legend import LegendKey
from maga_desk.ui.widgets.basic.page import Page
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import take_button
from maga_desk.ui.widgets.run.run_options import choose_checkpoint
from maga_desk.ui.widgets.verify.report_table import ReportTable
from maga_desk.ui.widgets.verify.result_card import ResultCard

GROUPS: tuple[Group, ...] = tuple(GROUP_TITLES)
GROUP_NAMES: Mapping[Group, str] = {
    "accuracy": "Accuracy",
    "distance": "Distance to retraining",
    "membership": "Membership",
    "residue": "What is left inside",
    "returns": "What comes back",
}
COMPARE = "Any number of runs, of all sessions, beside original and retrained"
EVIDENCE = (
    "These figures are evidence, not proof: a model can answer as if it had forgotten and still hold traces inside."
)


def overview(report: Report) -> str:
    """Which figures are far off, and what was asked for; empty where nothing is judged."""
    if not report.judged:
        return ""
    far = [each.measure.title for each in verdicts(report) if each.grade == "far"]
    text = f"Far off: {name_some(far, 6)}" if far else "No figure is far off"
    by = report.yardstick
    if by is not None and by.standing == "declaration":
        text += f"; judged by declaration of {by.declared_by}"
    if report.intent in INTENT_WORDS:
        text += f"; asked for was \u201c{INTENT_WORDS[report.intent]}\u201d"
    return f"{text}. {on_guesses(report)}".rstrip()


def compared_with(report: Report) -> str:
    """The yardstick and why it may judge, or why not; empty where none is known."""
    by, second = report.yardstick, report.second
    if by is None:
        return ""
    first = f"{by.text()}. {' '.join(by.said)}"
    if second is None:
        return f"Compared with {first}"
    other = f"{second.yardstick.text()}. {' '.join(second.yardstick.said)}"
    return f"Compared with two.\n1st guess: {first}\n2nd guess: {other}"


class VerifyPage(Page):
    """Shows a report.

    Signals: ``judge_requested(retrained)`` with a path, ``retrain_requested()``, ``declare_requested()``,
    ``shadows_requested()``, ``without_requested()``, ``run_chosen(run_id)``, ``rename_requested()``,
    ``folder_requested()``, ``used_requested()``, ``compare_requested()``.
    """

    judge_requested = Signal(str)
    retrain_requested = Signal()
    declare_requested = Signal()
    shadows_requested = Signal()
    without_requested = Signal()
    run_chosen = Signal(int)
    rename_requested = Signal()
    folder_requested = Signal()
    used_requested = Signal()
    compare_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: Report | None = None
        self._busy = False
        self.runs = ChoiceBox(self)
        self.runs.setAccessibleName("Run")
        self.runs.setMinimumWidth(280)
        self.rename_button = _button(
            "Rename…", "Call this run by a name of your own, such as the number of a case", self
        )
        self.folder_button = _button("Open folder", "The run's folder: checkpoint, figures, labels and log", self)
        self.used_button = _button("Settings used…", "Every value that the run used, defaults included", self)
        self.compare_button = _button("Compare runs…", COMPARE, self)
        self.retrain_button = _button(
            "Retrain to compare", "Trains from scratch without the forget set: the yardstick, and far slower", self
        )
        self.file_button = _button("Compare with a file…", "A retrained checkpoint that you have", self)
        self.shadows_button = _button(
            "Shadow models…", "The attacks to be trusted most compare with models that are trained for them", self
        )
        self.without_button = _button(
            "Judge without retraining…", "Models that certainly never saw the forget set say what they can", self
        )
        icons.put(self.rename_button, "pencil-simple")
        icons.put(self.folder_button, "folder-open")
        icons.put(self.used_button, "list-bullets")
        icons.put(self.compare_button, "columns")
        icons.put(self.retrain_button, "repeat")
        icons.put(self.file_button, "file-text")
        icons.put(self.shadows_button, "users-three")
        icons.put(self.without_button, "scales")
        self.progress = JobLine(self)
        self.run_title = TextLabel(self)
        self.result = ResultCard(self)
        self.guided = TextLabel(self)
        self.guided.setTextFormat(Qt.TextFormat.PlainText)
        self.guided.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.compared, self.cost = TextLabel(self), TextLabel(self)
        for detail in (self.compared, self.cost):
            detail.setTextFormat(Qt.TextFormat.PlainText)
            detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.declare_button = QPushButton("Declare it retrained…", self)
        self.declare_button.setToolTip("For a retrained checkpoint without a record: what can be checked is checked")
        self.overview, self.evidence, self.notes = TextLabel(self), TextLabel(EVIDENCE, self), TextLabel(self)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.groups = Segments([GROUP_NAMES[group] for group in GROUPS], "Figures", self)
        self.views = Segments(["Figures", *VIEWS], "View", self)
        self.closer = CloserView(self)
        self.table = ReportTable(self)
        self.bars = ClassBars(self)
        self.inside = Deferred(_make_residue, self)
        self.empty = EmptyState("No run has been judged yet. Figures appear here when a run is finished.", self)
        theme.set_tone(self.evidence, "muted")
        theme.set_tone(self.notes, "warning")
        self._content = self._lay_out()
        self.groups.chosen.connect(self._choose_group)
        self.views.chosen.connect(self._choose_view)
        self.inside.built.connect(self._draw_residue)
        self.runs.activated.connect(self._choose_run)
        self.rename_button.clicked.connect(self.rename_requested)
        self.folder_button.clicked.connect(self.folder_requested)
        self.used_button.clicked.connect(self.used_requested)
        self.compare_button.clicked.connect(self.compare_requested)
        self.retrain_button.clicked.connect(self.retrain_requested)
        self.file_button.clicked.connect(self._compare_with_file)
        self.shadows_button.clicked.connect(self.shadows_requested)
        self.without_button.clicked.connect(self.without_requested)
        self.declare_button.clicked.connect(self.declare_requested)
        self.show_runs([])
        self.show_report(None)

    def show_report(
        self,
        report: Report | None,
        request: str = "",
        forgotten: Collection[str] = (),
        *,
        origin: str = "",
        used: Used | None = None,
    ) -> None:
        """Show a report, or that there is none.

        :param request: what its run forgot, ``class cat``; other pictures may be marked by now.
        :param forgotten: classes that were forgotten, to be marked in the chart.
        :param origin: by which run, in words; ``used`` is its method.
        """
        self._report = report
        self.table.report_model.set_report(report)
        self.bars.set_report(report, forgotten)
        room_for_bar = self._chart.horizontalScrollBar().sizeHint().height()
        self._chart.setMinimumHeight(self.bars.sizeHint().height() + room_for_bar)
        self.views.setVisible(report is not None)
        self.empty.setVisible(report is None)
        if report is not None:
            self.result.show_report(report, request, origin, used, forgotten)
            self.guided.setText(f"{report.guided.text()}." if report.guided else "")
            self.guided.setVisible(report.guided is not None)
            self.overview.setText(overview(report))
            self.overview.setVisible(report.judged)
            self.compared.setText(compared_with(report))
            self.compared.setVisible(report.yardstick is not None)
            lowered = f" Learning rates lowered to what the model bears: {report.scaled_text}." if report.scaled else ""
            self.cost.setText(f"Unlearning took {report.cost_text()}.{lowered}")
            by = report.yardstick
            self.declare_button.setVisible(by is not None and not by.judges and by.declarable)
            self.notes.setText("\n".join(report.notes))
            self.notes.setVisible(bool(report.notes))
            self.retrained_key.setVisible(report.retrained is not None)
            self.retrained_key.set_name("Retrained" if report.judged else "Compared with")
        self._choose_group(self.groups.current)
        self._choose_view(self.views.current)
        self._enable()

    def show_runs(self, runs: Sequence[tuple[int, str]], chosen: int | None = None, title: str = "") -> None:
        """The runs to choose from, as (id, title).

        :param chosen: the one that is shown.
        :param title: the shown run's, named beside the list where it is not in it.
        """
        self.runs.clear()
        for run_id, name in runs:
            self.runs.addItem(name, run_id)
        place = self.runs.findData(chosen) if chosen is not None else -1
        self.runs.setCurrentIndex(place)
        self.runs.setEnabled(bool(runs))
        self.rename_button.setEnabled(place >= 0)
        self.folder_button.setEnabled(bool(title))
        self.run_title.setText(title)
        self.run_title.setVisible(bool(title) and place < 0)

    def set_comparable(self, possible: bool) -> None:
        """Whether there are judged runs to compare."""
        self.compare_button.setEnabled(possible)
        self.compare_button.setToolTip(COMPARE if possible else f"{COMPARE}\nNo run has been judged yet.")

    def set_busy(self, busy: bool) -> None:
        """Whether a result is being judged anew."""
        self._busy = busy
        self._enable()

    def _lay_out(self) -> QWidget:
        head = FlowLayout()
        parts = (
            named("Run", self.runs, self.run_title),
            self.rename_button,
            self.folder_button,
            self.used_button,
            self.compare_button,
            self.retrain_button,
            self.file_button,
            self.shadows_button,
            self.without_button,
        )
        for part in parts:
            head.addWidget(part)
        self._of_figures = parts[4:]
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.result)
        for label in (self.overview, self.compared, self.cost, self.guided, self.notes, self.evidence):
            label.setWordWrap(True)
            column.addWidget(label)
            if label is self.compared:
                column.addWidget(self.declare_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(6)
        groups = QHBoxLayout()
        groups.addWidget(self.groups)
        groups.addStretch(1)
        groups.addWidget(take_button(self, lambda: self.table.takeaway, "the figures"))
        column.addLayout(groups)
        column.addWidget(self.table)
        column.addSpacing(4)
        scroll = frameless_scroll(self.bars, content)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # what it would like must not make the page higher than the window; what it needs is set with the report
        scroll.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._chart = scroll
        self._below = QStackedWidget(content)
        classes = QWidget(self._below)
        shown = QVBoxLayout(classes)
        shown.setContentsMargins(0, 0, 0, 0)
        shown.addLayout(self._legend(classes))
        shown.addWidget(scroll, 1)
        for part in (classes, self.inside, QWidget(self._below)):
            self._below.addWidget(part)
        column.addWidget(self._below, 1)
        self.body.addLayout(head)
        self.body.addWidget(self.views)
        self.body.addWidget(self.progress)
        self.body.addWidget(content, 1)
        self.body.addWidget(self.closer, 1)
        self.body.addWidget(self.empty, 1)
        return content

    def _legend(self, parent: QWidget) -> QHBoxLayout:
        title = heading("Test accuracy of every class, %", parent)
        self.retrained_key = LegendKey("Retrained", "text", "hollow", parent)
        row = QHBoxLayout()
        row.addWidget(title)
        row.addStretch(1)
        row.addWidget(LegendKey("Before", "text_muted", "bar", parent))
        row.addWidget(LegendKey("After", "accent", "bar", parent))
        row.addWidget(self.retrained_key)
        row.addWidget(take_button(parent, lambda: self.bars.takeaway, "the chart"))
        return row

    def _enable(self) -> None:
        self.used_button.setEnabled(self._report is not None and bool(self._report.resolved))
        possible = self._report is not None and not self._busy
        self.retrain_button.setEnabled(possible)
        self.file_button.setEnabled(possible)
        self.shadows_button.setEnabled(possible)
        self.without_button.setEnabled(possible)
        self.declare_button.setEnabled(possible)

    @Slot(int)
    def _choose_group(self, place: int) -> None:
        """Show a group's figures, and below them what belongs to it."""
        group = GROUPS[place]
        self.table.report_model.set_group(group)
        self._below.setCurrentIndex({"accuracy": 0, "residue": 1}.get(group, 2))
        self._draw_residue()

    @Slot(int)
    def _choose_view(self, place: int) -> None:
        """The figures, or a view of single pictures; what acts on figures stands with these alone."""
        known, closer = self._report is not None, place > 0
        self._content.setVisible(known and not closer)
        self.closer.setVisible(known and closer)
        for part in self._of_figures:
            part.setVisible(not closer or not known)
        if closer:
            self.closer.show_view(place - 1)

    @Slot()
    def _draw_residue(self) -> None:
        plots = cast(Any, self.inside.content)
        if plots is not None and self._report is not None:
            plots.set_report(self._report)

    @Slot(int)
    def _choose_run(self, place: int) -> None:
        self.run_chosen.emit(int(self.runs.itemData(place)))

    @Slot()
    def _compare_with_file(self) -> None:
        name = choose_checkpoint(self)
        if name:
            self.judge_requested.emit(name)


def _button(text: str, tip: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    return button


def _make_residue(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.residue import ResiduePlots  # imports pyqtgraph, so not before it is shown

    return ResiduePlots(parent)
