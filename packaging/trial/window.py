"""The window on a virtual screen, driven through the demo by clicks, and how long it takes to be there."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

from bundling.places import CHECKOUT, Build, BuildError, ran
from trial.screen import SIZE, Screen, screen, until
from trial.stranger import HOME, Stranger, stranger


def is_driven(build: Build) -> None:
    """Open the demo, look at each page, start the run, wait for its result, look at it, and close."""
    with screen() as shown, stranger(build) as who:
        places = asked(build, shown)
        window = opened(who, shown, "demo", "--out", f"{HOME}/runs")
        try:
            took = drive(window, who, shown, places, build)
        finally:
            if window.poll() is None:
                window.kill()
                window.wait()
        print(f"the run was done {took:.0f} s after its start")


def asked(build: Build, shown: Screen) -> dict[str, list[int]]:
    """Where the buttons are."""
    out = build.work / "places.json"
    out.unlink(missing_ok=True)
    environment = {**os.environ, "DISPLAY": shown.display, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": ""}
    environment["MAGA_DESK_HOME"] = str(build.work / "places-home")
    script = Path(__file__).with_name("places.py")
    ran([build.python, script, out, *map(str, SIZE)], why="asking where the buttons are", env=environment)
    return dict(json.loads(out.read_text()))


def opened(who: Stranger, shown: Screen, *words: str) -> subprocess.Popen[bytes]:
    """The bundle with its window on a screen."""
    seen = Stranger(
        who.bundle,
        who.home,
        who.root,
        extra=("--dir", "/tmp/.X11-unix", "--ro-bind", str(shown.socket), str(shown.socket)),
        settings={"DISPLAY": shown.display},
    )
    return subprocess.Popen(seen.command(*words))


def drive(
    window: subprocess.Popen[bytes], who: Stranger, shown: Screen, places: dict[str, list[int]], build: Build
) -> float:
    """Take the window through its pages; the seconds from pressing Start to the run's summary."""
    pictures = build.work / "pictures"
    pictures.mkdir(exist_ok=True)

    def alive() -> bool:
        return window.poll() is None

    def press(name: str) -> None:
        shown.click(*places[name])
        time.sleep(1.0)
        shown.picture(pictures / f"{name}.png")

    until(shown.window, "its first sight", alive, 60)
    number = shown.window()
    shown.tool("windowmove", number, "0", "0")
    shown.tool("windowsize", number, *map(str, SIZE))
    shown.tool("windowactivate", "--sync", number)
    until(lambda: title_of(shown) not in {"", "MaGA Desk"} and "%" not in title_of(shown), "the demo", alive, 240)
    for page in ("Load", "Forget", "Guide", "Run"):
        press(page)
    begun = time.monotonic()

    def done() -> bool:  # its end is the last line; the summary is there before
        logs = [path.read_text(encoding="utf-8") for path in (who.home / "runs").rglob("events.jsonl")]
        return any('"event": "ended"' in text for text in logs)

    until(lambda: pressed(shown, places, who), "the run's start", alive, 120)
    until(done, "the run's result", alive, 400)
    took = time.monotonic() - begun
    for page in ("Verify", "Export"):
        press(page)
    shown.tool("key", "ctrl+q")
    if window.wait(timeout=60) != 0:
        raise BuildError(f"the window ended with {window.returncode}")
    refuse_faults(who)
    return took


def refuse_faults(who: Stranger) -> None:
    """Faults of the program's own are in its log.

    :raises BuildError: there is one.
    """
    log = who.home / ".local" / "share" / "maga-desk" / "maga-desk.log"
    if log.exists() and "Traceback" in (told := log.read_text(encoding="utf-8", errors="replace")):
        raise BuildError(f"the window's log tells of a fault:\n{told}")


def title_of(shown: Screen) -> str:
    number = shown.window()
    return shown.tool("getwindowname", number) if number else ""


def pressed(shown: Screen, places: dict[str, list[int]], who: Stranger) -> bool:
    """Press Start until the run has its folder."""
    if any((who.home / "runs").rglob("spec.toml")):
        return True
    shown.click(*places["Start"])
    time.sleep(2.0)
    return False


def comes_soon(build: Build) -> None:
    """On the screen within twice the time that it takes from the environment; medians of five, in turns.

    :raises BuildError: it takes longer.
    """
    with screen() as shown, stranger(build) as who:
        found: dict[str, list[float]] = {"bundle": [], "environment": []}
        for turn in range(6):
            for name, times in found.items():
                seconds = until_seen(name, build, who, shown)
                if turn:  # the first fills the disk's cache
                    times.append(seconds)
        middle = {name: statistics.median(times) for name, times in found.items()}
    print(f"window on the screen: bundle {middle['bundle']:.2f} s, environment {middle['environment']:.2f} s")
    if middle["bundle"] > 2 * middle["environment"]:
        raise BuildError("the bundle's window takes more than twice as long as the environment's")


def until_seen(name: str, build: Build, who: Stranger, shown: Screen) -> float:
    """Seconds from the command to the window's first sight."""
    start = time.monotonic()
    if name == "bundle":
        window = opened(who, shown)
    else:
        environment = {**os.environ, "DISPLAY": shown.display, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(CHECKOUT)}
        environment["MAGA_DESK_HOME"] = str(who.home / "environment")
        window = subprocess.Popen([str(build.python), "-m", "maga_desk"], env=environment)
    try:
        until(shown.window, "its first sight", lambda: window.poll() is None, 60)
        return time.monotonic() - start
    finally:
        window.kill()
        window.wait()
        until(lambda: not shown.window(), "its end", lambda: True, 20)
