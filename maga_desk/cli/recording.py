"""Runs from the command line are kept as sessions too, so that the window can show them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maga_desk.cli.case import find_case
from maga_desk.cli.show import Listener
from maga_desk.cli.terminal import echo
from maga_desk.domain import paths
from maga_desk.domain.errors import CaseError, StoreError
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services import recording
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
    """As :func:`maga_desk.services.recording.recorded`; what could not be kept is told on stderr.

    :param case: the case that it is for, by number or reference.
    :raises StoreError: another process is running in that folder. :raises CaseError: there is no such case.
    """
    if store is None and case is not None:
        raise CaseError("a run that is not kept belongs to no case", where=case)
    case_id = None if store is None or case is None else find_case(store, case).id
    with recording.recorded(store, spec, resume=resume, say=complain, case=case_id) as listener:
        yield listener


def complain(text: str) -> None:
    """A line on stderr."""
    echo(text, err=True)
