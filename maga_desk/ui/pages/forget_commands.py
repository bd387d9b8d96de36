"""What can be done on the Forget page with what is selected, chosen and shown, and why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, SignalInstance

from maga_desk.domain.finding.editing import both
from maga_desk.domain.finding.query import quoted
from maga_desk.domain.marking import Action, How
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.item_models.pictures import PicturesModel
from maga_desk.ui.widgets.basic.page import Command
from maga_desk.ui.widgets.pictures.class_tree import ClassTree
from maga_desk.ui.widgets.pictures.like_bar import LikeBar
from maga_desk.ui.widgets.pictures.query_line import QueryLine

_CLOSED = "Open a model on the Load page."
_UNSELECTED = "Select pictures first."


class MarkingPage(Protocol):
    """What the commands see of the page, and what they emit there."""

    images: ImageSet | None
    marks: NDArray[np.bool_]
    classes: ClassTree
    model: PicturesModel
    search: QueryLine
    likeness: LikeBar
    answered: str

    def selected(self) -> NDArray[np.int64]: ...
    def selected_by(self) -> How: ...
    @property
    def step_wanted(self) -> SignalInstance: ...
    @property
    def like_requested(self) -> SignalInstance: ...
    @property
    def invert_requested(self) -> SignalInstance: ...
    @property
    def clear_requested(self) -> SignalInstance: ...


class ForgetCommands:
    """The page's commands, by the names of the window's actions."""

    def __init__(self, page: MarkingPage) -> None:
        self._page = page

    def table(self) -> dict[str, Command]:
        """What each action does here."""
        page = self._page
        return {
            "find": Command(self._find, lambda: "" if page.images is not None else _CLOSED),
            "mark": Command(self._selected("add"), self._lacks_mark, self._mark_title),
            "unmark": Command(self._selected("remove"), self._lacks_unmark),
            "keep-selected": Command(self._selected("keep"), self._lacks_keep_selected),
            "mark-class": Command(self._toggle_class, self._lacks_class, self._class_title),
            "more-like": Command(self._ask_like, lambda: "" if len(page.selected()) else _UNSELECTED),
            "mark-shown": Command(self._shown("add"), self._lacks_shown),
            "unmark-shown": Command(self._shown("remove"), self._lacks_unmark_shown),
            "keep-shown": Command(self._shown("keep"), self._lacks_keep_shown),
            "invert-marks": Command(
                page.invert_requested.emit, lambda: "" if page.images is not None else _CLOSED
            ),
            "clear-marks": Command(
                page.clear_requested.emit, lambda: "" if page.marks.any() else "No picture is marked."
            ),
        }  # fmt: skip

    def toggle_selected(self) -> None:
        """Mark what is selected; where all of it is marked, unmark it."""
        marks = self._selected_marks()
        if len(marks):
            self._selected("remove" if marks.all() else "add")()

    def _selected(self, action: Action) -> Callable[[], None]:
        def act() -> None:
            positions = self._page.selected()
            if len(positions):
                self._page.step_wanted.emit(action, positions, self._page.selected_by())

        return act

    def _shown(self, action: Action) -> Callable[[], None]:
        def act() -> None:
            self._page.step_wanted.emit(action, np.sort(self._page.model.rows), self.how_shown())

        return act

    def how_shown(self) -> How:
        """By what the pictures that are shown were asked for."""
        page, (what, name) = self._page, self._page.classes.chosen_name
        asked = page.answered.strip()
        of = [f"of {what} {name}"] if what != "all" else []
        if page.likeness.given:
            return page.likeness.how(*([f"found by {asked}"] if asked else []), *of)
        if asked:
            return How("query", both(asked, f"{what}:{quoted(name)}") if of else asked)
        return How("class" if what == "class" else "kind", name) if of else How("shown")

    def _selected_marks(self) -> NDArray[np.bool_]:
        """``(n,) bool``: of the selected pictures, which are marked."""
        page = self._page
        return page.marks[page.selected()] if page.images is not None else page.marks[:0]

    def _shown_marks(self) -> NDArray[np.bool_]:
        return self._page.marks[self._page.model.rows]

    def _lacks_mark(self) -> str:
        marks = self._selected_marks()
        if not len(marks):
            return _UNSELECTED
        return "All selected pictures are marked." if marks.all() else ""

    def _lacks_unmark(self) -> str:
        return "" if self._selected_marks().any() else "No selected picture is marked."

    def _lacks_keep_selected(self) -> str:
        return self._lacks_unmark() or self._lacks_keep(self._selected_marks())

    def _mark_title(self) -> str:
        count = len(self._selected_marks())
        return f"&Mark {count:,} selected" if count > 1 else "&Mark selected"

    def _lacks_class(self) -> str:
        chosen = self._page.images is not None and self._page.classes.chosen[0] != "all"
        return "" if chosen else "Choose a class in the list first."

    def _whole(self) -> bool:
        """Whether all of the chosen class or kind is marked."""
        page = self._page
        members = page.classes.members if page.images is not None and page.classes.chosen[0] != "all" else None
        return members is not None and bool(page.marks[members].all())

    def _class_title(self) -> str:
        what = "kind" if self._page.classes.chosen[0] == "kind" else "class"
        return f"{'Unmark' if self._whole() else 'Mark'} &whole {what}"

    def _toggle_class(self) -> None:
        page = self._page
        what, name = page.classes.chosen_name
        if page.images is not None and what != "all":
            by = How("class" if what == "class" else "kind", name)
            page.step_wanted.emit("remove" if self._whole() else "add", np.flatnonzero(page.classes.members), by)

    def _lacks_answer(self) -> str:
        """Why what is shown is not what the line asks for."""
        search = self._page.search
        if search.mistake is not None:
            return "The query has a mistake: what is shown does not follow it."
        return "" if search.text().strip() == self._page.answered.strip() else "The query is being answered."

    def _lacks_shown(self) -> str:
        marks = self._shown_marks()
        if lacks := self._lacks_answer():
            return lacks
        if not len(marks):
            return "No picture is shown."
        return "All pictures that are shown are marked." if marks.all() else ""

    def _lacks_unmark_shown(self) -> str:
        return self._lacks_answer() or ("" if self._shown_marks().any() else "No picture that is shown is marked.")

    def _lacks_keep_shown(self) -> str:
        return self._lacks_unmark_shown() or self._lacks_keep(self._shown_marks())

    def _lacks_keep(self, marks: NDArray[np.bool_]) -> str:
        return "No other picture is marked." if marks.sum() == self._page.marks.sum() else ""

    def _ask_like(self) -> None:
        self._page.like_requested.emit(self._page.selected())

    def _find(self) -> None:
        self._page.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._page.search.selectAll()
