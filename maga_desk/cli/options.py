"""Options that several commands have."""

from __future__ import annotations

import click

from maga_desk.domain.specs.run import RunSpec

FORCE = click.option("--force", is_flag=True, help="Replace an earlier file of that name; an input is never replaced.")
SET_ASIDE = click.option(
    "--force", is_flag=True, help="Set an earlier result in the output folder aside (out becomes out-1)."
)
ALLOW_MISSING = click.option(
    "--allow-missing",
    is_flag=True,
    help="Go on without names of a list that are no pictures here; they are kept in the record.",
)
DECLARED_BY = click.option(
    "--declared-by",
    metavar="NAME",
    help="Who declares that the checkpoint in [audit] retrained is retrained, where its own record does not say it.",
)


def declared(spec: RunSpec, name: str | None) -> RunSpec:
    """The spec, with who declares that its reference is retrained."""
    return spec.with_changes("audit", declared_by=name) if name else spec


def allowing(spec: RunSpec, allow_missing: bool) -> RunSpec:
    """The spec, with names that are not found allowed where the command says so."""
    return spec.with_changes("forget", allow_missing=True) if allow_missing else spec
