"""``maga-desk formats``: the file formats that a checkpoint is exported in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maga_desk.cli.choices import print_choices
from maga_desk.cli.options import JSON

if TYPE_CHECKING:
    from maga_desk.models.formats.format import Format


@click.command("formats")
@click.argument("name", required=False)
@JSON
def formats_command(name: str | None, as_json: bool) -> None:
    """List the formats of exported checkpoints, or show NAME."""
    from maga_desk.models.formats.registry import FORMATS

    print_choices(FORMATS, name, _facts, as_json=as_json)


def _facts(form: Format) -> dict[str, Any]:
    return {"suffix": form.info.suffix}
