"""What goes wrong on other people's machines: each must end in one line that says what, or simply work."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bundling.places import CHECKOUT, Build, BuildError, ran
from trial.commands import RUN, TRAIN
from trial.screen import screen
from trial.stranger import HOME, Stranger, server, stranger

DATABASE = Path(".local/share/maga-desk/sessions.sqlite")


def copy_lacks_a_file(build: Build) -> None:
    """A file is gone, a file is cut short, and the parts that start everything else are gone."""
    for victim in (
        "_internal/resources/demo/kinds.safetensors",
        "_internal/torch/lib/libc10.so",
        "_internal/transformers/models/vit/modeling_vit.py",
        "maga-desk.bin",
    ):
        with copied(build) as who:
            (who.bundle / victim).unlink()
            who.does("--version", status=2, says="this copy is not whole", seconds=60)
    with copied(build) as who:
        short = who.bundle / "_internal" / "resources" / "demo" / "kinds.safetensors"
        content = short.read_bytes()
        short.unlink()  # the copy shares its files with the bundle
        short.write_bytes(content[: len(content) // 2])
        who.does("--version", status=2, says="kinds.safetensors", seconds=60)


def home_cannot_be_written(build: Build) -> None:
    with stranger(build) as who:
        readonly = replace(who, writable=False)
        readonly.does("--version", seconds=60)
        readonly.does("sessions", status=2, says="cannot make the user's data folder", seconds=60)
        elsewhere = replace(readonly, settings={"MAGA_DESK_HOME": "/tmp/data"})
        elsewhere.does("train", *TRAIN, "--out", "/tmp/net.safetensors")


def there_is_no_display(build: Build) -> None:
    with stranger(build) as who:
        who.does(status=2, says="no display", seconds=60)


def system_lacks_graphics(build: Build) -> None:
    """A display, but none of the libraries that Qt loads from the system: named, with the packages that hold them."""
    with screen() as shown, stranger(build, root=server()) as who:
        socket = str(shown.socket)
        bare = replace(
            who,
            extra=("--dir", "/tmp/.X11-unix", "--ro-bind", socket, socket),
            settings={"DISPLAY": shown.display},
        )
        bare.does(status=2, says="sudo apt install", seconds=60)
        bare.does("methods", "--json", seconds=120)  # the commands need none of them


def glibc_is_old(build: Build) -> None:
    """The system's ``getconf`` names an older version; what it then says is the launcher's doing."""
    with stranger(build) as who, tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / "getconf"
        old.write_text("#!/bin/sh\necho 'glibc 2.17'\n")
        old.chmod(0o755)
        replace(who, extra=("--ro-bind", str(old), "/usr/bin/getconf")).does(
            "--version", status=2, says="this system has glibc 2.17", seconds=60
        )


def versions_share_a_database(build: Build) -> None:
    """A database of version 0.1.0 is opened; one of a later version is refused and left alone."""
    with stranger(build) as who:
        data = who.home / DATABASE.parent
        shutil.copytree(CHECKOUT / "tests" / "kept" / "home", data)
        who.does("sessions")
        with sqlite3.connect(who.home / DATABASE) as database:
            database.execute("PRAGMA user_version = 9999")
        database.close()
        who.does("sessions", status=2, says="newer MaGA Desk")


def two_copies_at_once(build: Build) -> None:
    """Two copies, one of them elsewhere, work on one database at the same time, and both runs are in it afterwards."""
    with stranger(build) as who, ThreadPoolExecutor(2) as both:
        other = replace(who, place="/opt/maga-desk-other")
        for number, copy in enumerate((who, other)):
            text = RUN.format(demo=f"{copy.place}/_internal/resources/demo").replace('"run"', f'"run-{number}"')
            (who.home / f"{number}.toml").write_text(text)
        jobs = [both.submit(copy.does, "run", f"{number}.toml") for number, copy in enumerate((who, other))]
        for job in jobs:
            job.result()
        kept = json.loads(who.does("sessions", "--json"))["sessions"]
        if sum(len(each.get("runs", [each])) if isinstance(each.get("runs"), list) else 1 for each in kept) < 2:
            raise BuildError(f"two runs at once left {kept}")


def path_is_unusual(build: Build) -> None:
    """Spaces and umlauts in the bundle's place and in the paths of its results."""
    with stranger(build) as who:
        odd = replace(who, place="/opt/Löschen & Prüfen/maga desk")
        odd.does("--version", seconds=60)
        odd.does("train", *TRAIN, "--out", "Modell für später.safetensors")
        odd.does("export", "Modell für später.safetensors", "--out", "Modell für später.onnx")


def disk_is_full(build: Build) -> None:
    """A home with no room at the first start: one line, and no half-made file."""
    with stranger(build) as who:
        full = replace(who, extra=("--size", "65536", "--tmpfs", HOME))
        told = full.does("--version", seconds=60)
        if not told:
            raise BuildError("nothing was said")
        full.does("train", *TRAIN, "--out", "net.safetensors", status=3, says="No space left")


@contextmanager
def copied(build: Build) -> Iterator[Stranger]:
    """Somebody whose copy of the bundle can be damaged; it shares its files with the bundle."""
    with stranger(build) as who, tempfile.TemporaryDirectory(dir=build.products, prefix="copy-") as folder:
        copy = Path(folder) / "maga-desk"
        ran(["cp", "-al", build.folder, copy], why="copying the bundle")
        yield replace(who, bundle=copy)
