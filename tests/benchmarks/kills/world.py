"""A small world to kill in: pictures, nets, finished results and sessions, put back as they were before each kill."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import NETS, SHAPES, draw_shape

LONGEST = 300.0  # seconds, for one process

_SPEC = """device = "cpu"
precision = "float32"
[data]
path = "{pictures}"
[model]
checkpoint = "{model}"
[forget]
classes = ["{gone}"]
[method]
params = {{ passes = 4.0, least_steps = 1, noise_steps = 5, retain_batch = 32, forget_batch = 16 }}
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

    def spec(self, name: str, gone: str, out: Path, *, depth: str = "quick") -> Path:
        """A spec's file."""
        path = self.root / f"{name}.toml"
        said = {"pictures": self.pictures, "model": self.model, "gone": gone, "out": out, "depth": depth}
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
        reader, writer = os.pipe()
        said = {
            "MAGA_DESK_HOME": str(self.home),
            "KILLS_ROOT": str(self.work),
            "KILLS_AT": str(change),
            "KILLS_PIPE": str(writer),
            "QT_QPA_PLATFORM": "offscreen",
            "OMP_NUM_THREADS": "1",
        }
        with subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.kills.child", *command],
            cwd=Path(__file__).resolve().parents[3],
            env={**os.environ, **said},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=[writer],
        ) as process:
            os.close(writer)
            try:
                os.read(reader, 1)  # its first change, or its end
                start = time.monotonic()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LONGEST if seconds is None else seconds)
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                took = time.monotonic() - start
                said_there = process.communicate()[0]
                rest = os.read(reader, 100)
            finally:
                os.close(reader)
        counted = int(rest or b"0")
        return Ended(process.returncode, process.returncode == -signal.SIGKILL, said_there, Length(took, counted))
