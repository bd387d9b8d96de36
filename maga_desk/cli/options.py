"""Options that several commands have."""

from __future__ import annotations

import click

FORCE = click.option("--force", is_flag=True, help="Replace an earlier file of that name; an input is never replaced.")
SET_ASIDE = click.option(
    "--force", is_flag=True, help="Set an earlier result in the output folder aside (out becomes out-1)."
)
