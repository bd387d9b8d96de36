"""Where tracebacks go."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from maga_desk.domain import paths


def write_traceback() -> Path | str:
    """Append the exception in flight to the log file; where that cannot be written, to stderr."""
    text = f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{traceback.format_exc()}\n"
    try:
        with paths.log_file().open("a", encoding="utf-8") as log:
            log.write(text)
        return paths.log_file()
    except OSError:
        sys.stderr.write(text)
        return "the lines above"
