"""Runs in the bundle before the program (a PyInstaller runtime hook): is the copy whole? Standard library only."""

import logging
import os
import sys
import types


def lost_files(inside: str) -> list[str]:
    """What ``contents.txt`` names and is not there, or not with its size."""
    with open(os.path.join(inside, "contents.txt"), encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split(" ", 1) for line in lines]
    return [path for size, path in rows if size_of(os.path.join(inside, path)) != int(size)]


def size_of(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return -1


def look_at_the_copy() -> None:
    """Leave with one line when a file of the bundle is missing or cut short."""
    inside = sys._MEIPASS  # type: ignore[attr-defined]
    try:
        lost = lost_files(inside)
    except OSError:
        lost = ["contents.txt"]
    if lost:
        some = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
        print(f"maga-desk: this copy is not whole: {some} in {inside}; unpack or install it again", file=sys.stderr)
        os._exit(2)


def give_back_library_path() -> None:
    """Programs that are started from here (a browser, a file manager) must load the system's libraries, not ours.

    A worker process of ours needs ours. It is this program once more, and would take its parent's environment for its
    own; PyInstaller's variable makes it start as if from outside, which sets the path for that process alone.
    """
    if not sys.platform.startswith("linux"):
        return
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before:
        os.environ["LD_LIBRARY_PATH"] = before
    os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"


def stand_for_opengl() -> None:
    """An empty module for Qt's OpenGL: pyqtgraph imports it for one kind of item, which this program has none of."""
    sys.modules["PySide6.QtOpenGL"] = types.ModuleType("PySide6.QtOpenGL")


if getattr(sys, "frozen", False):
    if "--multiprocessing-fork" not in sys.argv:  # a worker's parent has looked
        look_at_the_copy()
    give_back_library_path()
    stand_for_opengl()
    # torch warns there that it cannot count what triton computes; the bundle has no triton, and nobody counts.
    logging.getLogger("torch.utils.flop_counter").setLevel(logging.ERROR)
