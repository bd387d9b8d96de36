"""Keeps a fault of PySide6 6.12.0 from ending the program on Python 3.11.

There every ``Signal.emit()`` drops one reference to ``True`` that it does not own. After some hundreds of signals the
interpreter stops with "deallocating True or False". From Python 3.12 on the booleans are immortal and nothing happens.
"""

from __future__ import annotations

import ctypes
import sys

RESERVE = 1 << 40
"""References given to each boolean: a thousand signals a second use them up in thirty years."""


def keep_booleans_alive() -> None:
    """Give ``True`` and ``False`` a reserve of references, once. Does nothing where they are immortal."""
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython":
        return
    for value in (True, False):
        if sys.getrefcount(value) < RESERVE // 2:
            ctypes.c_ssize_t.from_address(id(value)).value += RESERVE
