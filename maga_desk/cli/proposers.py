"""``maga-desk proposers``: who can propose perturbing labels, and what each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maga_desk.cli.choices import options_of, print_choices
from maga_desk.cli.options import JSON

if TYPE_CHECKING:
    from maga_desk.guidance.proposer import Proposer


@click.command("proposers")
@click.argument("name", required=False)
@JSON
def proposers_command(name: str | None, as_json: bool) -> None:
    """List who can propose perturbing labels, or show what NAME needs."""
    from maga_desk.guidance.registry import PROPOSERS

    print_choices(PROPOSERS, name, _facts, as_json=as_json)


def _facts(proposer: Proposer) -> dict[str, Any]:
    info = proposer.info
    return {
        "fields": list(info.fields),
        "required": list(info.needs),
        "model": info.model_help,
        "asks": info.asks,
        "sends": info.sends,
        "options": options_of(info.options),
    }
