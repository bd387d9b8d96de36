"""A virtual screen with a window manager, and a hand on its mouse and keys."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bundling.places import BuildError

SIZE = (1280, 800)
SOCKETS = Path("/tmp/.X11-unix")


@dataclass(frozen=True)
class Screen:
    """:param display: as ``DISPLAY`` has it."""

    display: str

    @property
    def socket(self) -> Path:
        return SOCKETS / f"X{self.display[1:]}"

    def tool(self, *words: str) -> str:
        """What ``xdotool`` says; empty where it finds nothing."""
        environment = {**os.environ, "DISPLAY": self.display}
        done = subprocess.run(["xdotool", *words], capture_output=True, text=True, check=False, env=environment)
        return done.stdout.strip()

    def window(self) -> str:
        """The number of the program's window, or nothing."""
        found = self.tool("search", "--onlyvisible", "--name", "MaGA Desk").split()
        return found[0] if found else ""

    def click(self, x: int, y: int) -> None:
        """Click into the window, which begins below the bar of its manager."""
        self.tool("mousemove", "--window", self.window(), str(x), str(y), "click", "1")

    def picture(self, target: Path) -> None:
        """Keep what is on the screen, where ImageMagick is there to take it."""
        words = ["import", "-window", "root", "-display", self.display, str(target)]
        try:
            subprocess.run(words, check=False, capture_output=True)
        except FileNotFoundError:
            return


@contextmanager
def screen() -> Iterator[Screen]:
    """A screen of its own.

    :raises BuildError: Xvfb, xdotool or openbox is missing.
    """
    reading, writing = os.pipe()
    size = f"{SIZE[0]}x{SIZE[1]}x24"
    try:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"],
            stderr=subprocess.DEVNULL,
            pass_fds=[writing],
        )
    except FileNotFoundError as error:
        raise BuildError("the window's trial needs xvfb, xdotool and openbox") from error
    os.close(writing)
    with os.fdopen(reading) as answer:
        display = f":{answer.readline().strip()}"
    try:
        manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": display}, stderr=subprocess.DEVNULL)
        try:
            yield Screen(display)
        finally:
            manager.terminate()
            manager.wait()
    finally:
        server.terminate()
        server.wait()


def until(condition: Callable[[], object], what: str, alive: Callable[[], bool], seconds: float) -> float:
    """Wait for something; how long it took.

    :raises BuildError: it did not come, or the program ended before.
    """
    start = time.monotonic()
    while not condition():
        if not alive():
            raise BuildError(f"the window closed before {what}")
        if time.monotonic() > start + seconds:
            raise BuildError(f"the window did not get to {what} in {seconds:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - start
