"""What a file or folder that a person hands over is: told by what it holds, not by its name alone."""

from __future__ import annotations

import csv
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maga_desk.domain.choices import AUTO
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.lists.names import read_list
from maga_desk.domain.lists.numbers import ARRAYS, read_content
from maga_desk.domain.lists.ways import ListText
from maga_desk.domain.outside import json_of, toml_of
from maga_desk.domain.specs.run import RunSpec

Kind = Literal["pictures", "checkpoint", "names", "picture", "spec", "families"]
"""``pictures``: a folder or file that a source reads; ``picture``: a single one; ``names``: a list of pictures."""

CHECKPOINTS = (".safetensors", ".pt", ".pth")
_LISTS = (".txt", ".lst", ".jsonl")
_TABLES = (".csv", ".tsv")
_LARGEST_ARRAY = 16 * 2**20  # bytes of positions or a mask
_LARGEST = 64 * 2**20  # bytes of a list or a spec


@dataclass(frozen=True)
class Recognised:
    """What a path is.

    :param kinds: what it can be; several where only the person can tell, none where it cannot be used.
    :param reason: why it cannot be used, in a sentence.
    :param source: of ``pictures``, the source that reads it.
    """

    path: Path
    kinds: tuple[Kind, ...] = ()
    reason: str = ""
    source: str = AUTO


def recognise(path: Path, archives: Mapping[str, str] | None = None) -> Recognised:
    """Look at a path.

    :param archives: from the endings of files that sources read, with the dot, to the sources' names.
    """
    suffix, archives = path.suffix.lower(), archives or {}
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        return Recognised(path, reason=f"{path.name} is not there any more.")
    if suffix in ARRAYS and _is_list(path):
        return Recognised(path, ("names",))
    if suffix in archives:
        return Recognised(path, ("pictures",), source=archives[suffix])
    if suffix in CHECKPOINTS:
        return Recognised(path, ("checkpoint",))
    if (mimetypes.guess_type(path.name)[0] or "").startswith("image/"):
        return Recognised(path, ("picture",))
    if suffix not in (".toml", ".json", *_LISTS, *_TABLES):
        return Recognised(path, reason=f"{path.name} is of no kind that can be used here.")
    if path.stat().st_size > _LARGEST:
        return Recognised(path, reason=f"{path.name} is too large for a list or a specification.")
    try:
        return _text(path, read_list(path).text)
    except ForgetError as error:
        return Recognised(path, reason=f"{path.name}: {error.what}.")


def _is_list(path: Path) -> bool:
    """Whether a file of arrays holds one row of numbers or texts, and no pictures."""
    try:
        if path.stat().st_size > _LARGEST_ARRAY:
            return False
        held = read_content(path)
    except (OSError, ForgetError):
        return False
    return not isinstance(held, str | ListText) and held.size == max(held.shape, default=0)


def _folder(path: Path) -> Recognised:
    train = path / "train"
    try:
        if train.is_dir() and any(entry.is_dir() for entry in train.iterdir()):
            return Recognised(path, ("pictures",))
    except OSError as error:
        return Recognised(path, reason=f"{path.name}: cannot read: {error.strerror}.")
    return Recognised(path, reason=f"{path.name} has no folder train with a folder for each class below it.")


def _text(path: Path, text: str) -> Recognised:
    if "\0" in text:
        return Recognised(path, reason=f"{path.name} holds no text.")
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return _toml(path, text)
    if suffix == ".json":
        try:
            held = json_of(text)
        except ValueError:
            return Recognised(path, reason=f"{path.name} is no valid JSON.")
        return Recognised(path, ("families",) if _are_families(held) else ("names",))
    if not text.strip():
        return Recognised(path, reason=f"{path.name} is empty.")
    return Recognised(path, ("names", "families") if suffix == ".csv" and _may_be_pairs(text) else ("names",))


def _toml(path: Path, text: str) -> Recognised:
    try:
        raw = toml_of(text)
    except ValueError as error:
        return Recognised(path, reason=f"{path.name} is not valid TOML: {error}.")
    if set(raw) & {"task", "ablation", "request"}:
        todo = "run it on the command line"
        return Recognised(path, reason=f"{path.name} describes several runs, a comparison or a stream: {todo}.")
    if raw and _are_families(raw):
        return Recognised(path, ("families",))
    if set(raw) & set(RunSpec.model_fields):
        return Recognised(path, ("spec",))
    return Recognised(path, reason=f"{path.name} is neither a run specification nor a list of families.")


def _are_families(raw: object) -> bool:
    """``kind = "family"``, or ``family = ["kind", ...]``."""
    if not isinstance(raw, dict) or not raw or set(raw) <= set(RunSpec.model_fields):
        return False
    return all(
        isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
        for value in raw.values()
    )


def _may_be_pairs(text: str) -> bool:
    """Whether a table may be one of kinds and families: two columns, and nothing that looks like a picture's name."""
    try:
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error:
        return False
    cells = [cell.strip() for row in rows for cell in row]
    pictures = any("/" in cell or "\\" in cell or mimetypes.guess_type(cell)[0] for cell in cells)
    return all(len(row) == 2 for row in rows) and all(cells) and not pictures
