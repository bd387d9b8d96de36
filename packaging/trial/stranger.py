"""A machine with what a bare Debian desktop has and nothing else: debootstrap makes it, bubblewrap goes into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bundling import linux
from bundling.places import PACKAGING, Build, BuildError, Words, ran

RELEASE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
# What every desktop has and a server may lack: X, OpenGL, fonts. The program names them where they are missing.
LIBRARIES = (*linux.DEPENDS, "libglib2.0-0", "fonts-dejavu-core")
PLACE = "/opt/maga-desk"
HOME = "/home/stranger"


def desktop() -> Path:
    """The root of a desktop machine; made once.

    :raises BuildError: it cannot be made.
    """
    return made(RELEASE, "desktop", LIBRARIES)


def server() -> Path:
    """The root of a machine that has never had a screen."""
    return made(RELEASE, "server", ())


def made(release: str, name: str, packages: Sequence[str]) -> Path:
    """A root with a release's least packages and some more; made once and kept for later builds.

    :raises BuildError: debootstrap is missing, failed, or there is no right to use it.
    """
    root = PACKAGING / "build" / "roots" / f"{release}-{name}"
    if (root / "made").exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    wanted = [f"--include={','.join(packages)}"] if packages else []
    command: Words = ["debootstrap", "--variant=minbase", *wanted, release, root, MIRROR]
    log = ran(command, why=f"making a bare {release} (this needs root)")
    if any((root / "usr" / "bin" / name).exists() for name in ("python3", "python")):
        raise BuildError(f"the bare {release} has a Python: {root}")
    (root / "made").write_text(log)
    return root


@dataclass(frozen=True)
class Stranger:
    """Somebody on that machine.

    :param bundle: the folder that was copied there, to ``place``.
    :param home: their home outside; what they write lands there.
    :param root: the machine.
    :param writable: whether their home can be written.
    :param extra: more of bubblewrap's words, such as another mount.
    :param settings: environment variables beside HOME and PATH.
    """

    bundle: Path
    home: Path
    root: Path
    place: str = PLACE
    writable: bool = True
    extra: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def command(self, *words: str, program: str | None = None) -> list[str]:
        """bubblewrap's command line for the bundle with ``words``."""
        where = [
            *("bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--uid", "1000", "--gid", "1000"),
            *("--ro-bind", str(self.root), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"),
            *("--tmpfs", "/opt", "--ro-bind", str(self.bundle), self.place, "--tmpfs", "/home"),
            *("--bind" if self.writable else "--ro-bind", str(self.home), HOME, "--chdir", HOME, *self.extra),
        ]
        variables = {"HOME": HOME, "PATH": "/usr/bin:/bin", **self.settings}
        named = [word for name, value in variables.items() for word in ("--setenv", name, value)]
        return [*where, *named, program or f"{self.place}/maga-desk", *words]

    def does(self, *words: str, status: int = 0, says: str = "", seconds: int = 600) -> str:
        """Run the bundle; what it wrote to stdout.

        :param status: the exit status that is right.
        :param says: what must stand in what it wrote.
        :raises BuildError: it did otherwise, or took longer than ``seconds``.
        """
        try:
            done = subprocess.run(
                self.command(*words), capture_output=True, text=True, timeout=seconds, check=False, env=SHORT
            )
        except subprocess.TimeoutExpired as error:
            raise BuildError(f"maga-desk {' '.join(words)} was not done after {seconds} s") from error
        told = done.stdout + done.stderr
        if done.returncode != status or says not in told or "Traceback" in told:
            print(told, flush=True)
            log = self.home / ".local" / "share" / "maga-desk" / "maga-desk.log"
            if log.exists():
                print(log.read_text(errors="replace")[-4000:])
            raise BuildError(
                f"maga-desk {' '.join(words)} ended with {done.returncode}, not {status}"
                + (f", and must say: {says}" if says else "")
            )
        return done.stdout


SHORT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}  # for bubblewrap itself; inside there is less


@contextmanager
def stranger(build: Build, *, root: Path | None = None) -> Iterator[Stranger]:
    """Somebody with an empty home, which is gone afterwards.

    :raises BuildError: there is no bundle.
    """
    if not (build.folder / "maga-desk").exists():
        raise BuildError("there is no bundle to try; make it first")
    with tempfile.TemporaryDirectory(prefix="maga-desk-home-") as home:
        Path(home).chmod(0o777)
        yield Stranger(build.folder, Path(home), root or desktop())
