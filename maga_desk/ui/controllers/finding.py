"""Forget page: the pictures that a query finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from maga_desk.domain.copies import NEAR
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.finding.columns import Coded, coded, folded
from maga_desk.domain.finding.order import Order
from maga_desk.domain.finding.query import QueryError, columns_of, parse
from maga_desk.services.copies import CopiesKnown
from maga_desk.services.finding.facts import PictureFacts, facts_of, near_column
from maga_desk.services.likeness import PictureLikeness, likeness_to
from maga_desk.ui.controllers.facets import FacetController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import LIKE
from maga_desk.ui.pages.forget import ForgetPage

_PROPOSED = 12
_MARKS, _LIKE = "in", "like"


class FindController(QObject):
    """Answers the page's query line."""

    def __init__(self, page: ForgetPage, desk: Desk, jobs: Jobs) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs = page, desk, jobs
        self._facts: PictureFacts | None = None
        self._likeness: PictureLikeness | None = None  # what the slider narrows by
        self._progress = self._ordered = ""  # what was told of a comparison, and of the order that it gave
        self._facets = FacetController(page)
        page.query_changed.connect(self._find)
        page.order_changed.connect(self._order)
        page.like_requested.connect(self._compare)
        page.uncover_requested.connect(self._uncover)
        page.likeness.moved.connect(self._find_anew)
        page.likeness.closed.connect(self._end_likeness)

    def show_pictures(self) -> None:
        """Other pictures: other columns."""
        images, workspace = self._desk.images, self._desk.workspace
        self._facts, self._likeness = None, None
        self._jobs.cancel(LIKE)
        if images is not None:
            facts = facts_of(images, logits=lambda: workspace.outputs.train)
            self._facts = facts.having(_MARKS, self._marks)
        self._show_columns()

    def follow_copies(self, known: CopiesKnown) -> None:
        """Near copies are known: they can be asked for."""
        if self._facts is not None:
            self._facts = self._facts.having(NEAR, lambda: near_column(known.now))
            self._show_columns()

    def _show_columns(self) -> None:
        facts = self._facts
        self._page.search.set_columns(facts.names if facts is not None else (), self._values)
        self._page.set_orders(facts.orders() if facts is not None else ())
        self._facets.show_columns(facts)
        self._facets.show_found(facts, None)

    def follow_marks(self) -> None:
        """Other marks: what is found by them is found anew."""
        if self._facts is None:
            return
        self._facts = self._facts.having(_MARKS, self._marks)
        if _asks_for_marks(self._page.answered) or _MARKS in self._page.facets.opened():
            self._find_anew()
        order = self._page.order.currentData()
        if order is not None and order.column == _MARKS:
            self._order(order)

    @Slot(str)
    def _find(self, text: str) -> None:
        """Another query."""
        try:
            found, alike = self._found_by(text)
        except QueryError as error:
            self._page.show_found(None, error)
            return
        self._page.show_found(found)
        self._facets.show_found(self._facts, found, alike)

    @Slot()
    def _find_anew(self) -> None:
        """The same query, with another likeness or other marks: that which was answered, though the line has a mistake
        since.
        """
        found, alike = self._found_by(self._page.answered)
        self._page.show_narrowed(found)
        self._facets.show_found(self._facts, found, alike)

    def _found_by(self, text: str) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
        """What a query finds of what is like enough, and what is like enough, each ``(N,) bool``; ``None``: all.

        :raises QueryError: if it cannot be read.
        """
        alike = None if self._likeness is None else self._likeness.percent >= self._page.likeness.percent
        if self._facts is None or not text.strip():
            return alike, alike
        found = np.zeros(self._desk.basket.count, dtype=bool)
        found[self._facts.find(text)] = True
        return (found if alike is None else found & alike), alike

    @Slot()
    def _end_likeness(self) -> None:
        """However like: the order stays."""
        self._page.take_back(self._ordered)
        self._likeness = None
        self._page.likeness.show_given(0)
        self._find_anew()

    @Slot(int)
    def _uncover(self, position: int) -> None:
        """End what hides a picture: the slider, the query, or both."""
        if self._likeness is not None and self._likeness.percent[position] < self._page.likeness.percent:
            self._end_likeness()
        facts, query = self._facts, self._page.answered
        if facts is not None and query.strip() and position not in facts.find(query):
            self._page.search.ask("")

    @Slot(object)
    def _order(self, order: Order) -> None:
        if order.column != _LIKE:
            self._page.take_back(self._ordered)
        asked = self._facts is not None and bool(order.column)
        self._page.show_order(self._facts.ranks(order) if self._facts is not None and asked else None)

    @Slot(object)
    def _compare(self, positions: NDArray[np.int64]) -> None:
        """Order by likeness to these."""
        workspace = self._desk.workspace
        if workspace is None or not len(positions):
            return
        self._jobs.start(
            LIKE,
            lambda control: likeness_to(workspace, positions, control),
            self._hear,
            self._page.show_error,
            self._end_comparing,
            self._take,
        )

    def _hear(self, batch: list[Event]) -> None:
        progress = [event for event in batch if isinstance(event, Progress)]
        if progress:
            last = progress[-1]
            self._progress = f"{last.stage}: {last.done:,} of {last.total:,}" if last.total else last.stage
            self._page.show_note(self._progress)

    def _end_comparing(self) -> None:
        """Stopped by a person, it goes on no longer."""
        self._page.take_back(self._progress)

    def _take(self, likeness: PictureLikeness) -> None:
        if self._facts is None:
            return
        self._likeness = likeness
        self._facts = self._facts.having(_LIKE, lambda: coded(likeness.percent))
        self._show_columns()
        self._page.likeness.show_given(len(likeness.given), likeness.said)
        self._page.choose_order(next(order for order in self._facts.orders() if order.column == _LIKE))
        self._find_anew()
        count = len(likeness.given)
        given = "the selected picture" if count == 1 else f"the {count:,} selected pictures"
        self._ordered = f"In the order of likeness to {given}. {likeness.said}".rstrip()
        self._page.show_note(self._ordered)

    def _marks(self) -> Coded:
        mask = self._desk.basket.mask
        codes = np.where(mask, 0, 1)
        codes[self._desk.earlier] = 2
        return Coded(("forget", "retain", "earlier"), codes)

    def _values(self, column: str, begun: str) -> Sequence[str]:
        """A few of a column's values that begin so."""
        name = self._facts.own_name(column) if self._facts is not None else ""
        if self._facts is None or name not in self._facts.names:
            return ()
        values = self._facts.column(name).values
        if not isinstance(values, tuple):
            return ()
        wanted = folded(begun)
        return [value for value in values if folded(value).startswith(wanted)][:_PROPOSED]


def _asks_for_marks(text: str) -> bool:
    try:
        return _MARKS in columns_of(parse(text))
    except QueryError:
        return False
