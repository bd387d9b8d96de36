"""The Debian package installed on a copy of the bare machine, with what dpkg itself says of its dependencies."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from bundling.linux import stem
from bundling.places import Build, BuildError, ran, version
from trial.stranger import SHORT, desktop


def is_installed(build: Build) -> None:
    """Install it, start it by its name, find its menu entry, and remove it again without a rest."""
    package = build.products / f"{stem(build)}.deb"
    if not package.exists():
        raise BuildError(f"there is no {package.name}; make it first")
    with tempfile.TemporaryDirectory(dir=build.work, prefix="installed-") as folder:
        root = Path(folder) / "root"
        ran(["cp", "-a", desktop(), root], why="copying the bare machine")
        (root / "tmp" / package.name).hardlink_to(package)
        ran(["chroot", root, "dpkg", "--install", f"/tmp/{package.name}"], why="installing the package")
        inside = ["bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--ro-bind", str(root), "/"]
        inside += ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--setenv", "PATH", "/usr/bin:/bin"]
        inside += ["--setenv", "MAGA_DESK_HOME", "/tmp/data", "maga-desk"]
        for words, says in ((["--version"], version()), (["formats"], "onnx")):
            done = subprocess.run([*inside, *words], capture_output=True, text=True, env=SHORT, check=False)
            if done.returncode or says not in done.stdout:
                raise BuildError(f"installed, maga-desk {words[0]} said: {done.stdout}{done.stderr}")
        for name in ("applications/maga-desk.desktop", "icons/hicolor/48x48/apps/maga-desk.png"):
            if not (root / "usr" / "share" / name).exists():
                raise BuildError(f"the package does not install {name}")
        ran(["chroot", root, "dpkg", "--remove", "maga-desk"], why="removing the package")
        left = [path for path in (root / "opt").rglob("*") if path.is_file()]
        if left:
            raise BuildError(f"removing leaves {len(left)} files, such as {left[0].relative_to(root)}")
