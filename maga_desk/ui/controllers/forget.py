"""Forget page: what is in the basket."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.basket import Basket
from maga_desk.domain.errors import UserError
from maga_desk.domain.lists.found import Found
from maga_desk.domain.lists.names import Names, write_list
from maga_desk.domain.lists.numbers import Base, BaseUnsaid, Content
from maga_desk.domain.lists.reading import listed
from maga_desk.domain.marking import PASTED, Action, How
from maga_desk.domain.protection import inputs_of
from maga_desk.domain.twins import TwinsLeft
from maga_desk.services.lists import read_any_list
from maga_desk.ui.controllers.finding import FindController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.names import NotFoundAsking
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.index_base import IndexBaseDialog
from maga_desk.ui.dialogs.names import PasteDialog
from maga_desk.ui.pages.forget import ForgetPage


class ForgetController(QObject):
    """Connects the Forget page and the desk's basket."""

    def __init__(self, page: ForgetPage, desk: Desk, jobs: Jobs) -> None:
        super().__init__(page)
        self._page, self._desk = page, desk
        self._counted: tuple[Content, str] | None = None  # a list of which it is asked what it counts from
        self._asking = NotFoundAsking(page, lambda: inputs_of(desk.spec), page.show_error)
        self._finding = FindController(page, desk, jobs)
        page.follow(desk.selection)
        page.step_wanted.connect(self.change)
        page.invert_requested.connect(self._invert)
        page.history.place_wanted.connect(self._go_to)
        basket = page.basket
        page.clear_requested.connect(self._clear)
        page.undo_requested.connect(self._undo)
        page.redo_requested.connect(self._redo)
        basket.fraction_requested.connect(self._add_share)
        basket.names_file_requested.connect(self.add_file)
        basket.paste_requested.connect(self._ask_names)
        page.twins.twins_requested.connect(self._mark_twins)
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

    @Slot(str)
    def add_file(self, path: str) -> None:
        """Mark what a list of names says."""
        try:
            content = read_any_list(path)
        except UserError as error:
            self._page.show_error(str(error))
            return
        self._add_list(content, Path(path).name)

    def add_pictures(self, paths: Sequence[Path]) -> None:
        """Mark pictures by their files."""
        self._add_list(write_list(map(str, paths)), paths[0].name if len(paths) == 1 else f"{len(paths):,} files")

    @Slot()
    def _ask_names(self) -> None:
        dialog = PasteDialog(self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.names_given.connect(self._add_pasted)
        dialog.open()

    @Slot(str)
    def _add_pasted(self, text: str) -> None:
        self._add_list(text, PASTED)

    def _add_list(self, content: Content, source: str, base: Base | None = None) -> None:
        """Mark what a list names; the person is asked first where not all of it was found."""
        images = self._desk.images
        if images is None:
            return
        try:
            names = Names(images.train.names, self._desk.spec.data.path)
            found = listed(content, names, base=base, where=source)
        except BaseUnsaid as error:
            self._ask_base(content, source, error.readings)
            return
        except UserError as error:
            self._page.show_error(str(error))
            return
        count, lost = len(found.indices), len(found.not_found)
        if not lost:
            self._take_list(found, source)
        elif not count:
            self._page.show_error(f"{source}: {found.faults()}; names look like {images.train.names[0]}")
        else:
            self._asking.ask(
                f"{count:,} of {count + lost:,} names in {source} were found, {lost:,} were not.",
                found.not_found,
                found.lines(),
                f"Mark {count:,}",
                "The record of the run keeps the others as asked for and not found.",
                lambda: self._take_list(found, source),
            )

    def _ask_base(self, content: Content, source: str, readings: tuple[str, str]) -> None:
        """Ask what the numbers of a list count from."""
        self._counted = content, source
        dialog = IndexBaseDialog(source, readings, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.base_chosen.connect(self._add_counted)
        dialog.open()

    @Slot(int)
    def _add_counted(self, base: int) -> None:
        if self._counted is not None:
            content, source = self._counted
            self._counted = None
            self._add_list(content, source, 1 if base else 0)

    def _take_list(self, found: Found, source: str) -> None:
        by = How("list", source, wanted=len(found.indices) + len(found.not_found))
        self._take(self._desk.basket.add(found.indices, found.not_found, by=by))
        count = len(found.indices)
        marked = f"{count:,} {'picture is' if count == 1 else 'pictures are'} marked from {source}."
        self._page.show_note(" ".join([marked, *found.notes()]))

    def _left(self) -> TwinsLeft:
        """What stays in sight of what is marked, and of what was forgotten before."""
        images, forget = self._desk.images, self._desk.forget
        if images is None or forget is None:
            return TwinsLeft()
        return images.twins.left_by(np.union1d(forget.indices, forget.earlier))

    @Slot()
    def _mark_twins(self) -> None:
        copies = How("copies", "what was marked", nouns=("exact copy of {}", "exact copies of {}"))
        self.change("add", self._left().positions, copies)

    def _take(self, basket: Basket) -> None:
        self._page.show_error(None)
        self._desk.set_basket(basket)

    @Slot()
    def _show_pictures(self) -> None:
        self._page.show_pictures(self._desk.images)
        self._finding.show_pictures()

    @Slot()
    def _show_basket(self) -> None:
        self._page.show_basket(self._desk.basket)
        self._finding.follow_marks()
        desk = self._desk
        self._page.show_forget_set(desk.forget, desk.forget_error, desk.parts, together=desk.spec.forget.together)
        self._page.twins.show_left(self._left())
