"""Forget page: find pictures, mark them, see what that means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from maga_desk.domain.basket import Basket
from maga_desk.domain.finding.order import AS_THEY_LIE, Order
from maga_desk.domain.finding.query import QueryError
from maga_desk.domain.forget import ForgetSet, as_said
from maga_desk.domain.marking import BY_HAND, How
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui import icons, theme
from maga_desk.ui.item_models.pictures import PicturesModel
from maga_desk.ui.pages.forget_commands import ForgetCommands
from maga_desk.ui.plots.picture_map_view import MapView
from maga_desk.ui.selection import PictureSelection
from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.page import ActionsByName, Page
from maga_desk.ui.widgets.pictures.basket_card import BasketCard
from maga_desk.ui.widgets.pictures.class_tree import ClassTree
from maga_desk.ui.widgets.pictures.facet_tree import FacetTree
from maga_desk.ui.widgets.pictures.forget_layout import ForgetLayout
from maga_desk.ui.widgets.pictures.grid_tools import GridTools
from maga_desk.ui.widgets.pictures.history_list import HistoryList
from maga_desk.ui.widgets.pictures.like_bar import LikeBar
from maga_desk.ui.widgets.pictures.picture_grid import PictureGrid
from maga_desk.ui.widgets.pictures.query_button import QueryButton
from maga_desk.ui.widgets.pictures.query_line import QueryLine
from maga_desk.ui.widgets.pictures.twins_bar import CopiesBar

ALL, ONLY_MARKED, ONLY_UNMARKED = "All pictures", "Marked", "Not marked"
TASKS = {
    "class": "Whole class: the model must no longer recognise it.",
    "sub-class": "Sub-class: the kind goes, its family stays.",
    "random": "Single pictures: the model must treat them as if it had never seen them.",
}
_MANY, _PAUSE = 50_000, 150  # pictures of which each letter is not looked for at once, and the milliseconds to wait
_OF_PICTURES = ("mark", "unmark", "mark-class", "mark-shown", "more-like")
_OF_MARKS = ("unmark-shown", "keep-shown", "keep-selected", "invert-marks", "clear-marks")
_HOW = (
    "A word is looked for in names. class:cat, kind:fox, pred:cat, loss>2, conf<60, dup:yes, in:forget and the columns "
    "of a table find more; a minus before it means all others. F1 tells the rest."
)


class ForgetPage(Page):
    """Shows the training pictures and what is marked.

    Signals: ``step_wanted(action, positions ndarray, How)`` with an action that takes pictures, ``invert_requested()``,
    ``clear_requested()``, ``query_changed(text)``, ``order_changed(Order)``, ``like_requested(positions ndarray)``.
    ``uncover_requested(position)``: neither the query nor the slider must go on to hide a picture.
    What else is asked for is told by ``basket``, ``history`` and ``twins``.
    """

    step_wanted = Signal(str, object, object)
    invert_requested = Signal()
    clear_requested = Signal()
    query_changed = Signal(str)
    order_changed = Signal(object)
    like_requested = Signal(object)
    uncover_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: ImageSet | None = None
        self.marks: NDArray[np.bool_] = np.empty(0, dtype=bool)
        self._selection: PictureSelection | None = None
        self.classes, self.facets = ClassTree(self), FacetTree(self)
        self.model = PicturesModel(self)
        self.grid, self.map = PictureGrid(self), MapView(self)
        self.tools = GridTools(self.grid, self)
        self.search, self.queries, self.likeness = QueryLine(self), QueryButton(self), LikeBar(self)
        self.mistake = TextLabel(self)
        self._found: NDArray[np.bool_] | None = None
        self._noted = ""  # what was told last
        self._asked = self.answered = ""  # the query that was put last, and the one that what is shown follows
        self.which, self.order = ChoiceBox(self), ChoiceBox(self)
        self._ranks: NDArray[np.int64] | None = None
        self.shown = TextLabel(self)
        self.mark_button, self.unmark_button = ActionButton(parent=self), ActionButton(parent=self)
        self.class_button, self.shown_button = ActionButton(parent=self), ActionButton(parent=self)
        self.like_button, self.more_button = ActionButton(parent=self), QPushButton("Marks", self)
        self.more_menu = QMenu(self.more_button)
        self.basket, self.history = BasketCard(self), HistoryList(self)
        self.twins = CopiesBar(self)
        self.content = ForgetLayout(self)
        self._does = ForgetCommands(self)
        self.commands |= self._does.table()
        self.action_buttons = {
            "undo": self.basket.undo_button,
            "redo": self.basket.redo_button,
            "clear-marks": self.basket.clear_button,
            "mark": self.mark_button,
            "unmark": self.unmark_button,
            "mark-class": self.class_button,
            "mark-shown": self.shown_button,
            "more-like": self.like_button,
        }
        self._lay_out()
        self._connect()
        self.show_pictures(None)

    def follow(self, selection: PictureSelection) -> None:
        """Show what is selected there, and change it as a person selects."""
        self._selection = selection
        self.grid.show_pictures(self.model, selection)
        self.map.follow(selection)
        selection.changed.connect(self.commands_changed)

    def show_actions(self, actions: ActionsByName) -> None:
        super().show_actions(actions)
        self.likeness.mark_button.show_action(actions["mark-shown"])
        self.grid.addActions([actions[name] for name in _OF_PICTURES])
        self.map.show_actions([actions[name] for name in _OF_PICTURES])
        self.more_menu.addActions([actions[name] for name in _OF_MARKS])

    def show_pictures(self, images: ImageSet | None) -> None:
        """Other pictures, none marked."""
        self.images = images
        self.marks = np.zeros(len(images.train) if images else 0, dtype=bool)
        self.model.set_images(images)
        self.classes.show_images(images)
        self._found, self._ranks = None, None
        self._asked = self.answered = ""
        self.set_orders(())
        self.search.clear()
        self.likeness.show_given(0)
        self.search.wait(_PAUSE if images is not None and len(images.train) > _MANY else 0)
        self.which.setCurrentIndex(0)
        self.content.setEnabled(images is not None)
        self.show_forget_set(None, None)
        self._filter()

    def show_basket(self, basket: Basket) -> None:
        """Which pictures are marked, and how that came about."""
        self.marks = marks = basket.mask
        self.history.show_basket(basket)
        self.model.set_mask(marks)
        self.set_history(can_undo=basket.can_undo, can_redo=basket.can_redo)
        self.classes.show_marks(marks)
        if self.which.currentText() != ALL:
            self._filter()
        self.commands_changed.emit()

    def show_forget_set(
        self, forget: ForgetSet | None, error: str | None, parts: Sequence[ForgetSet] = (), *, together: bool = False
    ) -> None:
        """What the marks mean, or why they cannot be used.

        :param parts: the requests that the marks are made of, and whether they are done together.
        """
        self.basket.show_requests("", together=False)
        if forget is None or self.images is None:
            marked = int(self.marks.sum())
            task = f"{marked:,} pictures are marked." if marked else "Nothing is marked yet."
            self.basket.show_meaning(error or task, "" if error else "Select pictures or a class, then mark them.")
            return
        total = len(self.images.train)
        lines = [f"{len(forget):,} to forget", f"{len(forget.retained(total)):,} remain"]
        if len(forget.earlier):
            lines.append(f"{len(forget.earlier):,} were forgotten before")
        classes = [self.images.classes[i] for i in forget.whole_classes]
        kinds = [self.images.kinds[i] for i in forget.whole_kinds]
        if classes:
            lines.append(f"Whole classes: {', '.join(classes)}")
        if kinds:
            lines.append(f"Whole kinds: {', '.join(kinds)}")
        if forget.not_found:
            count = len(forget.not_found)
            lines.append(f"{count:,} {'name was' if count == 1 else 'names were'} not found")
        self.basket.show_meaning(TASKS[forget.task], "\n".join(lines))
        if len(parts) > 1:
            self.basket.show_requests(as_said(parts, self.images.catalogue()), together=together)

    def show_found(self, found: NDArray[np.bool_] | None, mistake: QueryError | None = None) -> None:
        """Which pictures the query finds, ``(N,) bool``; ``None``: nothing is asked, or it cannot be read."""
        self.search.show_mistake((mistake.start, mistake.end) if mistake is not None else None)
        self.mistake.setText(f"{mistake.fault[:1].upper()}{mistake.fault[1:]}." if mistake is not None else "")
        self.mistake.setVisible(mistake is not None)
        if mistake is None:
            self.answered = self._asked
            self.show_narrowed(found)
        self.commands_changed.emit()

    def show_narrowed(self, found: NDArray[np.bool_] | None) -> None:
        """Which pictures the query that was answered last finds now, ``(N,) bool``; a mistake in the line stays."""
        self._found = found
        self.classes.show_found(found)
        self._filter()

    @Slot(int)
    def go_to(self, position: int, *, select: bool = False, uncover: bool = True) -> None:
        """The one way to a picture: its class is unfolded, the grid scrolls there, and it is the current one.

        :param select: it alone is selected.
        :param uncover: whether what hides it is taken back, that and no more; else a picture that is hidden stays so.
        """
        if self.images is None:
            return
        if uncover:
            self._uncover(position)
        if select and self._selection is not None and position in self.model.rows:
            self._selection.replace([position])
        self.grid.show_position(position)

    def _uncover(self, position: int) -> None:
        if self._found is not None and not self._found[position]:
            self.uncover_requested.emit(position)
        if self.which.currentText() != ALL and self.marks[position] != (self.which.currentText() == ONLY_MARKED):
            self.which.setCurrentText(ALL)
        if not self.classes.members[position] and (everything := self.classes.topLevelItem(0)) is not None:
            self.classes.setCurrentItem(everything)

    def set_orders(self, orders: Sequence[Order]) -> None:
        """By what the pictures can be ordered; the order in force stays, where it is among them."""
        before = self.order.currentText()
        self.order.blockSignals(True)
        self.order.clear()
        for order in (AS_THEY_LIE, *orders):
            self.order.addItem(order.title, order)
        self.order.setCurrentIndex(max(0, self.order.findText(before)))
        self.order.blockSignals(False)

    def choose_order(self, order: Order) -> None:
        """As if a person had chosen it, even if it is in force."""
        self.order.blockSignals(True)
        self.order.setCurrentIndex(max(0, self.order.findText(order.title)))
        self.order.blockSignals(False)
        self._ask_order()

    def show_order(self, ranks: NDArray[np.int64] | None) -> None:
        """``(N,)``: pictures with smaller ranks come first; ``None``: as they lie. The grid does not move:
        they may only have changed.
        """
        self._ranks = ranks
        self._filter()

    def show_note(self, text: str) -> None:
        """What was done with what a person gave, in one line."""
        self._noted = text
        self.told.emit(text, "info")

    def take_back(self, note: str) -> None:
        """Such a line holds no longer; another one that was told since stays."""
        if note and note == self._noted:
            self.show_note("")

    def show_error(self, text: str | None) -> None:
        """A mistake that belongs here, in one line."""
        self._noted = text or ""
        self.told.emit(text or "", "error")

    def _lay_out(self) -> None:
        self.search.setPlaceholderText("Find: part of a name, or class:cat loss>2")
        self.search.setAccessibleName("Find pictures")
        self.search.setToolTip(_HOW)
        theme.set_tone(self.mistake, "danger")
        self.mistake.setWordWrap(True)
        self.mistake.hide()
        self.which.addItems([ALL, ONLY_MARKED, ONLY_UNMARKED])
        self.which.setAccessibleName("Which pictures")
        self.order.setAccessibleName("Order of the pictures")
        self.order.setMinimumContentsLength(7)
        self.order.setMaximumWidth(170)
        self.mark_button.setObjectName("primary")
        self.more_button.setMenu(self.more_menu)
        self.more_button.setToolTip("Unmark what is shown, keep only that marked, mark all others instead")
        icons.put(self.more_button, "swap")
        self.shown.setObjectName("muted")
        place = self.content
        place.add_bar(self.twins)
        place.add_tool(self.search, 1)
        place.add_tool(self.queries)
        place.add_sorting(self.order)
        place.add_sorting(self.which)
        place.add_tool_at_end(self.tools)
        place.add_hint(self.mistake)
        place.add_hint(self.likeness)
        place.add_left(self.classes)
        place.add_left(self.facets)
        place.add_below_left(self.class_button)
        place.add_view(self.grid)
        place.add_view(self.map)
        for widget in (
            self.mark_button,
            self.unmark_button,
            self.shown_button,
            self.more_button,
            self.like_button,
            self.shown,
        ):
            place.add_below(widget)
        place.add_right(self.basket, 2, scrolls=True)
        place.add_right(self.history, 1)
        self.body.addWidget(place, 1)

    def _connect(self) -> None:
        self.classes.currentItemChanged.connect(self._class_chosen)
        self.search.asked.connect(self._ask)
        self.search.textChanged.connect(self.commands_changed)
        self.which.currentIndexChanged.connect(self._filter)
        self.order.currentIndexChanged.connect(self._ask_order)
        self.grid.toggle_requested.connect(self._does.toggle_selected)
        self.model.modelReset.connect(self.commands_changed)

    @Slot()
    def _class_chosen(self) -> None:
        self._filter()
        self.grid.scrollToTop()

    @Slot(str)
    def _ask(self, text: str) -> None:
        self._asked = text
        self.query_changed.emit(text)

    @Slot()
    def _ask_order(self) -> None:
        self.order_changed.emit(self.order.currentData() or AS_THEY_LIE)
        self.grid.scrollToTop()

    @Slot()
    def _filter(self) -> None:
        if self.images is None:
            self.shown.clear()
            self.commands_changed.emit()
            return
        wanted = self.classes.members
        if self.which.currentText() != ALL:
            wanted = wanted & (self.marks == (self.which.currentText() == ONLY_MARKED))
        if self._found is not None:
            wanted = wanted & self._found
        rows = np.flatnonzero(wanted)
        self.model.set_rows(rows if self._ranks is None else rows[np.argsort(self._ranks[rows], kind="stable")])
        self.shown.setText(f"{len(rows):,} shown")
        self.likeness.show_count(len(rows))
        self.grid.say_when_empty(self._why_empty(self.search.text().strip()))

    def _why_empty(self, search: str) -> str:
        which = {ONLY_MARKED: "marked picture", ONLY_UNMARKED: "picture that is not marked"}
        what = which.get(self.which.currentText(), "picture")
        item = self.classes.currentItem()
        place = "" if item is None or self.classes.chosen[0] == "all" else f" of {item.text(0)}"
        return f"“{search}” finds no {what}{place}." if search else f"There is no {what}{place}."

    def selected(self) -> NDArray[np.int64]:
        """Positions of the selected pictures among the training pictures."""
        return self._selection.positions() if self._selection is not None else np.empty(0, dtype=np.int64)

    def selected_by(self) -> How:
        """How they came to be selected."""
        return self._selection.by if self._selection is not None else BY_HAND
