"""What stands before the program on Linux: a script that looks at the machine, and a look at the copy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bundling.at_start import give_back_library_path, lost_files
from bundling.freezing import write_contents
from bundling.places import PACKAGING

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script for sh")


def laid_out(folder: Path) -> Path:
    """A bundle whose program says its arguments, in a folder with a space and an umlaut."""
    bundle = folder / "zum Prüfen" / "maga-desk"
    inside = bundle / "_internal"
    inside.mkdir(parents=True)
    for name in ("base_library.zip", "libpython3.11.so.1.0", "contents.txt"):
        (inside / name).touch()
    text = (PACKAGING / "linux" / "launcher.sh").read_text(encoding="utf-8")
    launcher, program = bundle / "maga-desk", bundle / "maga-desk.bin"
    launcher.write_text(text.replace("@GLIBC@", "2.28").replace("@MACHINE@", "m68k"), encoding="utf-8")
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    launcher.chmod(0o755)
    program.chmod(0o755)
    return bundle


def started(bundle: Path, folder: Path, *, libc: str = "glibc 2.28", machine: str = "m68k") -> tuple[int, str]:
    """Status and words of the launcher on a machine that says this of itself."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name, answer in {"getconf": libc, "uname": machine}.items():
        (tools / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (tools / name).chmod(0o755)
    link = folder / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(bundle / "maga-desk")  # as /usr/bin/maga-desk is
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    done = subprocess.run([link, "run", "a b"], capture_output=True, text=True, env=environment, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("libc", ["glibc 2.28", "glibc 2.41", "glibc 3.0"])
def test_the_program_gets_its_words(tmp_path: Path, libc: str) -> None:
    assert started(laid_out(tmp_path), tmp_path, libc=libc) == (0, "run|a b|")


@pytest.mark.parametrize(
    ("libc", "machine", "told"),
    [
        ("glibc 2.17", "m68k", "needs glibc 2.28 or newer; this system has glibc 2.17"),
        ("glibc 1.99", "m68k", "this system has glibc 1.99"),
        ("", "m68k", "this system has another C library"),
        ("glibc 2.40", "vax", "this bundle is for m68k; this machine is vax"),
    ],
)
def test_a_machine_that_cannot_run_it_is_told_in_one_line(tmp_path: Path, libc: str, machine: str, told: str) -> None:
    status, words = started(laid_out(tmp_path), tmp_path, libc=libc, machine=machine)
    assert status == 2 and told in words and words.count("\n") == 1


@pytest.mark.parametrize("part", ["maga-desk.bin", "_internal/libpython3.11.so.1.0", "_internal/base_library.zip"])
def test_a_copy_without_its_beginning_is_told_in_one_line(tmp_path: Path, part: str) -> None:
    bundle = laid_out(tmp_path)
    (bundle / part).unlink()
    status, words = started(bundle, tmp_path)
    assert status == 2 and "not whole" in words and words.count("\n") == 1


def test_what_is_lost_or_cut_short_is_found(tmp_path: Path) -> None:
    for name in ("a.so", "sub folder/b.bin", "c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"four")
    write_contents(tmp_path)
    assert lost_files(str(tmp_path)) == []
    (tmp_path / "a.so").unlink()
    (tmp_path / "sub folder/b.bin").write_bytes(b"fou")
    (tmp_path / "c.py").unlink()  # source is in the archive as well
    assert lost_files(str(tmp_path)) == ["a.so", "sub folder/b.bin"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the library path of Linux")
@pytest.mark.parametrize("before", [None, "/opt/theirs"])
def test_programs_get_the_systems_libraries_and_workers_the_bundles(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    """A worker inherits this environment; PyInstaller's variable makes it set the path again for itself."""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/maga-desk/_internal")
    monkeypatch.setenv("PYINSTALLER_RESET_ENVIRONMENT", "")
    if before:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    give_back_library_path()
    assert os.environ.get("LD_LIBRARY_PATH") == before
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ
    assert os.environ["PYINSTALLER_RESET_ENVIRONMENT"] == "1"
