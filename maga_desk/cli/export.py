"""``maga-desk export``: a checkpoint in another format, checked by reloading it."""

from __future__ import annotations

from pathlib import Path

import click

from maga_desk.cli.options import FORCE, JSON, OUT_FILE, PLACE
from maga_desk.cli.recording import keep_export
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.services.exporting import Numbers, export


@click.command("export")
@click.argument("checkpoint", type=PLACE)
@click.option("--format", "fmt", help="A format: `maga-desk formats` lists them. Default: by the ending of --out.")
@click.option("--out", required=True, type=OUT_FILE, help="The file to write, or the folder where the net came in one.")
@click.option("--arch", help="The architecture, where the checkpoint does not say it.")
@click.option("--size", type=click.IntRange(8, 1024), help="Side of its pictures, where it does not say it.")
@click.option(
    "--numbers",
    type=click.Choice(["float32", "own"]),
    default="float32",
    show_default=True,
    help="With --format own: the numbers' format, or the one that the net came in (bfloat16).",
)
@click.option("--original", type=PLACE, help="With --format patch: the original. Default: the one that the run names.")
@click.option("--not-audited", is_flag=True, help="With --format int8: save the copy without judging it; it says so.")
@FORCE
@JSON
def export_command(
    checkpoint: Path,
    fmt: str | None,
    out: Path,
    arch: str | None,
    size: int | None,
    numbers: Numbers,
    original: Path | None,
    not_audited: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write CHECKPOINT in another format.

    The file is reloaded and its predictions are compared before it counts as saved.
    """
    summary = follow(
        lambda control: export(
            checkpoint,
            fmt,
            out,
            control,
            arch=arch,
            size=size,
            numbers=numbers,
            original=original,
            audited=not not_audited,
            force=force,
        ),
        quiet=as_json,
    ).summary
    if summary:
        keep_export(checkpoint, summary["format"], Path(summary["path"]))
    if as_json:
        print_json(summary or {})
    elif summary:
        echo(
            f"{summary['path']}: {summary['bytes']:,} bytes, reloaded; largest difference of the predictions "
            f"for {summary['checked_pictures']} pictures ({summary['checked_on']}) {summary['largest_difference']:.1e}"
        )
        for note in summary["notes"]:
            echo(note)
