"""A process of the program that counts its own changes of files, and kills itself before one of them if it is told to.

    python -m tests.benchmarks.kills.child COMMAND ...          what ``maga-desk COMMAND ...`` does
    python -m tests.benchmarks.kills.child window ACT ...       the window, which does one thing (see ``window.py``)

The environment says where (``KILLS_ROOT``), before which change (``KILLS_AT``, if at all) and to which pipe
(``KILLS_PIPE``) it writes: ``s`` at the first change, and the number of changes at its end. Progress is kept every
fifth of a second instead of every ten, so that also that is hit.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "os.link"})


class Count:
    """An audit hook."""

    def __init__(self, root: str, at: int, pipe: int) -> None:
        self._root, self._at, self._pipe, self._found = root, at, pipe, 0

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if not (isinstance(flags, int) and flags & _WRITES):
                return
        elif event in _CHANGES or event == "sqlite3.connect":
            path = args[0]
        else:
            return
        try:
            inside = self._root in os.fsdecode(path)  # type: ignore[arg-type]
        except TypeError:  # an open file's number
            return
        if inside:
            self._found += 1
            if self._found == 1:
                os.write(self._pipe, b"s")
            if self._found == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def tell(self) -> None:
        os.write(self._pipe, f" {self._found}".encode())


def main(argv: list[str]) -> int:
    from maga_desk.engine import loop

    loop.SAVE_EVERY_SECONDS = 0.2
    window = argv[:1] == ["window"]
    if window:
        from tests.benchmarks.kills.window import drive
    said = os.environ
    count = Count(said["KILLS_ROOT"], int(said.get("KILLS_AT") or 0), int(said["KILLS_PIPE"]))
    atexit.register(count.tell)
    sys.addaudithook(count)
    if window:
        return drive(argv[1:])
    from maga_desk.__main__ import main as run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
