"""Keeping the computer awake while something long is done; wakepy knows how each desktop is asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def kept_awake(wanted: bool = True) -> Iterator[bool]:
    """While open, the computer does not fall asleep by itself; its screen may go dark. Gives whether that is so.

    Where the system has no way to ask for it, nothing happens, and the log says so.
    """
    if not wanted:
        yield False
        return
    from wakepy import keep  # takes a third of a second: only where it is used

    with keep.running(on_fail="pass") as mode:
        if not mode.active:
            log.info("the computer may fall asleep during a run: this desktop has no way to ask that it does not")
        yield mode.active
