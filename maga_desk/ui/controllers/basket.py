"""Forget page: the facts of what is marked, on its card and in a dialog with all of them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.basket_facts import BasketFacts, Losses, SharedPatterns, basket_facts
from maga_desk.domain.copies_left import CopiesLeft
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.forget import ForgetSet
from maga_desk.services.basket import entangled_with, measuring_losses
from maga_desk.services.copies import CopiesKnown
from maga_desk.services.workspace import Workspace
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.basket import BasketDialog
from maga_desk.ui.job_view import FACTS, HARDNESS
from maga_desk.ui.pages.forget import ForgetPage


class BasketController(QObject):
    """Counts at once; what the model answered is read on the thread of short jobs.

    How entangled it is takes passes through the model: it is measured on request, among the long jobs.
    """

    def __init__(self, page: ForgetPage, desk: Desk, jobs: Jobs, glances: Jobs) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._glances = page, desk, jobs, glances
        self.facts: BasketFacts | None = None
        self.dialog: BasketDialog | None = None
        self._answers: Losses | None = None
        self._entangled: tuple[ForgetSet, tuple[SharedPatterns, ...]] | None = None
        page.basket.more_requested.connect(self.open)
        page.basket.pictures.picked.connect(self._show_picture)
        desk.workspace_changed.connect(self._read_losses)
        desk.forget_changed.connect(self._show)
        desk.spec_changed.connect(self._follow_intent)

    @Slot()
    def open(self) -> None:
        """Show all facts."""
        images = self._desk.images
        if images is None:
            return
        if self.dialog is None:
            self.dialog = dialog = BasketDialog(images, self._page)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.measure_requested.connect(self._measure)
            dialog.group_chosen.connect(self._desk.set_group)
            dialog.picked.connect(self._show_picture)
            dialog.finished.connect(self._close)
        self._show_dialog()
        self.dialog.show()

    @Slot()
    def _read_losses(self) -> None:
        """What the open model says of its pictures: once for all marks."""
        workspace, self._answers, self._entangled = self._desk.workspace, None, None
        self._glances.cancel(HARDNESS)
        self._page.basket.pictures.set_images(self._desk.images)
        if self.dialog is not None:
            self.dialog.reject()
        if isinstance(workspace, Workspace):
            self._glances.start(
                HARDNESS,
                lambda control: measuring_losses(workspace, control),
                self._hear,
                self._page.show_error,
                on_result=self._take_losses,
            )

    def _take_losses(self, answers: Losses) -> None:
        self._answers = answers
        self._show()

    @Slot()
    def _measure(self) -> None:
        workspace, forget = self._desk.workspace, self._desk.forget
        if isinstance(workspace, Workspace) and forget is not None:
            self._jobs.start(
                FACTS,
                lambda control: entangled_with(workspace, forget, control),
                self._hear,
                self._say,
                on_result=lambda rows: self._take_entangled(forget, rows),
            )
            view = self._jobs.view(FACTS)
            if view is not None and view.waits_for is not None:
                self._say(view.words())

    def _take_entangled(self, forget: ForgetSet, rows: tuple[SharedPatterns, ...]) -> None:
        self._entangled = forget, rows
        self._say("")
        self._show()

    def _hear(self, batch: list[Event]) -> None:
        told = [event for event in batch if isinstance(event, Progress)]
        if told:
            self._say(f"{told[-1].stage}…")

    def _say(self, text: str) -> None:
        if self.dialog is not None:
            self.dialog.show_note(text)

    @Slot()
    def _show(self) -> None:
        desk = self._desk
        self.facts = None
        if desk.images is not None and desk.forget is not None:
            measured = self._entangled
            known = measured[1] if measured is not None and measured[0] is desk.forget else ()
            self.facts = basket_facts(
                desk.images,
                desk.forget,
                desk.spec.intent,
                desk.consecutive,
                group=desk.spec.forget.group,
                answers=self._answers,
                entangled=known,
                left=self._left(),
            )
        self._page.basket.show_facts(self.facts)
        self._show_dialog()

    def _left(self) -> CopiesLeft | None:
        """What stays in sight of what is marked."""
        desk = self._desk
        if desk.forget is None or desk.images is None:
            return None
        known = getattr(desk.workspace, "copies", None) or CopiesKnown(desk.images)
        decisions = (*getattr(desk.workspace, "decided", ()), *desk.spec.forget.left)
        return known.now.left_by(desk.forget.indices, decisions, desk.forget.earlier, desk.forget.later)

    @Slot()
    def _follow_intent(self) -> None:
        if self.facts is not None and self.facts.intent != self._desk.spec.intent:
            self._show()

    def _show_dialog(self) -> None:
        images = self._desk.images
        if self.dialog is not None and images is not None:
            can = isinstance(self._desk.workspace, Workspace)
            group = self._desk.spec.forget.group
            self.dialog.show_facts(self.facts, tuple(images.train.columns), group, can_measure=can)

    @Slot(int)
    def _show_picture(self, position: int) -> None:
        """In the grid, selected."""
        self._page.go_to(position, select=True)

    @Slot()
    def _close(self) -> None:
        self._jobs.cancel(FACTS)
        self.dialog = None
