"""Freed memory is kept for the next tensor, and given back when asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from maga_desk.domain import memory
from maga_desk.domain.memory import free_memory, keep_freed_memory, ran_out

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


# what a limit, the use and cached files are called in both versions of control groups
_FIRST = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_SECOND = ("memory.max", "memory.current", "inactive_file")


@pytest.mark.parametrize(
    ("own", "folder", "names"),
    [
        ("0::/job\n", "job", _SECOND),
        ("0::/\n", ".", _SECOND),
        ("4:memory:/job\n0::/\n", "memory/job", _FIRST),
        ("4:cpu,memory:/of/the/host\n", "memory", _FIRST),
    ],
)
def test_what_a_control_group_leaves(tmp_path: Path, own: str, folder: str, names: tuple[str, str, str]) -> None:
    group, said = tmp_path / folder, tmp_path / "own"
    group.mkdir(parents=True, exist_ok=True)
    said.write_text(own)
    assert memory._left_of_group(tmp_path, said) is None, "no limit"
    (group / names[0]).write_text("1000\n")
    (group / names[1]).write_text("700\n")
    (group / "memory.stat").write_text(f"anon 5\n{names[2]} 100\n")
    assert memory._left_of_group(tmp_path, said) == 400, "cached files give way"
    (group / names[0]).write_text("max\n")
    assert memory._left_of_group(tmp_path, said) is None


def test_free_memory_is_what_the_machine_has_or_less() -> None:
    assert 0 <= free_memory() <= psutil.virtual_memory().total


def test_refused_memory_is_told_from_other_errors() -> None:
    import torch

    with pytest.raises(RuntimeError) as refused:
        torch.empty(2**60, dtype=torch.uint8)
    assert ran_out(refused.value) and ran_out(MemoryError()) and ran_out(torch.OutOfMemoryError())
    assert not ran_out(RuntimeError("shapes cannot be multiplied")) and not ran_out(ValueError("not enough memory"))
