"""One writer for a place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maga_desk.domain.errors import OutputError
from maga_desk.domain.locking import LOCK, OnlyWriter

KILLED = """
import os, sys
from maga_desk.domain.locking import OnlyWriter
held = OnlyWriter(sys.argv[1])
held.__enter__()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("name", ["out", "net.safetensors"])
def test_the_second_is_told_who_the_first_is(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    if not place.suffix:
        place.mkdir()
    by = rf"{name}.*another run \(process {os.getpid()} .*since 20"
    with OnlyWriter(place), pytest.raises(OutputError, match=by):
        OnlyWriter(place).__enter__()
    with OnlyWriter(place):
        pass
    assert not any(path.name.startswith(".") for path in tmp_path.rglob("*")), "no lock is left"


def test_another_process_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match=f"process {other.pid}"):
            OnlyWriter(tmp_path).__enter__()
        other.kill()
    assert (tmp_path / LOCK).exists()
    with OnlyWriter(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_it_goes_along_when_the_folder_is_set_aside(tmp_path: Path) -> None:
    place, aside = tmp_path / "out", tmp_path / "out-1"
    place.mkdir()
    with OnlyWriter(place) as held:
        place.rename(aside)
        place.mkdir()
        held.follow(aside)
        assert not (aside / LOCK).exists()
        with pytest.raises(OutputError, match="another run"):
            OnlyWriter(place).__enter__()
        with OnlyWriter(aside):
            pass
    assert not list(place.iterdir())


def test_a_lock_file_with_nonsense_in_it_names_nobody(tmp_path: Path) -> None:
    with OnlyWriter(tmp_path):
        (tmp_path / LOCK).write_text("[3]")
        with pytest.raises(OutputError, match="written by another run; wait"):
            OnlyWriter(tmp_path).__enter__()
