"""The licence texts of everything in the bundle, and a page that says what is under which."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from bundling import stand_ins
from bundling.places import CHECKOUT, PACKAGING, Build, BuildError

_TEXTS = ("licen", "copying", "notice", "copyright", "eula", "authors", "thirdparty", "third_party")
SHARED = {"nvidia", "PySide6"}  # folders of several packages: a file tells which of them is in the bundle


def collect(build: Build) -> None:
    """Lay the texts below ``licences/`` in the bundle, a folder for each package.

    :raises BuildError: a package in the bundle has neither a text nor a licence by name.
    """
    target = build.folder / "licences"
    shutil.rmtree(target, ignore_errors=True)
    rows, bare = [], []
    for package in sorted(packaged(build), key=lambda each: each.name.lower()):
        texts = list(texts_of(package))
        for text in texts:
            copy = target / package.name / text.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, unused(copy))
        named = licence_of(package)
        if not texts and not named:
            bare.append(package.name)
        rows.append(f"| {package.name} {package.version} | {named or 'see its text'} | {len(texts)} |")
    if bare:
        raise BuildError(f"no licence is known of: {', '.join(bare)}")
    add_python(target)
    shutil.copyfile(CHECKOUT / "LICENSE", target / "MaGA-Desk.txt")
    for path in sorted((PACKAGING / "licences").glob("*.txt")):
        shutil.copyfile(path, target / path.name)
    system = system_libraries(build, target)
    head = (PACKAGING / "licences" / "README.md").read_text(encoding="utf-8")
    page = [head, "\n## Python packages\n\n| Package | Licence | Texts |\n|---|---|---|\n", "\n".join(rows), "\n"]
    page += ["\n## Libraries of the system it was built on\n\n| File | Package |\n|---|---|\n", "\n".join(system), "\n"]
    (target / "README.md").write_text("".join(page), encoding="utf-8")
    print(f"{len(rows)} packages, {len(system)} libraries of the system")


def packaged(build: Build) -> list[metadata.Distribution]:
    """The environment's distributions of which a file or a module is in the bundle; a stand-in is none of theirs."""
    archived = modules_in_archive(build)
    replaced = [each.soname for each in stand_ins.of_flavour(build.flavour)]

    def is_in(package: metadata.Distribution) -> bool:
        names = [str(file) for file in package.files or () if ".dist-info/" not in str(file)]
        there = (name for name in names if (build.inside / name).is_file())
        own = (name for name in there if not any(Path(name).match(pattern) for pattern in replaced))
        return next(own, None) is not None or bool((top_names(package) - SHARED) & archived)

    return [each for each in metadata.distributions(path=[str(build.packages)]) if is_in(each)]


def top_names(package: metadata.Distribution) -> set[str]:
    """The top-level names that a distribution installs (``nvidia/cudnn`` is ``nvidia``)."""
    names = {Path(str(file)).parts[0] for file in package.files or () if not str(file).startswith("..")}
    kept = {name for name in names if not name.endswith((".dist-info", ".pth", "__pycache__"))}
    return {name.split(".")[0] if name.endswith((".py", ".so", ".pyd")) else name for name in kept}


def modules_in_archive(build: Build) -> set[str]:
    """The top-level names in PyInstaller's archive, as its own table of contents says."""
    names: set[str] = set()
    for table in (build.work / "pyinstaller" / "maga-desk").glob("PYZ-*.toc"):
        rows = ast.literal_eval(table.read_text(encoding="utf-8"))[1]
        names |= {row[0].split(".")[0] for row in rows}
    return names


def texts_of(package: metadata.Distribution) -> Iterator[Path]:
    """Its licence files, wherever the wheel keeps them."""
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        name = path.name.lower()
        is_text = name.startswith(_TEXTS) or "licenses" in {part.lower() for part in Path(str(file)).parts[:-1]}
        if is_text and path.suffix not in {".py", ".pyc", ".h"} and path.is_file():
            yield path


def licence_of(package: metadata.Distribution) -> str:
    """Its licence in a few words, by SPDX where it says so."""
    told = package.metadata
    named = next((each for key in ("License-Expression", "License") for each in told.get_all(key) or ()), "")
    if not named or "\n" in named or len(named) > 90:
        classes = [each.split(" :: ")[-1] for each in told.get_all("Classifier") or () if each.startswith("License")]
        named = ", ".join(classes)
    return named.replace("|", "/")


def unused(path: Path) -> Path:
    """A name beside others that is not taken: a wheel may bring several files called LICENSE."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_name(f"{path.name}-{number}"), number + 1
    return free


def add_python(target: Path) -> None:
    """Python's own licence, which ``sys.base_prefix`` keeps beside its library."""
    places = [*Path(sys.base_prefix).rglob("LICENSE.txt"), *Path("/usr/share/doc/python3").glob("copyright")]
    if places:
        shutil.copyfile(places[0], target / "Python.txt")


def system_libraries(build: Build, target: Path) -> list[str]:
    """Libraries that came from the building system, with Debian's package and its copyright file where dpkg knows."""
    rows = []
    for path in sorted(build.inside.glob("*.so*")):
        if path.is_symlink() or path.name.startswith("libpython") or shutil.which("dpkg-query") is None:
            continue
        done = subprocess.run(["dpkg-query", "-S", f"*/{path.name}"], capture_output=True, text=True, check=False)
        owner = done.stdout.split(":")[0].split(",")[0].strip()
        text = Path("/usr/share/doc") / owner / "copyright"
        if owner and text.exists():
            copy = target / "system" / f"{owner}.txt"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, copy)
            rows.append(f"| {path.name} | {owner} |")
        elif not owner:
            rows.append(f"| {path.name} | of a wheel above |")
    return rows
