"""What a job's fault is to a person."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.job_view import EXPORT
from maga_desk.ui.workers.job_thread import JobThread


def test_a_full_disk_is_no_fault_of_ours_however_it_comes_here(qtbot: QtBot, thread: JobThread) -> None:
    jobs, said, broken = Jobs(thread), list[str](), list[Exception]()
    jobs.broken.connect(broken.append)

    def work(_control: RunControl) -> Iterator[Event]:
        yield from ()
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "net.onnx")
        except OSError as error:
            raise RuntimeError("the exporter's own words") from error

    jobs.start(EXPORT, work, lambda batch: None, said.append)
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].startswith("net.onnx: cannot write: No space left on device; make room there") and not broken
