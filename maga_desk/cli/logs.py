"""Where tracebacks and warnings go."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from maga_desk.domain.errors import UserError
from maga_desk.domain.log import ready_log


def write_traceback() -> Path | str:
    """Append the exception in flight to the log file; where that cannot be written, to stderr."""
    text = f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{traceback.format_exc()}\n"
    try:
        path = ready_log()
        with path.open("a", encoding="utf-8") as log:
            log.write(text)
    except (OSError, UserError):
        sys.stderr.write(text)
        return "the lines above"
    return path


class _ToLog(logging.Handler):
    """Appends to the log file, where that can be written."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, UserError), ready_log().open("a", encoding="utf-8") as log:
            log.write(f"{self.format(record)}\n")


@contextmanager
def logged() -> Iterator[None]:
    """Warnings go to the log file, as those of the window do, and libraries' too; what a person has to know, a command
    says itself.
    """
    handler = _ToLog(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    loggers = (logging.getLogger("maga_desk"), logging.getLogger("py.warnings"))
    for each in loggers:
        each.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for each in loggers:
            each.removeHandler(handler)
