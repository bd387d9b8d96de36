"""What is built, where it lies, and how a failed build ends."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGING.parent
NAME = "maga-desk"


class BuildError(Exception):
    """The build cannot go on; one line says why and what to do."""


@dataclass(frozen=True)
class Build:
    """One flavour of the bundle.

    :param flavour: ``gpu`` or ``cpu``.
    :param wheels: of torch and torchvision, where the packager names them; else the registry's are taken.
    :param accept_sizes: record the sizes instead of comparing them.
    """

    flavour: str
    wheels: tuple[Path, ...] = ()
    accept_sizes: bool = False

    @property
    def environment(self) -> Path:
        return PACKAGING / "build" / self.flavour / "environment"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def packages(self) -> Path:
        """The environment's ``site-packages``."""
        if os.name == "nt":
            return self.environment / "Lib" / "site-packages"
        return self.environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"

    @property
    def work(self) -> Path:
        """What one build leaves to the next."""
        return PACKAGING / "build" / self.flavour

    @property
    def products(self) -> Path:
        return PACKAGING / "dist" / self.flavour

    @property
    def folder(self) -> Path:
        """The bundle itself."""
        return self.products / NAME

    @property
    def inside(self) -> Path:
        """Everything but what starts it."""
        return self.folder / "_internal"


def project() -> dict[str, object]:
    """The ``[project]`` table of ``pyproject.toml``."""
    return dict(tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def version() -> str:
    return str(project()["version"])


Words = list[str | Path]


def ran(command: Sequence[str | Path], *, why: str, env: Mapping[str, str] | None = None, cwd: Path = CHECKOUT) -> str:
    """What a tool printed to stdout; its stderr goes through.

    :param why: what it was to do, for the line when it fails.
    :raises BuildError: it is not there, or it failed.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False, cwd=cwd, env=env)
    except FileNotFoundError as error:
        raise BuildError(f"{why}: {words[0]} is not installed") from error
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise BuildError(f"{why}: {words[0]} ended with status {done.returncode}; its own words are above")
    return done.stdout
