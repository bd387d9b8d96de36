"""The queue: one run after the other, in one process, until a person says otherwise.

Whatever happens to an entry stands in the database before the next one begins: a process that is killed loses nothing,
and the next one goes on from the checkpoint that the run left (:mod:`maga_desk.engine.resume`).
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import FullError, StoreError, StoreFullError, UserError, full_behind
from maga_desk.domain.events import Ended, Event
from maga_desk.domain.lacks import lack_behind
from maga_desk.domain.memory import give_back
from maga_desk.domain.protection import InputFile, check_run_folder
from maga_desk.domain.queue import EntryTold, EntryTurn, Idle, Over, QueueEntry, QueueEvent
from maga_desk.domain.specs.run import RunSpec, absolute
from maga_desk.guidance.means import Means
from maga_desk.services.awake import kept_awake
from maga_desk.services.guidance import NO_MEANS
from maga_desk.services.recording import Say, recorded
from maga_desk.services.runs import run
from maga_desk.services.titles import session_title
from maga_desk.services.workspace import Workspace
from maga_desk.store.queue import StoredQueue
from maga_desk.store.sessions import SessionStore

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between looks at what a person wants, and at whether something came to wait."""

RUINED = "what stays is lost: this is no result"
OURS = "something went wrong on our side; the log file has the details"


def add(
    store: SessionStore,
    specs: list[RunSpec],
    session: int | None = None,
    files: tuple[InputFile, ...] = (),
    *,
    case: int | None = None,
) -> list[int]:
    """Put runs behind all others; gives their numbers.

    :param session: the session that they will belong to; ``None``: each gets one of its own when it begins.
    :param case: the case that they are for: they get one new session, whose runs are for it.
    :param files: what is read beside the runs' own inputs.
    :raises OutputError: a folder may not be written into. :raises StoreError: another entry writes there. In both cases
        none is added, and nothing is for the case.
    """
    whole = [absolute(spec, Path.cwd()) for spec in specs]
    for spec in whole:
        check_run_folder(spec, resume=False, force=False, files=files)
    if case is None:
        return store.queue.add(whole, session)
    made = store.create_session(session_title(whole[0]), whole[0])
    try:
        store.cases.assign_session(made, case)
        return store.queue.add(whole, made)
    except StoreError:
        store.delete_session(made)
        raise


def run_queue(
    store: SessionStore,
    control: RunControl,
    *,
    until_empty: bool,
    means: Callable[[], Means] = lambda: NO_MEANS,
    say: Say = log.warning,
    awake: bool = False,
) -> Generator[QueueEvent, None, None]:
    """Run what waits, and what comes to wait, in its order.

    An entry that fails says why in one line, and the next one begins. A full disk pauses the queue instead: the others
    would fail of it too. While nothing is run, no model and no pictures are kept open.

    :param control: cancelling it ends the queue after the step; the entry goes on when the queue is run again.
    :param until_empty: end where nothing can go on; otherwise wait for more.
    :param means: what those who question models need, asked anew for each entry.
    :param say: gets a line where something could not be kept.
    :param awake: keep the computer awake while an entry is run.
    :raises StoreError: another living process runs the queue, or the database cannot be used.
    """
    queue, told = store.queue, ""
    workspace: Workspace | None = None
    with queue.run_here():
        while not control.cancelled:
            entry = queue.claim()
            if entry is None:
                workspace = None
                give_memory_back()
                idle = Idle(_why_idle(queue))
                if idle.reason != told:
                    told = idle.reason
                    yield idle
                if until_empty:
                    return
                _wait(control)
                continue
            told = ""
            if workspace is not None and not _fits(queue, entry, workspace):
                workspace = None
                give_memory_back()
            yield EntryTurn(entry)
            try:
                workspace = yield from _run_one(store, entry, control, workspace, means, say, awake)
            except (FullError, StoreFullError) as error:
                yield Idle(str(error), full=True)
                return
            yield Over(queue.entry(entry.id))


def perform(
    store: SessionStore,
    entry: QueueEntry,
    control: RunControl,
    *,
    workspace: Workspace | None = None,
    means: Means = NO_MEANS,
    say: Say = log.warning,
) -> Generator[Event, None, Workspace | None]:
    """The run of an entry that this process has claimed, from what an earlier process left of it.

    It is recorded, and whatever comes of it stands in the queue when this ends: it is finished, failed, or waits again.

    :param workspace: an open one, used where it fits.
    :returns: the workspace that was used; ``None`` when stopped.
    :raises UserError: why it failed. :raises FullError: no room is left; then the queue is paused and the entry waits.
    """
    queue = store.queue
    try:
        spec = queue.spec(entry.id)
        used = yield from _recorded_run(store, entry, spec, control, workspace, means, say)
    except GeneratorExit:  # whoever listened has gone
        with suppress(StoreError):
            queue.put_back(entry.id)
        raise
    except Exception as error:
        full = error if isinstance(error, FullError | StoreFullError) else full_behind(error)
        if full is not None:
            _pause_full(queue, entry, str(full))
            raise full from error
        queue.end(entry.id, "failed", _why(error))
        raise
    return used


