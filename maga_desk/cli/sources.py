"""``maga-desk sources``: where pictures can be read from, and what each source takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maga_desk.cli.choices import options_of, print_choices
from maga_desk.cli.options import JSON

if TYPE_CHECKING:
    from maga_desk.data.sources.source import Source


@click.command("sources")
@click.argument("name", required=False)
@JSON
def sources_command(name: str | None, as_json: bool) -> None:
    """List the sources of pictures, or show what NAME takes."""
    from maga_desk.data.sources.registry import SOURCES

    print_choices(SOURCES, name, _facts, as_json=as_json)


def _facts(source: Source) -> dict[str, Any]:
    info = source.info
    return {
        "path": info.path_help or info.path or "",
        "checkpoint": "its own, unless another is named" if info.checkpoint else "",
        "options": options_of(info.options),
    }
