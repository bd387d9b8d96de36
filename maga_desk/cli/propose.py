"""``maga-desk propose``: the transition matrix that a proposer gives, without unlearning anything."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from maga_desk.cli.means import SEND_HELP, agree, means_for
from maga_desk.cli.show import follow, print_json
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Compared, Ended, Event, Message, Progress
from maga_desk.domain.files import ensure_folder, write_text
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.guidance.means import Means
from maga_desk.services.guidance import matrix_and_opinions
from maga_desk.services.workspace import opening

_SHOWN = 3


@click.command("propose")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Write the JSON object to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON object.")
@click.option("--send-pictures", is_flag=True, help=SEND_HELP)
@click.option("--fresh", is_flag=True, help="Ask everything anew instead of using remembered answers.")
def propose_command(spec: Path, out: Path | None, as_json: bool, send_pictures: bool, fresh: bool) -> None:
    """Ask how alike the classes are, as the TOML file SPEC says.

    The JSON can be edited and used as a matrix file: [guidance] proposer = "file". Interrupted, the answers so far are
    remembered, and the same command goes on from there.
    """
    run = read_spec(spec)
    if send_pictures:
        agree(run.guidance)
    with means_for(run.guidance, fresh=fresh) as means:
        result = dict(follow(lambda control: _proposing(run, control, means), quiet=as_json).summary or {})
    if out is not None:
        ensure_folder(out.resolve().parent)
        write_text(out, json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    if as_json:
        print_json(result)
        return
    for line in _lines(result):
        click.echo(line)
    if out is not None:
        click.echo(f"written to {out}")


def _proposing(spec: RunSpec, control: RunControl, means: Means) -> Iterator[Event]:
    workspace = yield from opening(spec, control)
    forget = workspace.forget_set(spec)
    began = time.perf_counter()
    matrix, opinions = yield from matrix_and_opinions(workspace, spec, forget, control, means)
    seconds = time.perf_counter() - began
    costs = [opinion.cost for opinion in opinions if opinion.cost is not None]
    yield Progress("Asked", 1, 1)
    if opinions and all(opinion.cached == opinion.questions for opinion in opinions):
        yield Message("Every answer was remembered; nothing was asked")
    yield Compared(matrix, opinions)
    yield Ended(
        "finished",
        {
            "classes": list(matrix.classes),
            "matrix": [[round(value, 8) for value in row] for row in matrix.values.tolist()],
            "rows_asked": [matrix.classes[row] for row in matrix.rows_asked],
            "questions": sum(opinion.questions for opinion in opinions),
            "cached": sum(opinion.cached for opinion in opinions),
            "tokens": sum(opinion.tokens for opinion in opinions),
            "cost": sum(costs) if costs else None,
            "seconds": seconds,
            "proposer": spec.guidance.proposer,
            "opinions": [opinion.provenance() for opinion in opinions],
        },
    )


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