def _recorded_run(
    store: SessionStore,
    entry: QueueEntry,
    spec: RunSpec,
    control: RunControl,
    workspace: Workspace | None,
    means: Means,
    say: Say,
) -> Generator[Event, None, Workspace | None]:
    queue = store.queue
    last = Ended("cancelled")
    with recorded(
        store,
        spec,
        resume=True,
        say=say,
        session=entry.session_id,
        begun=lambda recorder: queue.belongs(entry.id, recorder.session_id, recorder.run_id),
    ) as record:
        events = run(spec, control, workspace=workspace, resume=True, means=means)
        used: Workspace | None = None
        while True:
            try:
                event = next(events)
            except StopIteration as finished:
                used = finished.value
                break
            record(event)
            if isinstance(event, Ended):
                last = event
                continue
            yield event
    _settle(queue, entry, last)
    yield last  # once it stands in the queue: whoever hears it may begin the next one
    return used


def _settle(queue: StoredQueue, entry: QueueEntry, ended: Ended) -> None:
    if ended.status == "finished":
        queue.end(entry.id, "finished", RUINED if (ended.summary or {}).get("ruined") else "")
        return
    wish = queue.entry(entry.id).wish
    if wish == "cancel":
        queue.end(entry.id, "cancelled")
    else:
        queue.put_back(entry.id, held=wish == "free", last=wish == "skip")


def _pause_full(queue: StoredQueue, entry: QueueEntry, reason: str) -> None:
    """The database may lie on the same disk: what cannot be written there, the next start finds out by itself."""
    try:
        queue.pause_all("free", reason)
        queue.put_back(entry.id)
    except StoreError as error:
        log.warning("the queue could not be paused: %s", error)


def _run_one(
    store: SessionStore,
    entry: QueueEntry,
    control: RunControl,
    workspace: Workspace | None,
    means: Callable[[], Means],
    say: Say,
    awake: bool,
) -> Generator[QueueEvent, None, Workspace | None]:
    """One entry; what it fails of stands in the queue, and only a full disk is raised."""
    own = RunControl()
    with kept_awake(awake), _obeying(store.queue, entry.id, own, control):
        events = perform(store, entry, own, workspace=workspace, means=means(), say=say)
        try:
            while True:
                yield EntryTold(entry, next(events))
        except StopIteration as finished:
            used: Workspace | None = finished.value
        except (FullError, StoreFullError):
            raise
        except UserError:
            used = None
        except Exception as error:
            if lack_behind(error) is None:
                log.exception("an entry of the queue failed")
            used = None
    if used is None:
        give_memory_back()
    give_back()
    return used


@contextmanager
def _obeying(queue: StoredQueue, entry_id: int, own: RunControl, outer: RunControl) -> Iterator[None]:
    """While open, the entry's control follows what a person wants of it, here or from another process."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            try:
                wish = "cancel" if outer.cancelled else queue.wish(entry_id)
            except StoreError:  # locked for a while: the next look tells
                continue
            if wish == "pause" or (outer.paused and not wish):
                own.pause()
            elif not wish:
                own.resume()
            else:
                own.cancel()
                return

    thread = threading.Thread(target=look, name="queue-wishes")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _fits(queue: StoredQueue, entry: QueueEntry, workspace: Workspace) -> bool:
    """Whether an entry is run on what is open; else there is no need to hold two at once."""
    try:
        return workspace.fits(queue.spec(entry.id))
    except UserError:  # its own turn says so
        return False


def _wait(control: RunControl) -> None:
    with suppress(Cancelled):
        control.checkpoint()
        threading.Event().wait(LOOK_EVERY)


def _why_idle(queue: StoredQueue) -> str:
    view = queue.view()
    waiting = len(view.to_come)
    if view.paused and waiting:
        return f"the queue is paused with {waiting} to come{f': {view.reason}' if view.reason else ''}"
    return f"{waiting} to come, all paused" if waiting else "nothing waits"


def _why(error: Exception) -> str:
    told = error if isinstance(error, UserError) else lack_behind(error)
    return OURS if told is None else str(told)


def give_memory_back() -> None:
    """Return to the system and the device what no longer holds anything: what was open must be let go before."""
    gc.collect()
    if "torch" in sys.modules:
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    give_back()
