"""How the process keeps and returns memory. Linux with glibc alone; elsewhere nothing is done.

glibc maps every large block anew and unmaps it when it is freed, so that each tensor of a forward pass is faulted in
page by page again: a third to two thirds of the CPU time of small nets. Here it keeps what was freed and uses it again;
:func:`give_back` returns it when a job has ended. The arenas of other threads cannot hold blocks that
large, hence a single arena for all.

Measured: resources/docs/performance.md, tests/benchmarks/bench_memory.py.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

# Names of mallopt's parameters, from glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT, _LARGEST_KEPT = 2**31 - 1, 2**30


def keep_freed_memory() -> bool:
    """Reuse freed blocks of up to 1 GiB rather than ask the system anew. To be called before torch allocates.

    :returns: whether that is in force.
    """
    libc = _glibc()
    if libc is None:
        return False
    settings = ((_MMAP_THRESHOLD, _LARGEST_KEPT), (_TRIM_THRESHOLD, _KEPT), (_ARENA_MAX, 1))
    return all(libc.mallopt(name, value) == 1 for name, value in settings)


def give_back() -> None:
    """Return free memory to the system."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> Any:
    """The C library, ``None`` where it is not glibc (musl has no ``mallopt``)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
