"""``maga-desk compare`` and ``maga-desk ablate``: many runs, one table."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from maga_desk import __version__
from maga_desk.cli.means import SEND_HELP, agree, means_of
from maga_desk.cli.options import ALLOW_CHANCE, ALLOW_MISSING, FORCE, JSON, OUT_FILE, PLACE
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.store import session_store
from maga_desk.cli.tables import as_json as object_of
from maga_desk.cli.tables import for_terminal, markdown
from maga_desk.cli.terminal import echo
from maga_desk.domain.events import Ended, Event, Tried
from maga_desk.domain.files import folder_for, write_json, write_text
from maga_desk.domain.protection import InputFile, check_file, inputs_of_comparison
from maga_desk.domain.specs.ablation import read_ablation
from maga_desk.domain.specs.comparison import Comparison, read_comparison
from maga_desk.domain.trials import Trial
from maga_desk.services.comparing import Shelf, compare, guidances

_SPEC = click.argument("spec", type=PLACE)
_OUT = click.option("--out", type=OUT_FILE, help="A .md or .json file to write the tables to.")
_SHOW = click.option("--show", is_flag=True, help="Only show what was done before; run nothing.")
_SEND = click.option("--send-pictures", is_flag=True, help=SEND_HELP)


@click.command("compare")
@_SPEC
@_OUT
@_SHOW
@_SEND
@ALLOW_MISSING
@ALLOW_CHANCE
@FORCE
@JSON
def compare_command(
    spec: Path,
    out: Path | None,
    show: bool,
    send_pictures: bool,
    allow_missing: bool,
    allow_chance: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Try several methods on several tasks with several seeds, as the TOML file SPEC says.

    What was tried before is not tried again: after Ctrl-C the same command goes on.
    """
    comparison = _allowing(read_comparison(spec), allow_missing=allow_missing, allow_chance=allow_chance)
    _check_out(comparison, spec, out, force=force)
    _perform(comparison, out, show, send_pictures, as_json)


@click.command("ablate")
@_SPEC
@_OUT
@_SHOW
@_SEND
@ALLOW_MISSING
@ALLOW_CHANCE
@FORCE
@JSON
def ablate_command(
    spec: Path,
    out: Path | None,
    show: bool,
    send_pictures: bool,
    allow_missing: bool,
    allow_chance: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Take the method apart: who guides, how that is combined with the classifier, which noise, as SPEC says."""
    comparison = _allowing(read_ablation(spec), allow_missing=allow_missing, allow_chance=allow_chance)
    _check_out(comparison, spec, out, force=force)
    _perform(comparison, out, show, send_pictures, as_json)


def _allowing(comparison: Comparison, *, allow_missing: bool, allow_chance: bool) -> Comparison:
    comparison = comparison.allowing_missing() if allow_missing else comparison
    return comparison.allowing_chance() if allow_chance else comparison


def _check_out(comparison: Comparison, spec: Path, out: Path | None, *, force: bool) -> None:
    """Whether the tables may be written; said before hours of work."""
    if out is not None:
        if out.suffix not in (".md", ".json"):
            raise click.BadParameter("must end in .md or .json", param_hint="--out")
        check_file(out, (InputFile("the spec", spec), *inputs_of_comparison(comparison)), force=force)


def _perform(comparison: Comparison, out: Path | None, show: bool, send_pictures: bool, as_json: bool) -> None:
    trials: list[Trial] = []

    def listen(event: Event) -> None:
        if isinstance(event, Tried):
            trials.append(event.trial)
            if not as_json:
                _say(event.trial)

    asked = guidances(comparison)
    if send_pictures:
        for guidance in asked:
            agree(guidance)
    place = nullcontext() if out is None else folder_for(out.resolve().parent)
    with place, session_store("neither trials nor answers of models are kept") as store:
        ended = follow(
            lambda control: compare(comparison, control, book=store or Shelf(), means=means_of(store), dry=show),
            quiet=as_json,
            listen=listen,
        )
    machine = _machine(ended)
    if out is not None:
        if out.suffix == ".md":
            write_text(out, markdown(comparison, trials, machine))
        else:
            write_json(out, object_of(comparison, trials, machine))
    if as_json:
        print_json(object_of(comparison, trials, machine))
        return
    console = Console(highlight=False, width=max(Console().width, 120))
    for task in comparison.plan.tasks:
        console.print(for_terminal(trials, task.name))
    missing = (ended.summary or {}).get("missing", 0)
    if missing:
        echo(f"{missing} trials were not done yet")


def _say(trial: Trial) -> None:
    gap = trial.report.after.value("gap") if trial.report else None
    result = trial.reason if trial.report is None else "no yardstick" if gap is None else f"gap {gap:.2f}"
    echo(f"{trial.task}, {trial.contender}, seed {trial.seed}: {result}", err=True)


def _machine(ended: Ended) -> Mapping[str, Any]:
    from importlib.metadata import version

    summary = ended.summary or {}
    return {
        "maga-desk": __version__,
        "torch": version("torch"),
        "Python": platform.python_version(),
        "on": summary.get("device", ""),
        "in": summary.get("precision", ""),
    }
