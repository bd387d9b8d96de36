"""A real OpenAI-compatible server: transformers' own, with the demo's model, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.data.demo_world.kinds import KINDS
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Message
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.specs.guidance import EndpointSpec, GuidanceSpec
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.guidance.askers.asker import Asker
from maga_desk.guidance.askers.endpoint import Endpoint
from maga_desk.guidance.askers.mllm import LocalModel
from maga_desk.guidance.askers.model_files import find_model
from maga_desk.guidance.exemplars import Exemplar
from maga_desk.guidance.questioning import questioned

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Served:
    """``transformers serve``."""

    def __init__(self, folder: Path, log: Path, port: int) -> None:
        self.model, self.port = str(folder), port
        # the console script's own code, so that it is this Python's transformers
        code = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
        settings = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", *settings, self.model],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            start_new_session=True,
        )
        end = time.monotonic() + 120
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < end, log.read_text(errors="replace")[-2000:]
            time.sleep(0.2)

    @property
    def endpoint(self) -> Endpoint:
        settings = EndpointSpec(url=f"http://127.0.0.1:{self.port}/v1", retries=1, concurrency=2)
        return Endpoint(settings, self.model, None)

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[list[Served]]:
    """The servers that run; a test may add to it. The first is there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    servers = [Served(find_model("demo", None).folder, tmp_path / "serve.log", port)]
    yield servers
    for server in servers:
        server.stop()


def ask(asker: Asker, exemplars: list[Exemplar], book: Any, said: list[Any], stop: Any = None) -> Opinion:
    asking = questioned(asker, exemplars, KINDS, Prompt(), book, RunControl(), proposer="endpoint")
    while True:
        try:
            said.append(next(asking))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        if stop and getattr(said[-1], "done", 0) == 15:
            stop()


@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
def test_the_served_model_answers_as_the_local_one_and_survives_being_stopped(
    served: list[Served], exemplars: list[Exemplar], book: Any, tmp_path: Path
) -> None:
    (server,) = served
    said: list[Any] = []
    with pytest.raises(GuidanceError, match=r"cannot be reached.*answers that came before are kept; ask again"):
        ask(server.endpoint, exemplars, book, said, stop=server.stop)
    known = len(book.answers)
    assert known >= 15
    served.append(Served(Path(server.model), tmp_path / "again.log", server.port))
    theirs = ask(server.endpoint, exemplars, book, said)
    assert theirs.cached == known
    told = {each.text for each in said if isinstance(each, Message)}
    assert told == {"The endpoint gives no token probabilities: each answer counts as wholly True or False."}
    local = LocalModel(GuidanceSpec(proposer="mllm", model="demo"), torch.device("cpu"))
    ours = ask(local, exemplars, type(book)(), [])
    asked = np.isfinite(ours.p_true)
    assert (np.isfinite(theirs.p_true) == asked).all()
    np.testing.assert_array_equal(theirs.p_true[asked], (ours.p_true[asked] > 0.5).astype(np.float32))
    assert 0 < theirs.p_true[asked].mean() < 1
