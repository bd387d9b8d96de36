"""``maga-desk train-guide``: train the demo's own small multimodal model anew."""

from __future__ import annotations

from pathlib import Path

import click

from maga_desk.cli.options import JSON, PLACE, SET_ASIDE
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.services.training import train_guide


@click.command("train-guide")
@click.option("--out", required=True, type=PLACE, help="The folder to write.")
@click.option("--steps", type=click.IntRange(1), help="Fewer steps of each stage, for a try.")
@SET_ASIDE
@JSON
def train_guide_command(out: Path, steps: int | None, force: bool, as_json: bool) -> None:
    """Train the toy that answers True/False questions about the demo world's kinds.

    It knows those 20 kinds and their families, and nothing else. On two cores it takes about 20 minutes.
    """
    summary = follow(lambda control: train_guide(out, control, steps=steps, force=force), quiet=as_json).summary or {}
    if as_json:
        print_json(summary)
        return
    echo(f"{out}: {summary['weights']:,} weights, AUC on held-out pictures {summary['auc']:.3f}")
