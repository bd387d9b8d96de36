"""A small world to kill in: pictures, nets, finished results and sessions, put back as they were before each kill."""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from tests.benchmarks.kills.child import Asked
from tests.conftest import NETS, SHAPES, draw_shape

LONGEST = 300.0  # seconds, for one process

MAGA = "passes = 2.0, least_steps = 1, noise_steps = 5, retain_batch = 32, forget_batch = 16"
_SPEC = """seed = {seed}
device = "cpu"
precision = "float32"
[data]
path = "{pictures}"
[model]
checkpoint = "{model}"
[forget]
classes = ["{gone}"]
[method]
name = "{method}"
params = {{ {params} }}
[audit]
depth = "{depth}"
[output]
dir = "{out}"
"""


@dataclass(frozen=True)
class Length:
    """What a whole process takes from its first change of a file on: seconds, and changes."""

    seconds: float
    changes: int


@dataclass(frozen=True)
class Ended:
    """How a process ended; ``killed``: by us."""

    status: int
    killed: bool
    said: str
    length: Length


class World:
    """Folders below one root: ``work`` (what is killed in), ``kept`` (what ``work`` is put back to).

    :param root: an empty folder.
    """

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.random = root, random.Random(seed)
        self.work, self._kept = root / "work", root / "kept"
        self.home, self.runs = self.work / "home", self.work / "runs"
        self.database = self.home / "sessions.sqlite"
        self.pictures, self.model = root / "pictures", root / "shapes.safetensors"
        for split, count in (("train", 60), ("test", 20)):
            for number, kind in enumerate(SHAPES):
                drawn = np.random.default_rng([split == "test", number])
                (self.pictures / split / kind).mkdir(parents=True)
                for i in range(count):
                    path = self.pictures / split / kind / f"{i:03}.png"
                    Image.fromarray(draw_shape(kind, drawn)).save(path)
        shutil.copy(NETS / "shapes.safetensors", self.model)
        self.home.mkdir(parents=True)
        self.runs.mkdir()

    def spec(
        self,
        name: str,
        gone: str,
        out: Path,
        *,
        depth: str = "quick",
        method: str = "maga",
        params: str = MAGA,
        seed: int = 0,
    ) -> Path:
        """A spec's file."""
        path = self.root / f"{name}.toml"
        said = {"pictures": self.pictures, "model": self.model, "gone": gone, "out": out, "depth": depth}
        said |= {"method": method, "params": params, "seed": seed}
        path.write_text(_SPEC.format(**said))
        return path

    def keep(self) -> None:
        """What is in ``work`` now is what it is put back to."""
        shutil.rmtree(self._kept, ignore_errors=True)
        shutil.copytree(self.work, self._kept)

    def put_back(self) -> None:
        for path in self.work.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self._kept, self.work, dirs_exist_ok=True)

    def whole(self, *arguments: object) -> Ended:
        """A process that is let run to its end."""
        return self._process([str(each) for each in arguments])

    def killed(self, length: Length, *arguments: object) -> Ended:
        """A process that is killed at a random moment: after some seconds, or before a change of a file."""
        command = [str(each) for each in arguments]
        if self.random.random() < 0.5:
            return self._process(command, seconds=self.random.uniform(0, length.seconds))
        return self._process(command, change=self.random.randint(1, max(1, length.changes)))

    def _process(self, command: Sequence[str], *, seconds: float | None = None, change: int = 0) -> Ended:
        told, said = self.root / "told", self.root / "said"
        told.unlink(missing_ok=True)
        os.mkfifo(told)
        pipe = os.open(told, os.O_RDWR | os.O_NONBLOCK)  # both ends, so that opening waits for nobody
        asked = Asked(command, str(self.home), str(self.work), change, str(told), str(said))
        try:
            self._say(json.dumps(asdict(asked)))
            number = int(self._answer(LONGEST) or 0)
            end = time.monotonic() + LONGEST
            while not (begun := self._read(pipe)) and time.monotonic() < end and not self._waiting(0.002):
                pass
            start = time.monotonic()
            status = self._answer(LONGEST if seconds is None else seconds)
            if status is None:
                os.kill(number, signal.SIGKILL)
                status = self._answer(LONGEST)
            took = time.monotonic() - start
            rest = (begun + self._read(pipe)).decode().strip("s ")
        finally:
            os.close(pipe)
        ended = int(status or 0)
        return Ended(ended, ended == -signal.SIGKILL, said.read_text(), Length(took, int(rest or 0)))

    @cached_property
    def _server(self) -> subprocess.Popen[bytes]:
        """What forks the processes: it has imported the program, so that each begins at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.kills.child"],
            cwd=Path(__file__).resolve().parents[3],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def close(self) -> None:
        """End it."""
        for stream in (self._server.stdin, self._server.stdout):
            if stream is not None:
                stream.close()
        self._server.wait()

    def _say(self, line: str) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(f"{line}\n".encode())

    def _waiting(self, seconds: float) -> bool:
        return bool(select.select([self._server.stdout], [], [], seconds)[0])

    def _answer(self, seconds: float) -> str | None:
        """The next line; ``None``: none came in time."""
        assert self._server.stdout is not None
        return self._server.stdout.readline().decode() if self._waiting(seconds) else None

    def _read(self, pipe: int) -> bytes:
        with suppress(BlockingIOError):
            return os.read(pipe, 100)
        return b""
