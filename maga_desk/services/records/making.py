"""Making the record of a run, told as events: what the window does when a person asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event, Progress, Saved, Started
from maga_desk.domain.record_folder import RecordWish
from maga_desk.services.records.reading import read_folder
from maga_desk.services.records.writing import write_record
from maga_desk.store.sessions import SessionStore


def make_record(
    folder: Path, wish: RecordWish, control: RunControl, store: SessionStore | None = None
) -> Iterator[Event]:
    """Read a run's folder and write its record.

    ``Ended.summary``: as :meth:`~maga_desk.services.records.writing.WrittenRecord.as_dict`.

    :param store: knows the request behind the run.
    :raises UserError: the run cannot be reported, the key cannot be used, or something cannot be written.
    :raises Cancelled: before anything is written.
    """
    yield Started("Making the record")
    yield Progress("Reading the run", 0, 2)
    material = read_folder(folder, store=store)
    control.checkpoint()
    yield Progress("Writing the record", 1, 2)
    out = Path(wish.folder)
    written = write_record(
        material,
        out,
        key_file=Path(wish.key_file) if wish.key_file else None,
        paper=wish.paper,
        not_retrained=wish.not_retrained,
        force=wish.replace,
        store=store,
    )
    yield Saved(str(out))
    yield Ended("finished", written.as_dict(), str(out))
