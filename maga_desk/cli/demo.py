"""``maga-desk demo``: the whole way on the embedded demo world."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from maga_desk.cli.options import PLACE, SET_ASIDE
from maga_desk.cli.perform import perform
from maga_desk.cli.recording import keep_export
from maga_desk.cli.show import follow, print_json, report_lines
from maga_desk.cli.terminal import echo
from maga_desk.domain.display import has_display
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.exporting import export

_SPEC = "demo-mllm.toml"


@click.command("demo")
@click.option("--headless", is_flag=True, help="Do the job without a window.")
@click.option("--out", type=PLACE, help="Folder for the results; default: a new temporary one.")
@SET_ASIDE
@click.option("--json", "as_json", is_flag=True, help="Print the content of summary.json (headless).")
@click.pass_obj
def demo_command(open_window: Any, headless: bool, out: Path | None, force: bool, as_json: bool) -> int:
    """Show the program on drawn pictures that come with it.

    With a screen the window opens on them; without one the same job runs here: ask the demo's own multimodal model (a
    toy that knows the demo's kinds), forget a class, judge, export.
    """
    if not (headless or as_json):
        if has_display() and open_window is not None:
            return int(open_window(["--demo", *(["--out", str(out)] if out else [])]))
        echo("no display here: the demo runs without a window", err=True)
    folder = (out or Path(tempfile.mkdtemp(prefix="maga-desk-demo-"))).resolve()
    ended, report = perform(demo_spec(folder), resume=False, force=force, quiet=as_json)
    checkpoint = Path((ended.summary or {})["checkpoint"])
    from maga_desk.models.formats.registry import FORMATS

    files = {name: form.info.suffix for name, form in FORMATS.items() if form.info.suffix}
    targets = {name: folder / "export" / f"unlearned{suffix}" for name, suffix in files.items()}
    exported = [_exported(checkpoint, name, target, quiet=as_json) for name, target in targets.items()]
    if as_json:
        print_json({**(ended.summary or {}), "exported": exported})
        return 0
    for line in report_lines(report, demo_spec(folder).forget.classes) if report else ():
        echo(line)
    echo(f"saved in {folder}, exported as {', '.join(targets)} (each reloaded and compared)")
    return 0


def _exported(checkpoint: Path, fmt: str, target: Path, *, quiet: bool) -> dict[str, Any]:
    done = dict(follow(lambda control: export(checkpoint, fmt, target, control), quiet=quiet).summary or {})
    keep_export(checkpoint, fmt, target)
    return done


def demo_spec(folder: Path) -> RunSpec:
    """The demo's run: the shipped example, with its results in ``folder``."""
    return read_spec(resources_dir() / "examples" / _SPEC).with_changes("output", dir=str(folder))
