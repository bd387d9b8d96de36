"""Processes of the program that count their own changes of files, and kill themselves before one if they are told to.

    python -m tests.benchmarks.kills.child

imports the program once and then forks a process for each line of its input: a :class:`Asked` as JSON. It answers with
the process's number, and with its exit status once it has ended. A forked process does what ``maga-desk COMMAND ...``
does, or, where the first argument is ``window``, what ``window.py`` says. Progress is kept every fifth of a second
instead of every ten, so that also that is hit.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_OTHERS = (
    "tests.benchmarks.kills.window",
    "torch._dynamo",
    "sklearn.linear_model",
    "onnx",
    "onnxscript",
    "onnxruntime",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "os.link"})


@dataclass(frozen=True)
class Asked:
    """A process to be.

    :param home: its user's data folder.
    :param root: changes of files below it count.
    :param at: the change before which it kills itself; 0: none.
    :param told: a named pipe: ``s`` goes there at the first change, and the number of changes at its end.
    :param said: the file that its output goes to.
    """

    command: Sequence[str]
    home: str
    root: str
    at: int
    told: str
    said: str


class Count:
    """An audit hook."""

    def __init__(self, asked: Asked) -> None:
        self._root, self._at, self._found = asked.root, asked.at, 0
        self._pipe = os.open(asked.told, os.O_WRONLY)

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
        os.write(self._pipe, f" {self._found} ".encode())


def be(asked: Asked) -> int:
    """In the forked process: the exit status."""
    out, nothing = os.open(asked.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), os.open(os.devnull, os.O_RDONLY)
    for new, old in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(new, old)
    os.environ["MAGA_DESK_HOME"] = asked.home
    count = Count(asked)
    sys.addaudithook(count)
    try:
        if asked.command[0] == "window":
            from tests.benchmarks.kills.window import drive

            return drive(asked.command[1:])
        from maga_desk.__main__ import main

        return main(asked.command)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        count.tell()


def serve() -> None:
    """Fork, wait, answer, until the input ends."""
    import maga_desk
    from maga_desk.engine import loop

    ours = (found.name for found in pkgutil.walk_packages(maga_desk.__path__, "maga_desk."))
    for name in (*ours, *_OTHERS):
        if not name.endswith("__main__"):
            importlib.import_module(name)
    loop.SAVE_EVERY_SECONDS = 0.2
    for line in sys.stdin:
        asked = Asked(**json.loads(line))
        number = os.fork()
        if not number:
            status = 1
            try:
                status = be(asked)
            finally:
                os._exit(status)
        print(number, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
