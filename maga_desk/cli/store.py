"""The session database of a command: opened once, whatever the command keeps there or remembers from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from maga_desk.cli.terminal import echo
from maga_desk.domain import paths
from maga_desk.domain.errors import StoreError
from maga_desk.store.sessions import SessionStore


@contextmanager
def session_store(without: str) -> Iterator[SessionStore | None]:
    """The user's database; ``None`` where it cannot be opened, since a command does not fail for that.

    :param without: what a person loses then, for the line that tells it.
    """
    store = _opened(without)
    if store is None:
        yield None
        return
    try:
        yield store
    finally:
        try:
            store.close()
        except StoreError as error:  # the command's own work is done, or has a fault of its own
            echo(f"{without}: {error}", err=True)


def _opened(without: str) -> SessionStore | None:
    try:
        return SessionStore.open(paths.sessions_file())
    except StoreError as error:
        echo(f"{without}: {error}", err=True)
        return None
