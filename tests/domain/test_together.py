"""Files that belong together appear together, killed or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maga_desk.domain.errors import FullError
from maga_desk.domain.together import clear_leftovers, settle, write_together

KILLED = """
import os, signal, sys
from pathlib import Path
from maga_desk.domain.together import clear_leftovers, settle, write_together

def text(said):
    return lambda path: path.write_text(said)

def inner(said):
    def write(path):
        path.mkdir()
        (path / "weights").write_text(said)
    return write

def state(folder):
    return [(folder / name).read_text() for name in ("net", "list", "own/weights")]

def killing(at):
    count = 0
    def hook(event, args):
        nonlocal count
        count += event in ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "open")
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
    return hook

root, found, at, done = Path(sys.argv[1]), set(), 0, False
while not done:
    at += 1
    folder = root / str(at)
    for said in ("old", "new"):
        files = {"net": text(said), "list": text(said), "own": inner(said)}
        if said == "old":
            write_together(folder, files)
            continue
        child = os.fork()
        if not child:
            sys.addaudithook(killing(at))
            write_together(folder, files)
            os._exit(0)
        done = os.waitpid(child, 0)[1] == 0
    settle(folder)
    clear_leftovers(folder, tuple(files))
    found.add(tuple(state(folder)))
    assert sorted(path.name for path in folder.iterdir()) == ["list", "net", "own"], at
assert found == {("old",) * 3, ("new",) * 3}, found
print(at)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in the middle")
def test_killed_before_any_change_all_are_old_or_all_are_new(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10, "so many places to be killed at"


def test_what_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "net").write_text("old")

    def full(_path: Path) -> None:
        with open("/dev/full", "w") as stream:
            stream.write("new")

    with pytest.raises(FullError, match=r"net: cannot write: No space left on device; make room there") as raised:
        write_together(tmp_path, {"net": lambda path: path.write_text("new"), "list": full})
    assert raised.value.status == 3
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_only_drafts_go(tmp_path: Path) -> None:
    kept = [".net.lock", ".other.safetensors.x", "net", ".net"]
    for name in (*kept, ".net.x1y2.net", "..net.a.net.b.net"):
        (tmp_path / name).write_text("")
    (tmp_path / ".net.z3").mkdir()
    clear_leftovers(tmp_path, ("net",))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_a_stranger_moves_nothing_in_from_elsewhere(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "folder"
    elsewhere.mkdir()
    folder.mkdir()
    (elsewhere / "mine").write_text("")
    (folder / ".net.maga-desk-ready").symlink_to(elsewhere)
    settle(folder)
    assert (elsewhere / "mine").exists() and not (folder / "mine").exists()
