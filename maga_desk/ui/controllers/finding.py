"""Forget page: the pictures that a query finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Slot

from maga_desk.domain.finding.columns import Coded, folded
from maga_desk.domain.finding.order import Order
from maga_desk.domain.finding.query import QueryError, columns_of, parse
from maga_desk.services.finding.facts import ALIASES, PictureFacts, facts_of
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.forget import ForgetPage

_PROPOSED = 12
_MARKS = "in"


class FindController(QObject):
    """Answers the page's query line."""

    def __init__(self, page: ForgetPage, desk: Desk) -> None:
        super().__init__(page)
        self._page, self._desk = page, desk
        self._facts: PictureFacts | None = None
        page.query_changed.connect(self._find)
        page.order_changed.connect(self._order)

    def show_pictures(self) -> None:
        """Other pictures: other columns."""
        images, workspace = self._desk.images, self._desk.workspace
        self._facts = None
        if images is not None:
            facts = facts_of(images, logits=lambda: workspace.outputs.train)
            self._facts = facts.having(_MARKS, self._marks)
        names = self._facts.names if self._facts is not None else ()
        self._page.search.set_columns(names, self._values)
        self._page.set_orders(self._facts.orders() if self._facts is not None else ())

    def follow_marks(self) -> None:
        """Other marks: what is found by them is found anew."""
        if self._facts is None:
            return
        self._facts = self._facts.having(_MARKS, self._marks)
        text = self._page.search.text()
        if _MARKS in text and _asks_for_marks(text):
            self._find(text)

    @Slot(str)
    def _find(self, text: str) -> None:
        if self._facts is None or not text.strip():
            self._page.show_found(None)
            return
        try:
            positions = self._facts.find(text)
        except QueryError as error:
            self._page.show_found(None, error)
            return
        found = np.zeros(self._desk.basket.count, dtype=bool)
        found[positions] = True
        self._page.show_found(found)

    @Slot(object)
    def _order(self, order: Order) -> None:
        asked = self._facts is not None and bool(order.column)
        self._page.show_order(self._facts.ranks(order) if self._facts is not None and asked else None)

    def _marks(self) -> Coded:
        mask = self._desk.basket.mask
        codes = np.where(mask, 0, 1)
        codes[self._desk.earlier] = 2
        return Coded(("forget", "retain", "earlier"), codes)

    def _values(self, column: str, begun: str) -> Sequence[str]:
        """A few of a column's values that begin so."""
        name = ALIASES.get(column, column)
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
