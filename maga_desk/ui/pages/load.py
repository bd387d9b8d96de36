"""Load page: the demo, pictures with a checkpoint, or a session of the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from maga_desk.domain.choices import DEMO, SourceInfo
from maga_desk.domain.demo import DEMO_TASKS
from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.sessions import SessionInfo
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui import icons
from maga_desk.ui.widgets.basic.flow import FlowLayout
from maga_desk.ui.widgets.basic.job_line import JobLine
from maga_desk.ui.widgets.basic.labels import TextLabel, heading, muted
from maga_desk.ui.widgets.basic.page import Page
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.load.open_form import OpenForm
from maga_desk.ui.widgets.load.session_list import SessionList
from maga_desk.ui.widgets.load.workspace_card import CardView

HEAD = 66
"""Points of height for the title and what stands beside it: three lines and a bar, in a small window."""


class LoadPage(Page):
    """Signals: ``demo_requested(str task)``, ``open_requested(dict)`` with the keys ``data``, ``model``, ``device`` and
    ``precision`` as in a spec (only what was filled in), ``session_chosen(int)``, ``session_deleted(int)``,
    ``rename_asked(int)``, and the card's :class:`~maga_desk.ui.widgets.load.workspace_card.CardView`.
    """

    demo_requested = Signal(str)
    open_requested = Signal(object)
    session_chosen = Signal(int)
    session_deleted = Signal(int)
    rename_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.progress = JobLine(self)
        self.card = CardView(self)
        self.demo_text, self.demo_about = TextLabel(self), muted("", self)
        self.demo_tasks = Segments([each.title for each in DEMO_TASKS], "What the demo forgets", self)
        self.demo_button = QPushButton("Try the demo", self)
        self.demo_button.setObjectName("primary")
        self.form = OpenForm(self)
        self.open_button = QPushButton("Open", self)
        self.sessions = SessionList(self)
        icons.put(self.demo_button, "flask")
        icons.put(self.open_button, "folder-open")
        self._lay_out()
        self.demo_button.clicked.connect(self._open_demo)
        self.demo_tasks.chosen.connect(self._tell_of_demo)
        self.open_button.clicked.connect(self._open)
        self.form.confirmed.connect(self._open)
        self.form.changed.connect(self._enable)
        self.card.reading_doubted.connect(self._doubt)
        self.sessions.chosen.connect(self.session_chosen)
        self.sessions.deleted.connect(self.session_deleted)
        self.sessions.rename_asked.connect(self.rename_asked)
        self._busy = False
        self._tell_of_demo()
        self._enable()

    def show_recent(self, recent: Sequence[SessionInfo]) -> None:
        """The recent sessions."""
        self.sessions.show_sessions(recent)

    def show_card(self, card: WorkspaceCard | None, images: ImageSet | None) -> None:
        """What is open."""
        self.card.show_card(card, images)
        self.form.reading.show_found(card.model.reads if card is not None and card.model is not None else None)

    def show_sources(self, known: Mapping[str, SourceInfo]) -> None:
        """Where pictures can be read from."""
        self.demo_text.setText(known[DEMO].summary)
        self.form.show_sources(known)

    def show_architectures(self, names: list[str]) -> None:
        """The architectures to choose from."""
        self.form.show_architectures(names)

    def show_spec(self, spec: RunSpec) -> None:
        """Fill the form from a spec; the demo leaves what was typed."""
        self.form.show_spec(spec)

    def fill_in(self, what: str, path: str, source: str) -> None:
        """Put a path into the form.

        :param what: ``pictures``, which the source reads, ``checkpoint`` or ``families``.
        """
        self.form.fill_in(what, path, source)

    def set_busy(self, busy: bool) -> None:
        """Whether something is being opened."""
        self._busy = busy
        self._enable()

    def remember(self, spec: RunSpec) -> None:
        """What a spec names was opened."""
        self.form.remember(spec)

    def show_error(self, text: str | None) -> None:
        """Why it could not be opened, in one line."""
        self.told.emit(text or "", "error")

    def _lay_out(self) -> None:
        self.demo_text.setWordWrap(True)
        demo = FlowLayout()
        demo.addWidget(self.demo_tasks)
        demo.addWidget(self.demo_button)
        demo_card, layout = _card("New here?", self)
        layout.addWidget(self.demo_text)
        layout.addWidget(self.demo_about)
        layout.addLayout(demo)
        own_card, layout = _card("", self)
        own = QGridLayout()
        own.addWidget(heading("Your own model and pictures", own_card), 0, 0)
        own.addWidget(self.form, 1, 0, 1, 2)
        own.addWidget(self.open_button, 0, 1)  # in sight without scrolling, and last by Tab
        own.setColumnStretch(0, 1)
        layout.addLayout(own)
        recent_card, layout = _card("Recent sessions", self)
        layout.addWidget(self.sessions, 1)
        grid = QGridLayout()
        grid.setSpacing(14)
        grid.addWidget(demo_card, 0, 0)
        grid.addWidget(own_card, 1, 0)
        grid.addWidget(recent_card, 0, 1, 2, 1)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        # beside the title and below the cards, nothing moves these while something opens
        self.head.addWidget(self.progress, 1, Qt.AlignmentFlag.AlignTop)
        self.head.addStrut(HEAD)
        self.body.addLayout(grid)
        self.body.addWidget(self.card)
        self.body.addStretch(1)

    @Slot()
    def _enable(self) -> None:
        missing = self.form.missing()
        self.open_button.setEnabled(not missing and not self._busy)
        self.open_button.setToolTip(f"Name {' and '.join(missing)} first" if missing else "")
        self.demo_button.setEnabled(not self._busy)

    @Slot()
    def _doubt(self) -> None:
        self.form.reading.unfold()
        for area in self.findChildren(QScrollArea):
            area.ensureWidgetVisible(self.form.reading.inside)

    @Slot()
    def _tell_of_demo(self) -> None:
        self.demo_about.setText(DEMO_TASKS[self.demo_tasks.current].text)

    @Slot()
    def _open_demo(self) -> None:
        self.demo_requested.emit(DEMO_TASKS[self.demo_tasks.current].task)

    @Slot()
    def _open(self) -> None:
        if self.open_button.isEnabled():
            self.open_requested.emit(self.form.given())


def _card(title: str, parent: QWidget) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame(parent)
    card.setObjectName("card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(16, 14, 16, 14)
    layout.setSpacing(10)
    if title:
        layout.addWidget(heading(title, card))
    return card, layout
