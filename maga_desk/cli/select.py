"""``maga-desk select``: what a spec's ``[forget]`` comes to, before anything is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maga_desk.cli.options import (
    ALLOW_CHANCE,
    ALLOW_MISSING,
    FORCE,
    INDEX_BASE,
    JSON,
    OUT_FILE,
    PLACE,
    allowing,
    joining,
)
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.errors import ForgetError, OutputError, name_some
from maga_desk.domain.files import ensure_folder, write_text
from maga_desk.domain.lists.names import write_list
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import read_spec

_SHOWN = 10
_SAID = ("Marked", "Forgotten before")  # of the facts, what stands there already


@click.command("select")
@click.argument("spec", type=PLACE)
@click.option("--query", help="Find by this query instead of by [forget]: `class:cat loss>2`.")
@click.option("--saved", metavar="NAME", help="Find by the query that was saved in the window under this name.")
@click.option("--save", type=OUT_FILE, help="Write the names of the pictures to this file, one a line.")
@click.option(
    "--save-missing", type=OUT_FILE, help="Write the names that were not found, or fit several pictures, to this file."
)
@click.option(
    "--facts", is_flag=True, help="Open the model and say all of the request: copies, how hard and how entangled it is."
)
@FORCE
@ALLOW_MISSING
@INDEX_BASE
@ALLOW_CHANCE
@JSON
def select_command(
    spec: Path,
    query: str | None,
    saved: str | None,
    save: Path | None,
    save_missing: Path | None,
    facts: bool,
    force: bool,
    allow_missing: bool,
    index_base: str | None,
    allow_chance: bool,
    as_json: bool,
) -> None:
    """Say which training pictures [forget] of the TOML file SPEC marks, and what was not found. Nothing is run.

    Pictures are decoded and the model is asked only where the request rests on them (dup, pred, conf, loss).
    """
    from maga_desk.services.selecting import selection_of

    run = joining(allowing(read_spec(spec), allow_missing, allow_chance), False, index_base)
    if saved is not None:
        query = _saved(saved, query)
    if query is not None:
        kept = run.forget.model_dump(include={"group", "together", "allow_missing"})  # how, and not what
        run = run.model_copy(update={"forget": ForgetSpec(query=query, **kept)})
    for file in (save, save_missing):
        if file is not None:
            check_file(file, inputs_of(run, ("the spec", spec)), force=force)
    if save is not None and save_missing is not None and save.resolve() == save_missing.resolve():
        raise OutputError("both lists would be written there", where=str(save), todo="name two files")
    asked = run if save_missing is None else allowing(run, allow_missing=True)  # else they would stop it
    found = dict(follow(lambda control: selection_of(asked, control, facts=facts), quiet=as_json).summary or {})
    for file, names in ((save, found["names"]), (save_missing, found["not_found"])):
        if file is not None:
            ensure_folder(file.resolve().parent)
            write_text(file, write_list(names))
    if as_json:
        print_json(found)
        return
    for line in _lines(found):
        echo(line)
    if save is not None:
        echo(f"{save}: the names of all {found['marked']:,}")
    if save_missing is not None:
        echo(f"{save_missing}: the {len(found['not_found']):,} that were not found")


def _saved(name: str, query: str | None) -> str:
    """:raises ForgetError: no query is saved under this name."""
    if query is not None:
        raise click.UsageError("give --query or --saved, not both")
    kept = SettingsFile().values.finding
    found = kept.query(name)
    if found is None:
        known = name_some([each.name for each in kept.saved], 12)
        raise ForgetError(f"no query is saved as {name!r}", todo=f"there are {known}" if known else "save one first")
    return found


def _lines(found: dict[str, Any]) -> list[str]:
    marked = f"{found['marked']:,} of {found['pictures']:,} training pictures ({found['share']:.3g} %)"
    lines = [f"{marked}: {'; '.join(found['requests'])}"]
    lines += [f"  {name:<24} {each['marked']:>8,} of {each['pictures']:,}" for name, each in found["classes"].items()]
    if found["earlier"]:
        lines.append(f"{found['earlier']:,} were forgotten before and are not marked again")
    lines += found["notes"]
    lines += [f"{title.lower()}: {text}" for title, text in found["told"] if title not in _SAID]
    if steps := found["history"]:
        lines.append("how it came about; replayed, it comes to the same pictures:")
        lines += [f"  {number}. {step['words']}" for number, step in enumerate(steps, 1)]
    for words, entries in (
        ("not found", [name for name in found["not_found"] if name not in found["ambiguous"]]),
        ("fits several", [f"{name} ({name_some(fits, 2)})" for name, fits in found["ambiguous"].items()]),
        ("named more than once", found["repeated"]),
        ("taken for a title, not for an entry", found["titles"]),
    ):
        if entries:
            lines.append(f"{words} ({len(entries):,}): {name_some(entries, _SHOWN)}")
    names = found["names"]
    lines += names[:_SHOWN]
    if len(names) > _SHOWN:
        lines.append(f"and {len(names) - _SHOWN:,} more (--save or --json for all)")
    return lines
