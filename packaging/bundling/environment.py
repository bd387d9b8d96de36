"""The environment that the bundle is frozen from: made anew when what it is made of changes, else used again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import venv
from pathlib import Path

from bundling.places import CHECKOUT, Build, BuildError, Words, project, ran

# Of the extras only these go into the bundle. `heic` stays out: the wheels of pillow-heif hold x265, whose licence
# (GPL) would be that of the whole bundle. `quantised` stays out: bitsandbytes needs triton and 125 MB.
EXTRAS = ("hdf5", "dicom")
TOOLS = ("packaging",)


def make(build: Build) -> None:
    """Make the environment, or leave it when it fits.

    :raises BuildError: it cannot be made.
    """
    if fits(build):
        print("the environment is as it was")
        return
    wanted, stamp = requirements(build), stamp_of(build)
    shutil.rmtree(build.environment, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    build.environment.mkdir(parents=True)
    venv.create(build.environment, symlinks=os.name == "posix", with_pip=True)
    pip: Words = [
        build.python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
    ]
    if build.wheels:  # without what they ask for: a torch that the packager names may be older than the project's own
        ran([*pip, *build.wheels, "--no-deps"], why="installing the named wheels")
        named = {wheel.name.split("-")[0] for wheel in build.wheels}
        ran([*pip, *without(wanted, named), *needs_of(build, named)], why="installing what the program needs")
    else:
        ran([*pip, *wanted], why="installing what the program needs")
    stamp.write_text(json.dumps(mark(build), indent=1), encoding="utf-8")


def fits(build: Build) -> bool:
    """Whether the environment was made of what is asked for now."""
    stamp = stamp_of(build)
    return build.python.exists() and stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == mark(build)


def stamp_of(build: Build) -> Path:
    return build.work / "environment.json"


def mark(build: Build) -> dict[str, object]:
    """What an environment is made of."""
    wheels = [digest(wheel) for wheel in build.wheels]
    return {"wanted": requirements(build), "python": sys.version, "wheels": wheels}


def requirements(build: Build) -> list[str]:
    """What the project asks for, with the extras that go into the bundle and the tools that make it."""
    table = project()
    extras = table["optional-dependencies"]
    assert isinstance(extras, dict)
    asked = [*table["dependencies"], *(line for name in (*EXTRAS, *TOOLS) for line in extras[name])]  # type: ignore[misc]
    return [str(line) for line in asked]


def without(wanted: list[str], names: set[str]) -> list[str]:
    """The requirements whose package is not among ``names``."""
    return [line for line in wanted if line.split(">")[0].strip() not in names]


def needs_of(build: Build, names: set[str]) -> list[str]:
    """What the named wheels ask for on this machine, without each other and without what only a GPU needs."""
    code = (
        "import sys\n"
        "from importlib.metadata import requires\n"
        "from pip._vendor.packaging.requirements import Requirement\n"
        "for name in sys.argv[1:]:\n"
        "    for line in requires(name) or ():\n"
        "        each = Requirement(line)\n"
        "        if each.marker is None or each.marker.evaluate({'extra': ''}): print(each.name + str(each.specifier))"
    )
    lines = ran([build.python, "-c", code, *sorted(names)], why="reading what the named wheels need").split("\n")
    apart = ("nvidia", "cuda", "triton", *names)
    return [line for line in lines if line and not line.startswith(apart)]


def digest(path: os.PathLike[str]) -> str:
    """SHA-256 of a file.

    :raises BuildError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BuildError(f"cannot read {path}: {error.strerror}") from error


def checkout_is_clean() -> bool:
    """Whether the checkout is as committed; without git it is not known, and counts as clean."""
    if shutil.which("git") is None or not (CHECKOUT / ".git").exists():
        return True
    return not ran(["git", "status", "--porcelain"], why="asking git").strip()
