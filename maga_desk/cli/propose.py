"""``maga-desk propose``: the transition matrix that a proposer gives, without unlearning anything."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from maga_desk.cli.means import SEND_HELP, agree, asks, means_of
from maga_desk.cli.options import ALLOW_CHANCE, ALLOW_MISSING, FORCE, INDEX_BASE, OUT_FILE, PLACE, allowing, joining
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.store import session_store
from maga_desk.cli.terminal import echo
from maga_desk.domain.files import ensure_folder, write_text
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.specs.run import read_spec
from maga_desk.services.guidance import opinion_of

_SHOWN = 3


@click.command("propose")
@click.argument("spec", type=PLACE)
@click.option("--out", type=OUT_FILE, help="Write the JSON object to this file.")
@FORCE
@ALLOW_MISSING
@INDEX_BASE
@ALLOW_CHANCE
@click.option("--json", "as_json", is_flag=True, help="Print the JSON object.")
@click.option("--send-pictures", is_flag=True, help=SEND_HELP)
@click.option("--fresh", is_flag=True, help="Ask everything anew instead of using remembered answers.")
def propose_command(
    spec: Path,
    out: Path | None,
    force: bool,
    allow_missing: bool,
    index_base: str | None,
    allow_chance: bool,
    as_json: bool,
    send_pictures: bool,
    fresh: bool,
) -> None:
    """Ask how alike the classes are, as the TOML file SPEC says.

    The JSON can be edited and used as a matrix file: [guidance] proposer = "file". Interrupted, the answers so far are
    remembered, and the same command goes on from there.
    """
    run = joining(allowing(read_spec(spec), allow_missing, allow_chance), False, index_base)
    if out is not None:
        check_file(out, inputs_of(run, ("the spec", spec)), force=force)
    if send_pictures:
        agree(run.guidance)
    remembers = asks(run.guidance) and not fresh
    with session_store("answers are not remembered") if remembers else nullcontext() as store:
        means = means_of(store)
        result = dict(follow(lambda control: opinion_of(run, control, means), quiet=as_json).summary or {})
    if out is not None:
        ensure_folder(out.resolve().parent)
        write_text(out, json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    if as_json:
        print_json(result)
        return
    for line in _lines(result):
        echo(line)
    if out is not None:
        echo(f"written to {out}")


def _lines(result: dict[str, Any]) -> list[str]:
    classes = result["classes"]
    lines = []
    for name in result["rows_asked"]:
        row = result["matrix"][classes.index(name)]
        best = sorted(range(len(row)), key=lambda j: -row[j])[:_SHOWN]
        lines.append(f"{name:<20} " + "   ".join(f"{classes[j]} {row[j]:.2f}" for j in best))
    asked = result["questions"] - result["cached"]
    cost = f", cost {result['cost']:.4f}" if result["cost"] is not None else ""
    lines.append(
        f"{result['proposer']}: {result['questions']} questions ({asked} asked, {result['cached']} remembered), "
        f"{result['tokens']:,} tokens, {result['seconds']:.1f} s{cost}"
    )
    return lines
