"""``maga-desk families``: the classifiers that can be built, by family."""

from __future__ import annotations

from dataclasses import asdict

import click

from maga_desk.cli.options import JSON
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo


@click.command("families")
@click.argument("pattern", default="*")
@JSON
def families_command(pattern: str, as_json: bool) -> None:
    """List the architectures whose names fit PATTERN (resnet*), with their families."""
    from maga_desk.models.families.registry import FAMILIES, architectures

    found = architectures(pattern)
    for problem in FAMILIES.problems:
        echo(problem, err=True)
    if as_json:
        print_json(
            {
                "families": [
                    {
                        "name": name,
                        "title": family.info.title,
                        "summary": family.info.summary,
                        "origin": FAMILIES.origin(name),
                        "architectures": [asdict(each) for each in found if each.family == name],
                    }
                    for name, family in FAMILIES.items()
                ]
            }
        )
        return
    for each in found:
        echo(f"{each.name:<34} {FAMILIES.origin(each.family):<20} {each.summary}".rstrip())
