"""A net that a person's own Python file builds (``model.py:build``), and what it means to run such a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maga_desk.domain import architecture

PREFIX = "python/"
"""What the full names of such architectures begin with; people may leave it out."""
_ENDING = ".py:"


@dataclass(frozen=True)
class OwnCode:
    """A function or class of a Python file.

    :param file: the file.
    :param function: what is called in it; it gives the net.
    """

    file: Path
    function: str

    @property
    def name(self) -> str:
        """The architecture's name, with the file's place in full."""
        return f"{PREFIX}{self.file.expanduser().absolute()}{_ENDING[-1]}{self.function}"

    def at(self, place: str, arch: str) -> str:
        """The same text with the file at another place."""
        return arch.replace(f"{self.file}{_ENDING[-1]}", f"{place}{_ENDING[-1]}", 1)


def own_code(arch: str) -> OwnCode | None:
    """The file and the function that an architecture's text names; ``None`` where it names another net."""
    try:
        name = architecture.split(arch)[0]
    except ValueError:
        return None
    place, found, function = name.removeprefix(PREFIX).rpartition(_ENDING)
    return OwnCode(Path(place + _ENDING[:-1]), function) if found and function.isidentifier() else None


def agreement(sha256: str, file: Path | str) -> str:
    """How the settings write down that a file may run: by its content, with its place for people."""
    return f"{sha256} {file}"


def is_agreed(sha256: str, agreements: tuple[str, ...]) -> bool:
    """Whether a person agreed that a file with this content runs."""
    return any(each.partition(" ")[0] == sha256 for each in agreements)


def what_running_means(file: Path | str, sha256: str) -> str:
    """What a person should know before agreeing."""
    return (
        f"{file} (sha256 {sha256[:12]}) is a program. When it runs, it can read, change and send every file that you "
        "can, and what it imports can as well. Agree only if you wrote it, or trust who did. You are asked again when "
        "the file changes."
    )
