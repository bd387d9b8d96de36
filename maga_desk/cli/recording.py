"""Runs from the command line are kept as sessions too, so that the window can show them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maga_desk.cli.case import find_case
from maga_desk.cli.show import Listener
from maga_desk.cli.terminal import echo
from maga_desk.domain import paths
from maga_desk.domain.control import Cancelled
from maga_desk.domain.errors import CaseError, StoreError
from maga_desk.domain.events import Begun, Ended, Event, SetAside
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.titles import session_title
from maga_desk.store.recorder import RunRecorder
from maga_desk.store.sessions import SessionStore


def keep_export(checkpoint: Path, fmt: str, path: Path) -> None:
    """Note an exported file in the session of the run that wrote the checkpoint, if there is one."""
    if not paths.sessions_file().exists():
        return
    try:
        with SessionStore.open(paths.sessions_file()) as store:
            store.record_export(checkpoint, fmt, path)
    except StoreError as error:
        echo(f"the export is not kept in its session: {error}", err=True)


@contextmanager
def recorded(store: SessionStore | None, spec: RunSpec, *, resume: bool, case: str | None = None) -> Iterator[Listener]:
    """A listener that keeps a run's events as a session from where it begins; without a store, one that does nothing.

    A run that is refused, or cancelled before it begins, leaves no trace.

    :param resume: go on with the run that was recorded for the same folder, if there is one.
    :param case: the case that it is for, by number or reference.
    :raises StoreError: another process is running in that folder. :raises CaseError: there is no such case.
    """
    if store is None:
        if case is not None:
            raise CaseError("a run that is not kept belongs to no case", where=case)
        yield lambda event: None
        return
    late = _Late(store, spec, resume=resume, case_id=None if case is None else find_case(store, case).id)
    try:
        yield late.listen
    except Cancelled:
        raise
    except Exception as error:
        late.fail(str(error))
        raise


class _Late:
    """What is heard before a run begins waits, and is kept once it does."""

    def __init__(self, store: SessionStore, spec: RunSpec, *, resume: bool, case_id: int | None) -> None:
        self._store, self._spec, self._case = store, spec, case_id
        self._folder = str(Path(spec.output.dir).resolve())
        known = store.runs_in(self._folder)
        busy = next((run for run in known if run.status == "running"), None)
        if busy is not None:
            raise StoreError(f"run {busy.id} is still going on in {self._folder}", todo="cancel it there first")
        same = (run.id for run in known if resume and _is_same(store.run(run.id).spec, spec))
        self._earlier = next(same, None)
        self._waiting: list[Event] | None = []
        self._recorder: RunRecorder | None = None
        self._told = ""

    def listen(self, event: Event) -> None:
        if self._waiting is None:
            self._keep(event)
            return
        self._waiting.append(event)
        if isinstance(event, Begun | SetAside) or (isinstance(event, Ended) and event.status == "finished"):
            waiting, self._waiting = self._waiting, None
            self._begin()
            for each in waiting:
                self._keep(each)

    def fail(self, text: str) -> None:
        """The run ended with an error; one that had not begun was refused, and that is no run."""
        if self._recorder is not None:
            self._recorder.fail(text)

    def _begin(self) -> None:
        store, spec = self._store, self._spec
        try:
            if self._earlier is not None:
                self._recorder = store.continue_run(self._earlier, spec)
                if self._case is not None:
                    store.cases.assign_run(self._earlier, self._case)
            else:
                session = store.create_session(session_title(spec), spec)
                if self._case is not None:
                    store.cases.assign_session(session, self._case)
                self._recorder = store.start_run(session, spec, self._folder)
        except StoreError as error:
            echo(f"the run is not kept in a session: {error}", err=True)

    def _keep(self, event: Event) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder.record(event)
        except StoreError as error:
            if str(error) != self._told:  # once for each fault, not for each event
                self._told = str(error)
                echo(f"the session is not up to date: {error}", err=True)


def _is_same(one: RunSpec, other: RunSpec) -> bool:
    """Whether two specs ask for the same run, however it is judged."""
    return one.model_copy(update={"audit": other.audit}) == other
