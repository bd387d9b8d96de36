"""How the process keeps and returns memory, and how much is there.

Keeping and returning is for Linux with glibc alone; elsewhere nothing is done.

glibc maps every large block anew and unmaps it when it is freed, so that each tensor of a forward pass is faulted in
page by page again: a third to two thirds of the CPU time of small nets. Here it keeps what was freed and uses it again;
:func:`give_back` returns it when a job has ended. The arenas of other threads cannot hold blocks that
large, hence a single arena for all.

Measured: resources/docs/performance.md, tests/benchmarks/bench_memory.py.
"""

from __future__ import annotations

import ctypes
import gc
import math
import sys
from contextlib import suppress
from pathlib import Path
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


def look_past_what_stays() -> None:
    """Keep what is there now out of all further collections of garbage: libraries and the window, which stay until the
    end. Looking through torch's objects stops all threads for a fifth of a second, each time.
    """
    gc.freeze()


def ran_out(error: BaseException) -> bool:
    """Whether memory was refused: by Python, by torch's allocator on a processor, or by that of a GPU."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and any(words in str(error) for words in _REFUSED))
    )


_REFUSED = ("can't allocate memory", "not enough memory", "out of memory")


def megabytes(count: float) -> str:
    """``53 MB`` or ``12.3 GB``."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{math.ceil(count / 1e6):,} MB"


def free_memory() -> int:
    """Bytes that this process may still take: what the machine has, or what is left of its control group's limit."""
    import psutil  # only here: the program's start is quicker without

    free = int(psutil.virtual_memory().available)
    left = _left_of_group(Path("/sys/fs/cgroup"), Path("/proc/self/cgroup"))
    return free if left is None else min(free, left)


_NO_LIMIT = 2**60  # bytes; version 1 writes a number near 2**63 where there is none


def _left_of_group(root: Path, own: Path) -> int | None:
    """Bytes; ``None`` where no group that this process is in has a limit.

    :param root: where control groups are mounted.
    :param own: the file that says in which this process is.
    """
    left: list[int] = []
    for folder, names in _groups(root, own):
        with suppress(OSError, ValueError):  # "max" is no number
            limit, used = (int((folder / name).read_text()) for name in names[:2])
            held = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            if limit < _NO_LIMIT:
                left.append(max(0, limit - used + int(held.get(names[2], 0))))  # cached files give way
    return min(left, default=None)


def _groups(root: Path, own: Path) -> list[tuple[Path, tuple[str, str, str]]]:
    """Folders of the groups that a process is in, and in each the names of limit, use, and cached files."""
    found = []
    with suppress(OSError, ValueError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            top = root / "memory" if controllers else root
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            names = names if controllers else ("memory.max", "memory.current", "inactive_file")
            inner = top / path.lstrip("/")
            found += [(each, names) for each in (inner, *inner.parents) if each == top or top in each.parents]
            found.append((top, names))  # within a container, the path may be that of the host
    return found


def _glibc() -> Any:
    """The C library, ``None`` where it is not glibc (musl has no ``mallopt``)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
