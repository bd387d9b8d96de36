"""``maga-desk kept``: what opening keeps of pictures."""

from __future__ import annotations

import click

from maga_desk.cli.options import JSON
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.data.keeping import GIGABYTE
from maga_desk.services.keeping import kept_shelf


@click.command("kept")
@click.option("--clear", is_flag=True, help="Remove all of it. The next opening decodes the pictures anew.")
@JSON
def kept_command(clear: bool, as_json: bool) -> None:
    """How much of decoded pictures is kept, to open them again at once."""
    shelf = kept_shelf()
    cleared = shelf.clear() if clear else 0
    if as_json:
        print_json(
            {"folder": str(shelf.folder), "bytes": shelf.size, "limit_bytes": shelf.limit, "cleared_bytes": cleared}
        )
    elif clear:
        echo(f"{cleared / GIGABYTE:.2f} GB are cleared")
    else:
        echo(f"{shelf.size / GIGABYTE:.2f} of at most {shelf.limit / GIGABYTE:g} GB in {shelf.folder}")
