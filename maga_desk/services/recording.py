"""Keeping a run as it happens: in a session of its own, or in one that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from maga_desk.domain.control import Cancelled
from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Begun, Ended, Event, Opened, Proposed, SetAside
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.titles import session_title
from maga_desk.store.recorder import RunRecorder
from maga_desk.store.sessions import SessionStore

Listener = Callable[[Event], None]
Say = Callable[[str], object]


@contextmanager
def recorded(
    store: SessionStore | None,
    spec: RunSpec,
    *,
    resume: bool,
    say: Say,
    session: int | None = None,
    case: int | None = None,
    begun: Callable[[RunRecorder], object] = lambda recorder: None,
) -> Iterator[Listener]:
    """A listener that keeps a run's events as a session from where it begins; without a store, one that does nothing.

    A run that is refused, or cancelled before it begins, leaves no trace.

    :param resume: go on with the run that was recorded for the same folder, if there is one.
    :param say: gets a line where something could not be kept; the run goes on without.
    :param session: the session that the run belongs to; ``None``: a new one.
    :param case: the erasure request that it is for; ``None``: the session's, where it has one.
    :param begun: gets what records the run, once it has begun.
    :raises StoreError: another process is running in that folder.
    """
    if store is None:
        yield lambda event: None
        return
    late = _Late(store, spec, resume=resume, say=say, session=session, case=case, begun=begun)
    try:
        yield late.listen
    except Cancelled:
        raise
    except Exception as error:
        late.fail(str(error))
        raise


class _Late:
    """What is heard before a run begins waits, and is kept once it does."""

    def __init__(
        self,
        store: SessionStore,
        spec: RunSpec,
        *,
        resume: bool,
        say: Say,
        session: int | None,
        case: int | None,
        begun: Callable[[RunRecorder], object],
    ) -> None:
        self._store, self._spec, self._say, self._on_begun = store, spec, say, begun
        self._session, self._case = session, case
        self._folder = str(Path(spec.output.dir).resolve())
        known = store.runs_in(self._folder)
        busy = next((run for run in known if run.status == "running"), None)
        if busy is not None:
            raise StoreError(f"run {busy.id} is still going on in {self._folder}", todo="cancel it there first")
        same = (run.id for run in known if resume and _is_same(store.run(run.id).spec, spec))
        self._earlier = next(same, None)
        self._waiting: list[Event] | None = []
        self._recorder: RunRecorder | None = None
        self._others = False  # the session is about something else than this run by now
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
                session = self._session
                if session is None:
                    session = store.create_session(session_title(spec), spec)
                if self._case is not None:
                    store.cases.assign_session(session, self._case)
                self._recorder = store.start_run(session, spec, self._folder)
            self._others = not _asks_alike(store.session(self._recorder.session_id).spec, spec)
            self._on_begun(self._recorder)
        except StoreError as error:
            self._say(f"the run is not kept in a session: {error}")

    def _keep(self, event: Event) -> None:
        if self._recorder is None or (self._others and isinstance(event, Opened | Proposed)):
            return
        try:
            self._recorder.record(event)
        except StoreError as error:
            if str(error) != self._told:  # once for each fault, not for each event
                self._told = str(error)
                self._say(f"the session is not up to date: {error}")


def _is_same(one: RunSpec, other: RunSpec) -> bool:
    """Whether two specs ask for the same run, however it is judged."""
    return one.model_copy(update={"audit": other.audit}) == other


def _asks_alike(session: RunSpec, run: RunSpec) -> bool:
    """Whether a session's card and proposal are those of a run: a queue keeps runs of several requests in one."""
    return all(getattr(session, key) == getattr(run, key) for key in ("data", "model", "forget", "guidance"))
