"""``maga-desk forecast``: what a run will take on this machine, beside retraining, before anything starts."""

from __future__ import annotations

from pathlib import Path

import click

from maga_desk.cli.options import (
    ALLOW_CHANCE,
    ALLOW_MISSING,
    GUESSES,
    INDEX_BASE,
    PLACE,
    WITH_TWINS,
    WITHOUT_RETRAINING,
    allowing,
    by_verification,
    guessing,
    joining,
)
from maga_desk.cli.requests import opened
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.events import Event, Forecasted
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.erasure import Erasure
from maga_desk.services.kept_forecasts import explain
from maga_desk.services.parts import divided
from maga_desk.services.pilot import SECONDS, forecasting_run
from maga_desk.services.workspace import Workspace

WHY_HELP = "Why retraining is not chosen; kept with the forecast, and in the run's record."


@click.command("forecast")
@click.argument("spec", type=PLACE)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=SECONDS,
    show_default=True,
    help="How long the pilot takes at most, as far as work can be interrupted.",
)
@click.option("--why-not-retrained", default="", help=WHY_HELP)
@ALLOW_MISSING
@WITH_TWINS
@INDEX_BASE
@ALLOW_CHANCE
@GUESSES
@WITHOUT_RETRAINING
@click.option("--json", "as_json", is_flag=True, help="Print the forecast as one JSON object.")
def forecast_command(
    spec: Path,
    seconds: float,
    why_not_retrained: str,
    allow_missing: bool,
    with_twins: bool,
    index_base: str | None,
    allow_chance: bool,
    guesses: int | None,
    without_retraining: bool,
    as_json: bool,
) -> None:
    """Try some steps of what the TOML file SPEC says, and of a retraining, and say what both will take here.

    Nothing is unlearned and no label is asked for. A run of the same SPEC keeps the forecast beside what it took. Of a
    request that is answered in several runs, the first is forecast.
    """
    wanted = joining(allowing(read_spec(spec), allow_missing, allow_chance), with_twins, index_base)
    wanted = by_verification(guessing(wanted, guesses), without_retraining)
    workspace = opened(wanted, quiet=as_json)
    erasure = Erasure.of(workspace, _first(workspace, wanted))

    found: list[RunForecast] = []

    def listen(event: Event) -> None:
        if isinstance(event, Forecasted):
            found.append(event.forecast)

    follow(lambda control: forecasting_run(erasure, control, seconds=seconds), quiet=as_json, listen=listen)
    forecast = found[0]
    if why_not_retrained.strip():
        forecast = explain(forecast, why_not_retrained)
    if as_json:
        print_json(forecast.as_dict())
        return
    for line in forecast.lines():
        echo(line)
    if forecast.not_retrained:
        echo(f"Why it is not retrained: {forecast.not_retrained}")


def _first(workspace: Workspace, spec: RunSpec) -> RunSpec:
    if not spec.forget.may_be_mixed:
        return spec
    stream = divided(spec, workspace.forget_set(spec), workspace.images.catalogue())
    return spec if stream is None else stream.runs()[0]
