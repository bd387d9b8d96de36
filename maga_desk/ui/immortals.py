"""Keeps a fault of PySide6 6.12.0 from ending the program on Python 3.11.

There every call of Qt that gives back nothing drops one reference to ``None`` that it does not own, and every
``Signal.emit()`` one to ``True``. After a while the interpreter stops with "deallocating None". PySide6 6.11.3 does not
do that, and from Python 3.12 on these objects are immortal, so that nothing happens.
"""

from __future__ import annotations

import ctypes
import sys

RESERVE = 1 << 40
"""References given to each object: a million calls a second use them up in twelve days."""


def keep_singletons_alive() -> None:
    """Give ``None``, ``True`` and ``False`` a reserve of references, once. Does nothing where they are immortal."""
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython" or sys.maxsize < 2**32:
        return
    for value in (None, True, False):
        if sys.getrefcount(value) < RESERVE // 2:
            ctypes.c_ssize_t.from_address(id(value)).value += RESERVE
