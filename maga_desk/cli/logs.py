"""Where tracebacks go."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from maga_desk.domain.log import ready_log


def write_traceback() -> Path | str:
    """Append the exception in flight to the log file; where that cannot be written, to stderr."""
    text = f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{traceback.format_exc()}\n"
    try:
        path = ready_log()
        with path.open("a", encoding="utf-8") as log:
            log.write(text)
    except OSError:
        sys.stderr.write(text)
        return "the lines above"
    return path
