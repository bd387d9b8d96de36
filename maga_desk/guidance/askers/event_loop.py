"""An event loop of another thread, to hand coroutines to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any


class EventLoop:
    """The event loop that is there, or one in a thread of its own for as long as this is entered."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._own = loop is None
        self._loop = loop or asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="endpoint", daemon=True)

    def __enter__(self) -> EventLoop:
        if self._own:
            self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._own:
            asyncio.run_coroutine_threadsafe(self._wind_up(), self._loop)
            self._thread.join(timeout=5)
            if not self._thread.is_alive():
                self._loop.close()

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _wind_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=2) if others else None
        self._loop.call_soon(self._loop.stop)
