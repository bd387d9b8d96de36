"""From the environment to the folder: PyInstaller, then what must be done to what it made."""

from __future__ import annotations

import hashlib
import os
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

from bundling import elf, environment, languages, left_out, stand_ins
from bundling.places import CHECKOUT, NAME, PACKAGING, Build, BuildError, Words, ran

# Libraries that a tool of their makers changed after linking; strip is known to break such files.
_NOT_STRIPPED = (".libs/", "/nvidia/")


def freeze(build: Build) -> None:
    """Make the folder anew.

    :raises BuildError: PyInstaller failed, or the environment is not what the project asks for now.
    """
    if not environment.fits(build):
        raise BuildError("the environment is not what pyproject.toml and the wheels ask for; take `environment` first")
    shutil.rmtree(build.folder, ignore_errors=True)
    lenient = stand_ins.lay_out(build)
    paths = os.pathsep.join([str(lenient), os.environ.get("LD_LIBRARY_PATH", "")]).strip(os.pathsep)
    settings = {**os.environ, "LD_LIBRARY_PATH": paths, "PYTHONPATH": "", "PYTHONHASHSEED": "1"}
    command: Words = [
        build.python,
        "-m",
        "PyInstaller",
        PACKAGING / f"{NAME}.spec",
        "--noconfirm",
        "--log-level",
        "WARN",
    ]
    places: Words = ["--distpath", build.products, "--workpath", build.work / "pyinstaller"]
    ran([*command, *places], why="freezing", env=settings, cwd=CHECKOUT)


def slim(build: Build) -> None:
    """Drop what stays out, what nothing needs, symbol tables and doubles; put stand-ins where only a name is needed."""
    print(f"left out or needed by nothing: {size_text(drop(build.inside))} less")
    print(f"stand-ins: {size_text(stand_ins.put_in(build, read_all(build.inside)))} less")
    print(f"ICU's data: {size_text(languages.cut_down(build))} less")
    if os.name == "posix":
        print(f"symbol tables: {size_text(strip(build.inside))} less")
        print(f"doubles: {size_text(link_doubles(build.inside))} less")


def complete(build: Build) -> None:
    """Add what is not PyInstaller's: the launcher, and the list that a copy is compared with.

    :raises BuildError: a library needs what neither the bundle nor a desktop system has.
    """
    lost = unresolved(build.inside)
    if lost:
        told = "; ".join(f"{by} needs {name}" for name, by in sorted(lost.items()))
        raise BuildError(f"the bundle is not whole: {told}")
    if os.name == "posix" and (build.folder / f"{NAME}.bin").exists():
        write_launcher(build)
    write_contents(build.inside)


def libraries(folder: Path) -> list[Path]:
    """All ELF files below a folder, each file once."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if (".so" in path.name or path.suffix in {"", ".bin"}) and is_elf(path)]


def read_all(folder: Path) -> dict[Path, elf.Library]:
    """What each library below a folder says of itself."""
    return {path: elf.read(path) for path in libraries(folder)}


def is_elf(path: Path) -> bool:
    return path.stat().st_size > 64 and elf.is_library(path)


def drop(folder: Path) -> int:
    """Remove what is listed as left out, links to nothing, and libraries of the building system that nothing needs.

    Of the latter PyInstaller brings many: each needed by something that was left out. The bytes saved.
    """
    saved = 0
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()):
        if left_out.reason(path.relative_to(folder).as_posix()) is not None:
            saved += path.stat().st_size
            path.unlink()
    while lost := [*dangling(folder), *orphans(folder)]:
        for path in lost:
            saved += 0 if path.is_symlink() else path.stat().st_size
            path.unlink()
    return saved


def dangling(folder: Path) -> list[Path]:
    """Links whose target is not there."""
    return [path for path in folder.rglob("*") if path.is_symlink() and not path.exists()]


def orphans(folder: Path) -> list[Path]:
    """Shared libraries at the top that no library of the bundle needs; Python's own and extensions are none."""
    needed = {name for path in libraries(folder.parent) for name in elf.read(path).needed}
    tops = [path for path in folder.iterdir() if path.name.startswith("lib") and ".so" in path.name and path.is_file()]
    return [path for path in tops if path.name not in needed and not path.name.startswith(LOADED_BY_NAME)]


