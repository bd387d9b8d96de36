"""Text on the terminal, in which names of others stand."""

from __future__ import annotations

import click

from maga_desk.domain.errors import visible


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print; control characters in a name of a file or a class are shown, not obeyed."""
    click.echo(visible(text), err=err, nl=nl)
