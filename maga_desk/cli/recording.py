"""Runs from the command line are kept as sessions too, so that the window can show them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from maga_desk.cli.show import Listener
from maga_desk.domain import paths
from maga_desk.domain.control import Cancelled
from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Event
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.titles import session_title
from maga_desk.store.sessions import SessionStore


def keep_export(checkpoint: Path, fmt: str, path: Path) -> None:
    """Note an exported file in the session of the run that wrote the checkpoint, if there is one."""
    if not paths.sessions_file().exists():
        return
    try:
        with SessionStore.open(paths.sessions_file()) as store:
            store.record_export(checkpoint, fmt, path)
    except StoreError as error:
        click.echo(f"the export is not kept in its session: {error}", err=True)


@contextmanager
def recorded(store: SessionStore | None, spec: RunSpec, *, resume: bool) -> Iterator[Listener]:
    """A listener that keeps a run's events as a session; without a store, one that does nothing.

    :param resume: go on with the run that was recorded for the same folder, if there is one.
    """
    if store is None:
        yield lambda event: None
        return
    folder = str(Path(spec.output.dir).resolve())
    known = store.runs_in(folder) if resume else ()
    earlier = [run for run in known if _is_same(store.run(run.id).spec, spec)]
    if earlier:
        recorder = store.continue_run(earlier[0].id)
    else:
        recorder = store.start_run(store.create_session(session_title(spec), spec), spec, folder)

    def listen(event: Event) -> None:
        try:
            recorder.record(event)
        except StoreError as error:
            click.echo(f"the session is not up to date: {error}", err=True)

    try:
        yield listen
    except Cancelled:
        raise
    except Exception as error:
        recorder.fail(str(error))
        raise


def _is_same(one: RunSpec, other: RunSpec) -> bool:
    """Whether two specs ask for the same run, however it is judged."""
    return one.model_copy(update={"audit": other.audit}) == other