# Not needed by any library, but loaded by name: by PyInstaller's own program, by ctypes, by torch.
LOADED_BY_NAME = ("libpython", "libcudart", "libnvrtc", "libcuda", "libgomp")


def strip(folder: Path) -> int:
    """Drop symbol tables that only debuggers read; how many bytes that saved."""
    saved = 0
    for path in libraries(folder):
        inside = "/" + path.relative_to(folder).as_posix()
        if any(part in inside for part in _NOT_STRIPPED) or not elf.read(path).symbols:
            continue
        before = path.stat().st_size
        ran(["strip", "--strip-unneeded", path], why=f"stripping {path.name}")
        saved += before - path.stat().st_size
    return saved


def link_doubles(folder: Path) -> int:
    """Where a library lies in several places, all but the deepest become links to it; the bytes saved.

    PyInstaller puts dependencies at the top when it cannot tell which package they belong to; wheels, which cannot
    hold links, bring copies under several names, and two wheels may bring the same library.
    """
    saved = 0
    sizes: dict[int, list[Path]] = {}
    for path in libraries(folder):
        sizes.setdefault(path.stat().st_size, []).append(path)
    for alike in sizes.values():
        kept: dict[bytes, Path] = {}
        for path in sorted(alike, key=lambda each: -len(each.parts)) if len(alike) > 1 else ():
            twin = kept.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
            if twin is not path:
                saved += path.stat().st_size
                path.unlink()
                path.symlink_to(os.path.relpath(twin, path.parent))
    return saved


# What a desktop system has: the C library's parts, the graphics driver's, and the X libraries that belong to the server
# they speak to. Without a GPU's driver torch works on the processor.
SYSTEM = set(
    "libc.so.6 libm.so.6 libdl.so.2 librt.so.1 libpthread.so.0 libutil.so.1 libresolv.so.2 ld-linux-x86-64.so.2 "
    "ld-linux-aarch64.so.1 libGL.so.1 libEGL.so.1 libGLX.so.0 libOpenGL.so.0 libgbm.so.1 libdrm.so.2 libX11.so.6 "
    "libX11-xcb.so.1 libxcb.so.1 libcuda.so.1 libvulkan.so.1 libwayland-client.so.0 "
    "libwayland-cursor.so.0 libwayland-egl.so.1".split()
)
# These load only where what they need is there, and nothing stops without them.
OPTIONAL = ("*libcaffe2_nvrtc*",)


def unresolved(folder: Path) -> dict[str, str]:
    """Needed sonames that are neither in the bundle nor on a desktop system, each with a library that needs it."""
    found = libraries(folder)
    there = {path.name for path in folder.rglob("*.so*")} | SYSTEM
    lost: dict[str, str] = {}
    for path in found:
        if not any(fnmatchcase(path.as_posix(), pattern) for pattern in OPTIONAL):
            lost |= {name: path.name for name in elf.read(path).needed if name not in there}
    return lost


def least_glibc(folder: Path) -> tuple[int, ...]:
    """The version of glibc that every library of the bundle loads with."""
    return max((elf.read(path).glibc for path in libraries(folder)), default=())


def write_launcher(build: Build) -> None:
    text = (PACKAGING / "linux" / "launcher.sh").read_text(encoding="utf-8")
    needed = ".".join(map(str, least_glibc(build.folder)))
    machine = os.uname().machine
    target = build.folder / NAME
    target.write_text(text.replace("@GLIBC@", needed).replace("@MACHINE@", machine), encoding="utf-8")
    target.chmod(0o755)
    print(f"needs glibc {needed} or newer")


def write_contents(folder: Path) -> None:
    """List what a whole copy has, for ``at_start.py``: all but source that is in the archive as well."""
    target = folder / "contents.txt"
    target.unlink(missing_ok=True)
    architectures = folder / "transformers" / "models"  # as source alone
    listed = (path for path in folder.rglob("*") if path.suffix != ".py" or path.is_relative_to(architectures))
    files = sorted(path for path in listed if path.is_file())
    lines = [f"{path.stat().st_size} {path.relative_to(folder).as_posix()}\n" for path in files]
    target.write_text("".join(lines), encoding="utf-8")


def size_text(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
