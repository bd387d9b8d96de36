"""The Debian package installed by apt on a copy of a machine that never had a screen, started, and removed again."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bundling.linux import stem
from bundling.places import Build, BuildError, ran, version
from trial.screen import screen, until
from trial.stranger import SHORT, server

APT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def is_installed(build: Build) -> None:
    """Install it with what it depends on, start it by its name and its window, and remove it without a rest."""
    package = build.products / f"{stem(build)}.deb"
    if not package.exists():
        raise BuildError(f"there is no {package.name}; make it first")
    with tempfile.TemporaryDirectory(dir=build.work, prefix="installed-") as folder:
        root = Path(folder) / "root"
        ran(["cp", "-a", server(), root], why="copying the bare machine")
        (root / "tmp" / package.name).hardlink_to(package)
        apt(root, "update")
        apt(root, "install", "--yes", f"/tmp/{package.name}")
        is_started(root)
        apt(root, "remove", "--yes", "maga-desk")
        left = [path for path in (root / "opt").rglob("*") if path.is_file()]
        if left:
            raise BuildError(f"removing leaves {len(left)} files, such as {left[0].relative_to(root)}")


def apt(root: Path, *words: str) -> None:
    """Let apt work inside the root.

    :raises BuildError: it failed, as it does without Debian's mirror.
    """
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    ran(["chroot", root, "apt-get", "--quiet", "--quiet", *words], why=f"apt-get {words[0]}", env={**APT, **proxies})


def is_started(root: Path) -> None:
    """By its name on the command line, and with its window.

    :raises BuildError: it says something else, no window comes, or its menu entry is missing.
    """
    for words, says in ((["--version"], version()), (["formats"], "onnx")):
        done = subprocess.run([*inside(root), *words], capture_output=True, text=True, env=SHORT, check=False)
        if done.returncode or says not in done.stdout:
            raise BuildError(f"installed, maga-desk {words[0]} said: {done.stdout}{done.stderr}")
    for name in ("applications/maga-desk.desktop", "icons/hicolor/48x48/apps/maga-desk.png"):
        if not (root / "usr" / "share" / name).exists():
            raise BuildError(f"the package does not install {name}")
    with screen() as shown:
        socket = str(shown.socket)
        mounts = ("--dir", "/tmp/.X11-unix", "--ro-bind", socket, socket, "--setenv", "DISPLAY", shown.display)
        window = subprocess.Popen(inside(root, mounts), env=SHORT)
        try:
            seconds = until(shown.window, "its first sight", lambda: window.poll() is None, 60)
        finally:
            window.kill()
            window.wait()
    print(f"installed by apt: its window came after {seconds:.1f} s")


def inside(root: Path, more: Sequence[str] = ()) -> list[str]:
    """The words that start the installed program in the root."""
    return [
        *("bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--ro-bind", str(root), "/", "--dev", "/dev"),
        *("--proc", "/proc", "--tmpfs", "/tmp", "--setenv", "PATH", "/usr/bin:/bin", *more),
        *("--setenv", "MAGA_DESK_HOME", "/tmp/data", "maga-desk"),
    ]
