"""``maga-desk key``: the key of an endpoint, kept in the system's keyring."""

from __future__ import annotations

import click
from pydantic import ValidationError

from maga_desk.cli.terminal import echo
from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.domain.specs.run import describe
from maga_desk.services.keys import delete_key, save_key


@click.command("key")
@click.argument("url")
@click.option("--delete", is_flag=True, help="Delete the key instead.")
def key_command(url: str, delete: bool) -> None:
    """Keep the key of the endpoint at URL in the system's keyring; it is asked for and never shown."""
    try:
        origin = EndpointSpec(url=url).origin
    except ValidationError as error:
        raise SpecError(describe(error), todo="e.g. https://host:8000/v1") from error
    if delete:
        delete_key(origin)
        echo(f"no key is kept for {origin}")
        return
    save_key(origin, click.prompt(f"Key for {origin}", hide_input=True, default="", show_default=False))
    echo(f"the key for {origin} is kept in the keyring")
