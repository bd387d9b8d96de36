"""Forget page: one picture large, with everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.closer.answers import CloseLook
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.finding.details import PictureDetails, facts_in_words
from maga_desk.domain.marking import BY_HAND
from maga_desk.domain.sessions import KeptResult
from maga_desk.services.picture_details import NearestPictures, details_of, neighbours_of
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.picture import PictureDialog
from maga_desk.ui.job_view import GLANCE, NEAR
from maga_desk.ui.pages.forget import ForgetPage

Look = Callable[[], CloseLook | None]
EARLIER = "Forgotten by an earlier request"


class PictureController(QObject):
    """Opens the dialog and reads what it shows, on the thread of short jobs: a run that goes on is not waited for.

    :param look: the nets of the run in sight, where they were asked about every picture.
    """

    def __init__(
        self, page: ForgetPage, desk: Desk, jobs: Jobs, glances: Jobs, store: SessionStore | None, look: Look
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._glances = page, desk, jobs, glances
        self._store, self._look = store, look
        self.dialog: PictureDialog | None = None
        self._details: PictureDetails | None = None
        self._from = -1  # the picture that was the grid's current one when the dialog was opened
        page.grid.open_requested.connect(self.open)
        desk.workspace_changed.connect(self._close)
        desk.forget_changed.connect(self._show_mark)
        page.model.modelReset.connect(self._show_place)
        page.grid.folds_changed.connect(self._show_place)

    @Slot(int)
    def open(self, position: int) -> None:
        """Show a training picture."""
        if self._desk.workspace is None or self._desk.images is None:
            return
        if self.dialog is None:
            self.dialog, self._from = self._made(), self._page.grid.current_position()
        self._show(position)
        self.dialog.show()
        self.dialog.raise_()

    def _made(self) -> PictureDialog:
        dialog = PictureDialog(self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.near_model.set_images(self._desk.images, self._page.devicePixelRatioF())
        dialog.step_requested.connect(self._step)
        dialog.mark_requested.connect(self._toggle)
        dialog.picked.connect(self._show)
        dialog.neighbours_requested.connect(self._find_neighbours)
        dialog.finished.connect(self._forget_dialog)
        return dialog

    @Slot(int)
    def _show(self, position: int) -> None:
        dialog, images, workspace = self.dialog, self._desk.images, self._desk.workspace
        if dialog is None or images is None or workspace is None:
            return
        self._details = None
        dialog.show_picture(position, images.train.names[position])
        dialog.picture.show_pixels(images.train.picture(position), images.train.names[position])  # until it is read
        self._show_mark()
        self._show_neighbours()
        alone = len(self._desk.selection) <= 1
        self._page.go_to(position, select=alone, uncover=False)  # to look at a neighbour takes no query back
        self._show_place()
        self._glances.start(
            GLANCE,
            lambda control: details_of(workspace, position, self._results, control),
            self._hear,
            dialog.show_failure,
            on_result=self._take,
        )

    def _results(self) -> Sequence[KeptResult]:
        """The runs that may have forgotten it; asked in the thread."""
        return self._store.results() if self._store is not None else ()

    def _hear(self, _batch: list[Event]) -> None:
        """It is over before anybody could read what it does."""

    def _take(self, details: PictureDetails) -> None:
        dialog, images = self.dialog, self._desk.images
        if dialog is None or images is None or details.position != dialog.position:
            return
        self._details = details
        dialog.show_pixels(details)
        self._show_facts()

    def _show_facts(self) -> None:
        dialog, images, details = self.dialog, self._desk.images, self._details
        if dialog is None or images is None or details is None:
            return
        label = int(images.train.labels[details.position])
        said = [(images.classes[each], each == label, share) for each, share in details.top]
        dialog.show_known(said, facts_in_words(details, images, self._look()))

    @Slot()
    def _show_mark(self) -> None:
        if self.dialog is not None and self.dialog.position >= 0:
            position = self.dialog.position
            lacks = EARLIER if bool(np.isin(position, self._desk.earlier)) else ""
            self.dialog.show_mark(bool(self._desk.basket.mask[position]), lacks)

    def _show_neighbours(self) -> None:
        """At once where the features are known already; else the offer to read them."""
        dialog, workspace = self.dialog, self._desk.workspace
        if dialog is None or workspace is None:
            return
        self._jobs.cancel(NEAR)
        dialog.near_model.set_rows(np.empty(0, dtype=np.int64), np.empty(0))
        known = "train" in workspace.features
        dialog.show_neighbours("", offer=not known)
        if known:
            self._ask_neighbours(self._glances)

    @Slot()
    def _find_neighbours(self) -> None:
        """Read the features of all pictures first, as a job among the others."""
        if self.dialog is not None:
            self.dialog.show_neighbours("Waiting for the features of all pictures.")
            self._ask_neighbours(self._jobs)

    def _ask_neighbours(self, jobs: Jobs) -> None:
        dialog, workspace = self.dialog, self._desk.workspace
        if dialog is not None:
            position = dialog.position
            jobs.start(
                NEAR,
                lambda control: neighbours_of(workspace, position, control),
                self._hear_neighbours,
                dialog.show_neighbours,
                on_result=self._take_neighbours,
            )

    def _hear_neighbours(self, batch: list[Event]) -> None:
        progress = [event for event in batch if isinstance(event, Progress) and event.total]
        if progress and self.dialog is not None:
            last = progress[-1]
            self.dialog.show_neighbours(f"{last.stage}: {last.done:,} of {last.total:,}")

    def _take_neighbours(self, found: NearestPictures) -> None:
        dialog = self.dialog
        if dialog is not None and dialog.position == found.of:
            dialog.near_model.set_rows(found.positions, found.percent)
            dialog.show_neighbours(found.said)

    @Slot()
    def _show_place(self) -> None:
        """Which of the pictures that are shown it is; those may change while it is open."""
        dialog, grid, rows = self.dialog, self._page.grid, self._page.model.rows
        if dialog is not None and dialog.position >= 0:
            found = np.flatnonzero(rows == dialog.position)
            where = f"{found[0] + 1:,} of {len(rows):,} shown" if len(found) else "not among those that are shown"
            ends = [grid.next_position(dialog.position, by) < 0 for by in (-1, 1)]
            dialog.show_place(where, first=ends[0], last=ends[1])

    @Slot(int)
    def _step(self, by: int) -> None:
        if self.dialog is None:
            return
        position = self._page.grid.next_position(self.dialog.position, by)
        if position >= 0:
            self._show(position)

    @Slot()
    def _toggle(self) -> None:
        if self.dialog is not None:
            action = "remove" if self._desk.basket.mask[self.dialog.position] else "add"
            self._page.step_wanted.emit(action, np.array([self.dialog.position]), BY_HAND)

    @Slot()
    def _close(self) -> None:
        self._from = -1
        if self.dialog is not None:
            self.dialog.reject()

    @Slot()
    def _forget_dialog(self) -> None:
        """Several selected pictures stayed so: Enter is about them, and the frame goes back to where it was."""
        several, grid = len(self._desk.selection) > 1, self._page.grid
        if self.dialog is not None and several and self._from >= 0 and grid.current_position() == self.dialog.position:
            self._page.go_to(self._from, uncover=False)
        for jobs, purpose in ((self._glances, GLANCE), (self._glances, NEAR), (self._jobs, NEAR)):
            jobs.cancel(purpose)
        self.dialog, self._details = None, None
