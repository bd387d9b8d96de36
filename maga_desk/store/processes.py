"""Whether the process that started a run still lives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path


def host() -> str:
    return socket.gethostname()


def here() -> tuple[int, str, str]:
    """This process, as rows name it: its number, its host, its mark."""
    pid = os.getpid()
    return pid, host(), process_mark(pid) or ""


def lives(pid: int, on: str, process: str) -> bool:
    """Whether the process that a row names still lives, on this host."""
    if on != host():
        return False
    mark = process_mark(pid)
    return mark is not None and (not mark or not process or mark == process)


def process_mark(pid: int) -> str | None:
    """A text that tells this process from a later one with the same number; ``None`` when there is no such process.

    An empty text means: it lives, but its start is not known.
    """
    if sys.platform == "win32":
        return _mark_on_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:
        pass  # it lives and belongs to somebody else
    return _mark_on_linux(pid) if sys.platform == "linux" else _mark_by_ps(pid)


def _mark_on_linux(pid: int) -> str | None:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # fields[0] is the state: a zombie has ended and only waits for its parent. fields[19] is the start, in ticks.
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"


def _mark_by_ps(pid: int) -> str | None:
    try:
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        listed = subprocess.run(command, capture_output=True, check=False, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return listed.stdout.strip() or None


def _mark_on_windows(pid: int) -> str | None:
    # os.kill(pid, 0) would end the process there, so the system is asked directly.
    if sys.platform != "win32":
        raise AssertionError("only on Windows")
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.windll.kernel32
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return "" if kernel.GetLastError() == 5 else None  # 5: it lives, access denied
    try:
        code = wintypes.DWORD()
        if kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code)) and code.value != 259:
            return None  # 259: STILL_ACTIVE
        times = [wintypes.FILETIME() for _ in range(4)]
        if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *(ctypes.byref(t) for t in times)):
            return ""
        return f"{times[0].dwHighDateTime}-{times[0].dwLowDateTime}"
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
