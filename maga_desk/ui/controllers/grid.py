"""Forget page: how pictures are shown, what is known of each, and what is remembered of that."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from maga_desk.domain.copies import Copies
from maga_desk.domain.errors import UserError
from maga_desk.domain.settings import SettingsFile
from maga_desk.services.finding.answers import answers_at
from maga_desk.services.keeping import kept_thumbnails
from maga_desk.ui.desk import Desk
from maga_desk.ui.item_models.pictures import PictureAnswers
from maga_desk.ui.pages.forget import ForgetPage
from maga_desk.ui.widgets.pictures.grid_tools import HEADINGS

log = logging.getLogger(__name__)


class GridController(QObject):
    """Connects the grid, the desk and the settings. Made after the page's own controller, which shows the pictures."""

    def __init__(self, page: ForgetPage, desk: Desk, settings: SettingsFile) -> None:
        super().__init__(page)
        self._page, self._desk, self._settings = page, desk, settings
        page.tools.shown_changed.connect(self._show)
        desk.workspace_changed.connect(self._show_pictures)
        desk.forget_changed.connect(self._follow_copies)
        self._copies: Copies | None = None
        remembered = settings.values.window
        page.grid.set_side(remembered.picture_side)
        page.tools.show_chosen(remembered.picture_shows)
        self._show(frozenset(remembered.picture_shows))

    def save(self) -> None:
        """Remember how pictures are shown."""
        side, shown = self._page.grid.side, tuple(sorted(self._shown))
        before = self._settings.values.window
        if (side, shown) != (before.picture_side, before.picture_shows):
            try:
                self._settings.change(lambda now: now.having("window", picture_side=side, picture_shows=shown))
            except UserError:
                log.exception("the settings could not be saved")

    @Slot(object)
    def _show(self, words: frozenset[str]) -> None:
        self._shown = words
        self._page.model.show(words)
        self._page.model.group(HEADINGS in words)

    @Slot()
    def _show_pictures(self) -> None:
        desk, model = self._desk, self._page.model
        images, workspace = desk.images, desk.workspace
        self._copies = None
        if images is None:
            return
        model.set_earlier(desk.earlier)
        self._follow_copies()
        model.set_answers(
            lambda positions: PictureAnswers(*answers_at(workspace.outputs.train, images.train.labels, positions))
        )
        self._page.grid.keep_thumbnails(kept_thumbnails(desk.spec.data))

    @Slot()
    def _follow_copies(self) -> None:
        """Near copies have the sign as well, once they were looked for."""
        images, known = self._desk.images, getattr(self._desk.workspace, "copies", None)
        if images is None:
            return
        now = known.now if known is not None else Copies(images)
        if self._copies is None or (known is not None and now is not self._copies):
            self._copies = now
            self._page.model.set_twins(_copied(now))


def _copied(copies: Copies) -> NDArray[np.bool_]:
    """``(N,) bool``: pictures with a copy in whatever split: exact, or near where these were looked for."""
    found = copies.near_mask.copy()
    found[[twin.position for group in copies.twins.groups for twin in group if twin.train]] = True
    return found
