"""How much memory is held: now, and at most while something is tried."""

from __future__ import annotations

import threading
from types import TracebackType

import torch

_EVERY = 0.02  # seconds


class Peak:
    """While open, a thread looks at what the process holds, fifty times a second; afterwards :attr:`host` and
    :attr:`device` say the most.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="memory peak", daemon=True)
        self.host = 0
        self.device: int | None = None

    def __enter__(self) -> Peak:
        self.host = _held()
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self.host = max(self.host, _held())
        if self._device.type == "cuda":
            self.device = int(torch.cuda.max_memory_reserved(self._device))

    def _look_on(self) -> None:
        while not self._over.wait(_EVERY):
            self.host = max(self.host, _held())


def held(device: torch.device) -> int:
    """Bytes that are held now: on a GPU what torch has reserved there, else what this process holds."""
    return int(torch.cuda.memory_reserved(device)) if device.type == "cuda" else _held()


def _held() -> int:
    import psutil  # only here: the program's start is quicker without

    return int(psutil.Process().memory_info().rss)
