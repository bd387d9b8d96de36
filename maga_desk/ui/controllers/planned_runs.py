"""Runs that are to come, what records them, and what the store knows of runs that never began."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Event, Message
from maga_desk.domain.run_folder import CHECKPOINT
from maga_desk.domain.sessions import RunRecord
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.run_folder import read_noise
from maga_desk.store.recorder import RunRecorder
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.runs import UNFINISHED, RunView

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Planned:
    """A run that is to be begun, and what records it."""

    run: RunView
    spec: RunSpec
    recorder: RunRecorder | None


class Tap:
    """Sees a run's events in the job's thread and records them; a store that cannot be used does not stop the run."""

    def __init__(self, recorder: RunRecorder | None) -> None:
        self._recorder = recorder

    def take(self, event: Event) -> None:
        if self._recorder is None or self._recorder.ended:
            return
        try:
            self._recorder.record(event)
        except StoreError:  # of an earlier write; this event is kept all the same
            log.exception("the session is not up to date")

    def failing(self, then: Callable[[str], None]) -> Callable[[str], None]:
        """``then``, after the failure was written down."""

        def fail(text: str) -> None:
            if self._recorder is not None and not self._recorder.ended:
                self._recorder.fail(text)
            then(text)

        return fail


def unbegun_after(store: SessionStore, session_id: int, folder: str) -> list[RunRecord]:
    """The runs of a session that were to follow the one in ``folder``, each from the result of the one before, and
    never began: not even their folders were made.

    :raises StoreError: the store cannot be read.
    """
    waiting = [
        store.run(info.id)
        for info in store.runs(session_id)
        if info.status in UNFINISHED and info.folder and not Path(info.folder).exists()
    ]
    found: list[RunRecord] = []
    while True:
        before = str(Path(found[-1].folder if found else folder) / CHECKPOINT)
        following = next((record for record in waiting if record.spec.model.checkpoint == before), None)
        if following is None or any(following is record for record in found):
            return found
        found.append(following)


def view_of(record: RunRecord) -> RunView:
    """A recorded run as it is shown, with what it left in its folder."""
    checkpoint = Path(record.folder) / CHECKPOINT
    return RunView(
        run_id=record.id,
        spec=record.spec,
        folder=record.folder,
        started=record.started,
        state=record.status,
        error=record.error or "",
        scalars=[scalars for scalars in record.scalars if scalars.series == "run"],
        reference=[scalars for scalars in record.scalars if scalars.series == "reference"],
        noise=read_noise(record.folder),
        messages=[Message(message.text, message.level) for message in record.messages],
        report=record.report,
        checkpoint=str(checkpoint) if checkpoint.exists() else None,
        name=record.name,
        exports=tuple(file.path for file in record.artefacts if file.kind == "export"),
    )
