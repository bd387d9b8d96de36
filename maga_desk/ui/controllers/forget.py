"""Forget page: what is in the basket."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from maga_desk.domain.basket import Basket
from maga_desk.domain.errors import UserError
from maga_desk.domain.forget import resolve
from maga_desk.domain.specs.run import ForgetSpec
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.forget import ForgetPage


class ForgetController(QObject):
    """Connects the Forget page and the desk's basket."""

    def __init__(self, page: ForgetPage, desk: Desk) -> None:
        super().__init__(page)
        self._page, self._desk = page, desk
        page.follow(desk.selection)
        page.marks_changed.connect(self._mark)
        page.class_toggled.connect(self._toggle_class)
        page.kind_toggled.connect(self._toggle_kind)
        page.clear_requested.connect(self._clear)
        page.undo_requested.connect(self._undo)
        page.redo_requested.connect(self._redo)
        page.fraction_requested.connect(self._add_share)
        page.names_file_requested.connect(self._add_names)
        desk.workspace_changed.connect(self._show_pictures)
        desk.forget_changed.connect(self._show_basket)

    @Slot(object, bool)
    def _mark(self, positions: NDArray[np.int64], marked: bool) -> None:
        basket = self._desk.basket
        self._take(basket.add(positions) if marked else basket.remove(positions))

    @Slot(str, bool)
    def _toggle_class(self, name: str, marked: bool) -> None:
        images = self._desk.images
        if images is not None:
            self._mark(np.flatnonzero(images.train.labels == images.classes.index(name)), marked)

    @Slot(str, bool)
    def _toggle_kind(self, name: str, marked: bool) -> None:
        images = self._desk.images
        if images is not None:
            self._mark(np.flatnonzero(images.train.kinds == images.kinds.index(name)), marked)

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
            self._take(self._desk.basket.add(draw.choice(free, size=wanted, replace=False)))

    @Slot(str)
    def _add_names(self, path: str) -> None:
        self._add(ForgetSpec(files=path))

    def _add(self, spec: ForgetSpec) -> None:
        images = self._desk.images
        if images is None:
            return
        try:
            chosen = resolve(spec, images.catalogue(), seed=self._desk.spec.seed)
        except UserError as error:
            self._page.show_error(str(error))
            return
        self._take(self._desk.basket.add(chosen.indices))

    def _take(self, basket: Basket) -> None:
        self._page.show_error(None)
        self._desk.set_basket(basket)

    @Slot()
    def _show_pictures(self) -> None:
        self._page.show_pictures(self._desk.images)

    @Slot()
    def _show_basket(self) -> None:
        basket = self._desk.basket
        self._page.show_basket(basket.mask, basket.can_undo, basket.can_redo)
        self._page.show_forget_set(self._desk.forget, self._desk.forget_error)
