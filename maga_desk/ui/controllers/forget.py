"""Forget page: what is in the basket."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from maga_desk.domain.basket import Basket
from maga_desk.domain.marking import Action, How
from maga_desk.ui.controllers.copies import CopiesController
from maga_desk.ui.controllers.finding import FindController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.forget import ForgetPage


class ForgetController(QObject):
    """Connects the Forget page and the desk's basket."""

    def __init__(self, page: ForgetPage, desk: Desk, jobs: Jobs) -> None:
        super().__init__(page)
        self._page, self._desk = page, desk
        self._finding = FindController(page, desk, jobs)
        self._copies = CopiesController(page, desk, jobs, self._finding)
        page.follow(desk.selection)
        page.step_wanted.connect(self.change)
        page.invert_requested.connect(self._invert)
        page.history.place_wanted.connect(self._go_to)
        basket = page.basket
        page.clear_requested.connect(self._clear)
        page.undo_requested.connect(self._undo)
        page.redo_requested.connect(self._redo)
        basket.fraction_requested.connect(self._add_share)
        basket.together_chosen.connect(desk.set_together)
        desk.workspace_changed.connect(self._show_pictures)
        desk.forget_changed.connect(self._show_basket)

    @Slot(str, object, object)
    def change(self, action: Action, positions: NDArray[np.int64], by: How) -> None:
        """Add pictures to what is marked, remove them, or keep only them."""
        basket = self._desk.basket
        if action == "add":
            self._take(basket.add(positions, by=by))
        elif action == "remove":
            self._take(basket.remove(positions, by=by))
        elif action == "keep":
            self._take(basket.keep(positions, by=by))

    @Slot()
    def _invert(self) -> None:
        """Of those that the model has not forgotten before."""
        basket = self._desk.basket
        self._take(basket.invert(np.setdiff1d(np.arange(basket.count), self._desk.earlier)))

    @Slot(int)
    def _go_to(self, place: int) -> None:
        self._take(self._desk.basket.at(place))

    @Slot()
    def _clear(self) -> None:
        self._take(self._desk.basket.clear())

    @Slot()
    def _undo(self) -> None:
        self._take(self._desk.basket.undo())

    @Slot()
    def _redo(self) -> None:
        self._take(self._desk.basket.redo())

    @Slot(float)
    def _add_share(self, fraction: float) -> None:
        """Mark a random share of all pictures, drawn from those that are not marked yet."""
        free = np.flatnonzero(~self._desk.basket.mask)
        wanted = min(len(free), max(1, round(fraction * self._desk.basket.count)))
        if wanted:
            draw = np.random.default_rng([self._desk.spec.seed, len(free)])
            share = How("share", f"{fraction * 100:.3g} %")
            self._take(self._desk.basket.add(draw.choice(free, size=wanted, replace=False), by=share))

    def _take(self, basket: Basket) -> None:
        self._page.show_error(None)
        self._desk.set_basket(basket)

    @Slot()
    def _show_pictures(self) -> None:
        self._page.show_pictures(self._desk.images)
        self._finding.show_pictures()
        self._copies.show_pictures()

    @Slot()
    def _show_basket(self) -> None:
        self._page.show_basket(self._desk.basket)
        self._finding.follow_marks()
        desk = self._desk
        self._page.show_forget_set(desk.forget, desk.forget_error, desk.parts, together=desk.spec.forget.together)
        self._copies.show_left()
