"""``maga-desk model``: what a model's file holds, what was guessed, and how well it reads some pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maga_desk.cli.options import JSON, NAMED
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.choices import AUTO
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event
from maga_desk.domain.specs.run import RunSpec, absolute, parse_spec

if TYPE_CHECKING:
    from maga_desk.services.inspecting import Inspected

_SHOWN = 12  # rows of what was tried


@click.command("model")
@click.argument("path", type=NAMED)
@click.option("--data", type=NAMED, help="Pictures that it was trained on: it is tried on some of them.")
@click.option("--source", default=AUTO, show_default=True, help="Read the pictures by this source.")
@click.option("--arch", help="The architecture, where it is another than the one that is found.")
@click.option("--weights", type=click.Choice(["net", "average"]), help="Which net, where a file has an average (EMA).")
@click.option("--classes", type=NAMED, help="A file of class names in the order of the outputs.")
@JSON
def model_command(
    path: str,
    data: str | None,
    source: str,
    arch: str | None,
    weights: str | None,
    classes: str | None,
    as_json: bool,
) -> None:
    """Say what the model's file PATH (or a folder) holds, what was guessed, and what opening it would do.

    Nothing of the file is run. With --data, the likely ways of reading pictures are tried on a few hundred of them.
    """
    model = {"checkpoint": path, "arch": arch, "weights": weights, "classes": classes or ()}
    spec = parse_spec({"data": {"source": source, "path": data}, "model": model})
    found = _inspected(absolute(spec, Path.cwd()), quiet=as_json)
    if as_json:
        print_json(found.as_dict())
        return
    for line in _lines(found):
        echo(line)


def _inspected(spec: RunSpec, *, quiet: bool) -> Inspected:
    from maga_desk.services.inspecting import inspect

    found: list[Inspected] = []

    def job(control: RunControl) -> Iterator[Event]:
        found.append((yield from inspect(spec, control)))
        yield Ended("finished")

    follow(job, quiet=quiet)
    return found[0]


def _lines(found: Inspected) -> Iterator[str]:
    for title, value in found.facts.rows():
        yield f"{title:<16} {value}"
    if found.pictures is not None:
        yield f"{'Pictures':<16} {found.pictures.short()}"
    tried = found.facts.reads.tried
    if len(tried) > 1:
        yield ""
        yield "Tried on some pictures, percent right:"
        for each in tried[:_SHOWN]:
            yield f"{each.accuracy:>5.1f}  {each.pixels}; {each.frame}; {each.form}"
        if len(tried) > _SHOWN:
            yield f"       and {len(tried) - _SHOWN} more"
    if found.order is not None:
        yield ""
        yield f"{'Class':<24} {'output':>6}  {'right':>6}  {'in that order':>13}  taken for"
        for moved in found.order.moved[:_SHOWN]:
            share = f"{moved.right:>4.0f} %  {moved.answered:>11.0f} %"
            yield f"{moved.name:<24} {moved.output:>6}  {share}  {moved.taken_for}"
    guessed = found.facts.reads.guessed
    yield ""
    if guessed and found.pictures is not None:
        yield f"{'Guessed':<16} {', '.join(guessed)}"
    yield from found.doubtful
    yield f"{'Opening':<16} {found.opening()}"
