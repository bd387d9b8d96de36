"""``maga-desk look``: what the nets of a finished run say of single pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from maga_desk.cli.options import PLACE
from maga_desk.cli.report import material_of
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.closer.answers import SPLITS, Answers, CloseLook
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.domain.closer.plain import as_plain
from maga_desk.domain.closer.ranking import Ranking, damage, residue
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, visible
from maga_desk.domain.events import Event
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.closer import look_closer
from maga_desk.services.workspace import opening


@click.command("look")
@click.argument("run", metavar="OUT_OR_SESSION", type=PLACE)
@click.option("--checkpoint", type=PLACE, help="The unlearned checkpoint, where it was moved out of the run's folder.")
@click.option("--top", type=click.IntRange(1, 100_000), default=10, show_default=True, help="Pictures of each list.")
@click.option("--explain", is_flag=True, help="Say what each list is, which direction is good, what it cannot see.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the confusion of each model.")
def look_command(run: Path, checkpoint: Path | None, top: int, explain: bool, as_json: bool) -> None:
    """Name the pictures that a finished run has damaged, and the forgotten ones that are still recognised.

    OUT_OR_SESSION is the run's folder, or the id of a session, of which the newest finished run is meant. Original,
    unlearned and, where there is one, retrained model are asked about every picture; nothing is trained or written.
    """
    material = material_of(run, checkpoint)
    place = material.checkpoint
    if place is None:
        raise CheckpointError("the run's checkpoint is gone", where=str(material.folder), todo="name it: --checkpoint")
    found: list[CloseLook] = []

    def job(control: RunControl) -> Iterator[Event]:
        workspace = yield from opening(material.spec, control, asked=True)
        found.append((yield from look_closer(Erasure.of(workspace, material.spec), place, control)))

    follow(job, quiet=as_json)
    look = found[0]
    if as_json:
        print_json(as_plain(look, top))
        return
    for line in (look.yardstick, *look.notes):
        echo(line)
    used = [split for split in SPLITS if len(look.index(split))]
    for title, rank in (("Damage", damage), ("Residue", residue)):
        for split in used:
            _show(look, title, rank(look, split), top)
    if explain:
        for key in ("damage", "residue"):
            echo(f"\n{key}\n{CLOSER_DEFINITIONS[key].text()}")
    else:
        echo("--explain says what the lists are; the probabilities are those of the true class")


def _show(look: CloseLook, title: str, ranking: Ranking, top: int) -> None:
    """A list as lines: picture, class, amount, and what each net gives the true class."""
    echo(f"\n{title}, {'training' if ranking.split == 'train' else 'test'} pictures. {ranking.said}")
    for position, amount in zip(ranking.positions[:top], ranking.amounts[:top], strict=True):
        if amount <= 0:
            break
        facts = look.facts(ranking.split, int(position))
        given = ", ".join(
            f"{name} {answers.of(ranking.split).probability_of(int(position)):.2f} "
            f"{_named(look, answers, ranking, position)}"
            for name, answers in look.shown_nets()
        )
        echo(visible(f"  {amount:6.2f}  {facts['picture']} ({facts['class']}): {given}"))


def _named(look: CloseLook, answers: Answers, ranking: Ranking, position: int) -> str:
    """The class that a net names."""
    return look.classes[int(answers.of(ranking.split).named[position])]
