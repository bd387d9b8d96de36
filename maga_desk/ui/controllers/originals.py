"""Verify page: the picture that was picked, as its source has it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.events import Event
from maga_desk.domain.pictures import PictureIndex
from maga_desk.services.originals import OpenedPicture, opening_picture
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.job_view import ORIGINAL
from maga_desk.ui.widgets.verify.closer.answers_panel import LARGEST, AnswersPanel


class OriginalsController(QObject):
    """Opens it on the thread of short jobs; until then the panel shows what the model sees."""

    def __init__(self, panel: AnswersPanel, glances: Jobs) -> None:
        super().__init__(panel)
        self._panel, self._glances = panel, glances
        panel.original_wanted.connect(self._open)

    @Slot(object, int)
    def _open(self, index: PictureIndex, position: int) -> None:
        def take(found: OpenedPicture) -> None:
            self._panel.show_original(index, position, found.pixels)

        self._glances.start(
            ORIGINAL, lambda control: opening_picture(index, position, LARGEST, control), _nothing, _nothing,
            on_result=take,
        )  # fmt: skip


def _nothing(_: list[Event] | str) -> None:
    """What it does is over before anybody could read it, and where it fails the model's pixels stay in sight."""
