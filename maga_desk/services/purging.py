"""Deleting a session with every trace of it outside of its runs' folders."""

from __future__ import annotations

from pathlib import Path

from maga_desk.domain.places import Places
from maga_desk.domain.protection import inputs_of
from maga_desk.store.sessions import SessionStore

_ALL = 10**6


def delete_session(store: SessionStore, places: Places, session_id: int) -> tuple[Path, ...]:
    """Delete a session; its runs' folders, which stay, are given.

    What it read and wrote is no longer offered among recent files, but for what another session has, too. The database
    is written anew without it, what was kept of its pictures goes, and the log is emptied.

    :raises StoreError: there is no such session, a run of it is going on, or something cannot be written.
    """
    spec = store.session(session_id).spec
    runs = [store.run(info.id) for info in store.runs(session_id)]
    mine = {str(each.path) for each in inputs_of(spec)}
    for run in runs:
        mine |= {str(each.path) for each in inputs_of(run.spec)}
        mine |= {run.folder, *(file.path for file in run.artefacts)}
    others = [each for each in store.recent(_ALL) if each.id != session_id]
    places.forget_all(mine - {each.data for each in others} - {str(each.checkpoint) for each in others})
    return store.delete_session(session_id)
