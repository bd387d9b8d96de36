"""Options that several commands have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from maga_desk.domain.outside import toml_of
from maga_desk.domain.paths import fault_of
from maga_desk.domain.specs.run import RunSpec


class _Place(click.Path):
    """A path as a person writes it: ``~`` is the own folder, also where no shell has put that in its place. Nothing at
    all is no path: it would be the working folder.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str):
            if not value.strip():
                self.fail(f"'{value}' is no path", param, ctx)
            value = os.path.expanduser(value)
            fault = fault_of(value)
            if fault is not None:
                self.fail(f"'{value[:60]}': {fault}", param, ctx)
        return super().convert(value, param, ctx)


class _File(_Place):
    """A file to write: ``results/`` and nothing at all are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        separators = tuple(filter(None, (os.sep, os.altsep)))
        if isinstance(value, str) and (not value.strip() or value.endswith(separators)):
            self.fail(f"'{value}' is no file's name; add one", param, ctx)
        return super().convert(value, param, ctx)


PLACE, OUT_FILE, NAMED = _Place(path_type=Path), _File(path_type=Path), _Place()
"""What is read or a folder, a file that is written, and what is read as text, since it may also be a word."""

THERE = _Place(exists=True, dir_okay=False, path_type=Path)
"""A file that is there."""

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

FORCE = click.option("--force", is_flag=True, help="Replace an earlier file of that name; an input is never replaced.")
SET_ASIDE = click.option(
    "--force", is_flag=True, help="Set an earlier result in the output folder aside (out becomes out-1)."
)
ALLOW_MISSING = click.option(
    "--allow-missing",
    is_flag=True,
    help="Go on without names of a list that are no pictures here; they are kept in the record.",
)
WITH_TWINS = click.option(
    "--with-twins",
    is_flag=True,
    help="Forget further training pictures with the very same pixels too, whatever their class.",
)
INDEX_BASE = click.option(
    "--index-base",
    type=click.Choice(["0", "1"]),
    help="What a list of numbers counts from, where that does not follow from them.",
)
ALLOW_CHANCE = click.option(
    "--allow-chance",
    is_flag=True,
    help="Go on although the model is at chance on the pictures, so that no figure can be believed.",
)
DECLARED_BY = click.option(
    "--declared-by",
    metavar="NAME",
    help="Who declares that the checkpoint in [audit] retrained is retrained, where its own record does not say it.",
)

OF_CASE = click.option(
    "--case", metavar="CASE", help="The erasure request that this is for, by number or reference (maga-desk case)."
)
GUESSES = click.option(
    "--guesses",
    type=click.IntRange(1, 2),
    help="2: where the original's recipe has to be guessed, retrain by a second guess as well and show both.",
)
WITHOUT_RETRAINING = click.option(
    "--without-retraining",
    is_flag=True,
    help="Judge by verification models as well, nets trained on 15 % of what stays: what they find speaks against a "
    "result, what they do not find not for it.",
)

EXPLAIN = click.option(
    "--explain", is_flag=True, help="Say what each figure is, what it should be, and which way is better."
)


def guessing(spec: RunSpec, guesses: int | None) -> RunSpec:
    """The spec, with as many guesses of the recipe as the command says."""
    return spec.with_changes("audit", guesses=guesses) if guesses else spec


def by_verification(spec: RunSpec, wanted: bool) -> RunSpec:
    """The spec, judged by verification models where the command says so."""
    return spec.with_changes("audit", without_retraining=True) if wanted else spec


def declared(spec: RunSpec, name: str | None) -> RunSpec:
    """The spec, with who declares that its reference is retrained."""
    return spec.with_changes("audit", declared_by=name) if name else spec


def joining(spec: RunSpec, with_twins: bool, index_base: str | None = None) -> RunSpec:
    """The spec, with the twins of what is forgotten, and what numbers count from, where the command says so."""
    spec = spec.with_changes("forget", index_base=int(index_base)) if index_base else spec
    return spec.with_changes("forget", with_twins=True) if with_twins else spec


def allowing(spec: RunSpec, allow_missing: bool, allow_chance: bool = False) -> RunSpec:
    """The spec, with names that are not found, or a model at chance, allowed where the command says so."""
    spec = spec.with_changes("forget", allow_missing=True) if allow_missing else spec
    return spec.with_changes("model", allow_chance=True) if allow_chance else spec


def own_key(text: str) -> tuple[str, Any]:
    """``limit=3`` as a key and its value, written as in TOML; what is no TOML is a text."""
    key, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"'{text}' is not KEY=VALUE", param_hint="--option")
    try:
        return key, toml_of(f"value = {value}")["value"]
    except ValueError:
        return key, value
