"""Torch's threads sleep while they wait, unless a person said otherwise."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from maga_desk.domain.waiting import wait_asleep

# As the program starts: the command first, then the OpenMP library that comes with torch, which says what it has read.
_PROGRAM = """
import ctypes, sys
from maga_desk.__main__ import main
main(["--version"])
ctypes.CDLL(sys.argv[1])
"""


def _library() -> Path:
    spec = importlib.util.find_spec("torch")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "lib" / "libgomp.so.1"


def _said(**variables: str) -> str:
    """What torch's OpenMP library says of its settings in a program that was started with these variables."""
    own = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
    environment = {key: value for key, value in os.environ.items() if key not in own}
    command = [sys.executable, "-c", _PROGRAM, str(_library())]
    environment |= {"OMP_DISPLAY_ENV": "VERBOSE", **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr


@pytest.mark.skipif(not _library().exists(), reason="this torch has no OpenMP library of GNU's")
def test_torch_finds_that_its_threads_sleep_unless_a_person_said_otherwise() -> None:
    assert "GOMP_SPINCOUNT = '0'" in _said()
    assert "GOMP_SPINCOUNT = '7'" in _said(GOMP_SPINCOUNT="7")


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"])
def test_what_a_person_has_set_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "3")
    before = dict(os.environ)
    assert not wait_asleep() and dict(os.environ) == before
