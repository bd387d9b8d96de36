"""Forget page: the values of the pictures beside the query, and clicks on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from maga_desk.domain.finding.editing import standings, toggled, without_column
from maga_desk.domain.finding.facets import facet_of
from maga_desk.domain.finding.query import QueryError
from maga_desk.services.finding.facts import PictureFacts
from maga_desk.ui.pages.forget import ForgetPage

_AT_FIRST, _MORE = 8, 100  # values of a column that are listed, and how many more a click brings
_UNLISTED = ("name", "file", "number")  # each picture has its own
_FIRST = ("class", "kind", "split")
_LAST = ("pred", "conf", "loss", "like", "dup", "in")


class FacetController(QObject):
    """Counts the values of the columns that are open in the list, and writes what is clicked into the query line."""

    def __init__(self, page: ForgetPage) -> None:
        super().__init__(page)
        self._page = page
        self._facts: PictureFacts | None = None
        self._found: NDArray[np.bool_] | None = None
        self._within: NDArray[np.bool_] | None = None
        self._most: dict[str, int] = {}
        self._stale = False  # not counted since, because nobody sees it
        page.facets.value_chosen.connect(self._choose)
        page.facets.column_opened.connect(self._count)
        page.facets.more_wanted.connect(self._show_more)
        page.content.narrowing.chosen.connect(self._catch_up)

    def show_columns(self, facts: PictureFacts | None) -> None:
        """Other columns, or others of the same names."""
        self._facts, self._most = facts, {}
        names = [] if facts is None else [name for name in facts.names if name not in _UNLISTED]
        images = self._page.images
        if images is not None and images.families is None and "kind" in names:
            names.remove("kind")  # it is the class
        first = [name for name in _FIRST if name in names]
        last = [name for name in _LAST if name in names]
        self._page.facets.show_columns([*first, *(n for n in names if n not in (*first, *last)), *last])

    def show_found(
        self,
        facts: PictureFacts | None,
        found: NDArray[np.bool_] | None,
        within: NDArray[np.bool_] | None = None,
    ) -> None:
        """Other pictures are found, ``(N,) bool``; ``None``: nothing is asked.

        :param within: what else than the query narrows them.
        """
        self._facts, self._found, self._within = facts, found, within
        self._stale = True
        self._catch_up()

    @Slot()
    def _catch_up(self) -> None:
        if self._stale and self._page.content.narrowing.current == 1:
            self._stale = False
            for column in self._page.facets.opened():
                self._count(column)

    @Slot(str)
    def _count(self, column: str) -> None:
        facts = self._facts
        if facts is None or column not in facts.names:
            return
        text = self._page.search.text()
        said = standings(text, column)
        coded = facts.column(column)
        found = self._found if self._found is not None else np.ones(len(coded.codes), dtype=bool)
        if said:  # further values of the column would be alternatives: they are counted without it
            try:
                found = np.zeros(len(coded.codes), dtype=bool)
                found[facts.find(without_column(text, column))] = True
                found = found if self._within is None else found & self._within
            except QueryError:
                return
        self._page.facets.show_facet(facet_of(column, coded, found, said, self._most.get(column, _AT_FIRST)))

    @Slot(str)
    def _show_more(self, column: str) -> None:
        self._most[column] = self._most.get(column, _AT_FIRST) + _MORE
        self._count(column)

    @Slot(str, str, bool)
    def _choose(self, column: str, value: str, out: bool) -> None:
        self._page.search.ask(toggled(self._page.search.text(), column, value, out=out))
