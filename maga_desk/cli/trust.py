"""``maga-desk trust``: agreeing that a Python file of one's own runs, because it builds a net."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from maga_desk.cli.options import THERE
from maga_desk.cli.terminal import echo
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.outside import read_bytes
from maga_desk.domain.own_code import is_agreed, what_running_means
from maga_desk.domain.settings import SettingsFile


@click.command("trust")
@click.argument("file", type=THERE)
@click.option("--yes", is_flag=True, help="Agree without being asked.")
def trust_command(file: Path, yes: bool) -> None:
    """Agree that FILE, a Python file that builds your net, runs.

    It is agreed to by its content: after a change you are asked again. `[model] arch = "FILE:build"` then calls its
    function build. The settings of the window list what was agreed to, and take it back.
    """
    file, settings = file.absolute(), SettingsFile()
    try:
        sha256 = hashlib.sha256(read_bytes(file)).hexdigest()
    except OSError as error:
        raise CheckpointError(f"cannot be read: {error.strerror}", where=str(file)) from error
    if is_agreed(sha256, settings.values.code.agreed):
        echo(f"{file} may run already (sha256 {sha256[:12]})")
        return
    echo(what_running_means(file, sha256))
    if not yes:
        click.confirm("May it run?", abort=True)
    settings.change(lambda now: now.with_code(sha256, file))
    echo(f"{file} may run (sha256 {sha256[:12]})")
