"""Freed memory is kept for the next tensor, and given back when asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from maga_desk.domain.memory import keep_freed_memory

_PROGRAM = """
import resource, sys, threading
from maga_desk.domain.memory import give_back, keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()


BLOCK, TIMES = 96 * 2**20, 12

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

def work():
    for _ in range(TIMES):
        b"x" * BLOCK

before, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, resident()
thread = threading.Thread(target=work)
thread.start()
thread.join()
faults, held = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, resident() - start
give_back()
print(faults, held, resident() - start)
"""


def _measured(how: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, how], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library is not glibc")
def test_blocks_are_faulted_in_once_and_given_back() -> None:
    """In a thread of its own, as the window's jobs run."""
    plain, kept = _measured("plain"), _measured("kept")
    assert kept[0] * 3 < plain[0]
    assert kept[1] > 90 * 2**20 > 10 * kept[2]
