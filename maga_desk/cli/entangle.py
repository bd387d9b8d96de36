"""``maga-desk entangle``: which classes share their feature patterns, and whether damage followed."""

from __future__ import annotations

from collections.abc import Mapping
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
from maga_desk.domain.files import write_json
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.specs.run import read_spec
from maga_desk.services.entangling import VIEWS, entangle

_SHOWN = 10


@click.command("entangle")
@click.argument("spec", type=PLACE)
@click.option("--result", type=PLACE, help="An unlearned checkpoint, to measure it too.")
@click.option("--out", type=OUT_FILE, help="A JSON file to write all pairs to.")
@FORCE
@ALLOW_MISSING
@INDEX_BASE
@ALLOW_CHANCE
@JSON
def entangle_command(
    spec: Path,
    result: Path | None,
    out: Path | None,
    force: bool,
    allow_missing: bool,
    index_base: str | None,
    allow_chance: bool,
    as_json: bool,
) -> None:
    """Measure, for every pair of classes of the model in SPEC, how far their feature patterns are shared.

    With --result also what became of it, and whether the classes that are entangled with what was forgotten lost most.
    """
    wanted = joining(allowing(read_spec(spec), allow_missing, allow_chance), False, index_base)
    if out is not None:
        check_file(out, inputs_of(wanted, ("the spec", spec), ("the result", result)), force=force)
    summary = follow(lambda control: entangle(wanted, control, result=result), quiet=as_json).summary or {}
    if out is not None:
        write_json(out, dict(summary))
    if as_json:
        print_json(summary)
        return
    for line in entanglement_lines(summary):
        echo(line)


def entanglement_lines(summary: Mapping[str, Any]) -> list[str]:
    """What is forgotten with its most entangled neighbours, and what followed for them."""
    names, lines = summary["names"], []
    for forgotten in summary["forgotten"]:
        row = names.index(forgotten)
        lines.append(f"{forgotten}: most entangled with" + "".join(f"{view:>12}" for view in VIEWS) + _heads(summary))
        near = summary["before"]["subspaces"][row]
        order = sorted((i for i in range(len(names)) if i != row), key=lambda i: -(near[i] or 0))
        for i in order[:_SHOWN]:
            views = "".join(_number(summary["before"][view][row][i], 3) for view in VIEWS)
            lines.append(f"  {names[i]:<{len(forgotten) + 20}}{views}{_followed(summary, i)}")
    for view in VIEWS:
        told = {what: value for what, value in summary["agreement"][view].items() if value is not None}
        for what, value in told.items():
            meaning = "change of test accuracy" if what == "change" else "where forgotten pictures go"
            lines.append(f"rank correlation of {view} with {meaning}: {value:+.2f}")
    return lines or ["no whole class or sub-class is forgotten: every pair is in the JSON (--json, --out)"]


def _heads(summary: Mapping[str, Any]) -> str:
    return (f"{'change':>12}" if summary["change"] else "") + (f"{'taken for':>12}" if summary["taken_for"] else "")


def _followed(summary: Mapping[str, Any], place: int) -> str:
    change, taken = summary["change"], summary["taken_for"]
    return (_number(change[place], 1) if change else "") + (_number(taken[place], 1, " %") if taken else "")


def _number(value: float | None, decimals: int, unit: str = "") -> str:
    text = "–" if value is None else f"{value:.{decimals}f}{unit}"
    return f"{text:>12}"
