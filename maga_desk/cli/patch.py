"""``maga-desk apply-patch``: an unlearned checkpoint from its original and a patch."""

from __future__ import annotations

from pathlib import Path

import click

from maga_desk.cli.options import FORCE, JSON, OUT_FILE, PLACE, THERE
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.services.patching import apply


@click.command("apply-patch")
@click.argument("original", type=PLACE)
@click.argument("patch", type=THERE)
@click.option("--out", required=True, type=OUT_FILE, help="The file to write: a safetensors checkpoint.")
@FORCE
@JSON
def apply_patch_command(original: Path, patch: Path, out: Path, force: bool, as_json: bool) -> None:
    """Make the unlearned checkpoint of ORIGINAL and PATCH, which `export --format patch` wrote.

    Every tensor comes back exact to the bit. Another original, and a patch that was cut or edited, are refused.
    """
    made = apply(original, patch, out, force=force)
    if as_json:
        print_json({"path": str(made.path.resolve()), "sha256": made.sha256, "changed_tensors": made.changed})
        return
    echo(f"{made.path}: {made.changed:,} of {made.tensors:,} tensors from the patch, exact to the bit; SHA-256")
    echo(made.sha256)
    if made.forgotten:
        echo("the list of what was forgotten lies beside it")
