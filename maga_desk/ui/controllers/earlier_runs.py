"""Run page: earlier runs of the session under the curves of the one that is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Scalars
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.run import RunPage


class EarlierRunsController(QObject):
    """Offers the session's runs, and reads the measurements of those that a person chose."""

    def __init__(self, page: RunPage, desk: Desk, store: SessionStore | None, say: Say) -> None:
        super().__init__(page)
        self._curves, self._runs, self._store, self._say = page.curves, desk.runs, store, say
        page.curves.earlier_chosen.connect(self._show)
        for changed in (self._runs.recorded_changed, self._runs.shown_changed, self._runs.state_changed):
            changed.connect(self._offer)

    @Slot()
    def _offer(self) -> None:
        shown = self._runs.shown.run_id
        self._curves.offer_earlier([each for each in self._runs.titles() if each[0] != shown])

    @Slot(list)
    def _show(self, numbers: list[int]) -> None:
        titles = dict(self._runs.titles())
        found = []
        for number in numbers:
            history = self._history(number)
            if history is not None:
                found.append((titles.get(number, str(number)), history))
        self._curves.show_earlier(found)

    def _history(self, number: int) -> Sequence[Scalars] | None:
        here = self._runs.find(number)
        if here is not None:
            return tuple(here.scalars)
        if self._store is None:
            return None
        try:
            return [each for each in self._store.run(number).scalars if each.series == "run"]
        except StoreError as error:
            self._say(f"That run's curves cannot be read: {error}", "warning")
            return None
