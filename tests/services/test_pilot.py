"""A pilot says what a run takes, keeps nothing of it, and is kept beside what the run took."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Audited, Ended, Forecasted, Message, Progress
from maga_desk.domain.results import Report
from maga_desk.domain.run_forecast import CHEAP_SECONDS, Expectation, RunForecast
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.registry import METHODS
from maga_desk.services.erasure import Erasure
from maga_desk.services.kept_forecasts import explain, kept_forecast, said_of_retraining
from maga_desk.services.pilot import forecasting_run
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace

SHORT = 2.0


def forecast_of(erasure: Erasure, seconds: float = SHORT) -> RunForecast:
    events = list(forecasting_run(erasure, RunControl(), seconds=seconds))
    assert isinstance(events[-1], Ended)
    return next(event.forecast for event in events if isinstance(event, Forecasted))


def by(spec: RunSpec, name: str, **params: float) -> RunSpec:
    return spec.with_changes("method", name=name, params=params)


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_has_a_forecast(name: str, tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    weights = {key: value.clone() for key, value in tiny_workspace.model.state_dict().items()}
    random = torch.get_rng_state()
    forecast = forecast_of(Erasure.of(tiny_workspace, by(tiny_spec, name)), 0.5)
    for part in (forecast.method, forecast.retraining, forecast.audit):
        assert part is not None and 0 < part.low <= part.seconds and part.host and part.host > 10**7
        assert part.high is None or part.seconds <= part.high < math.inf
        assert part.device is None, "there is no GPU's memory on a processor"
    assert forecast.exact == (name == "retrain") and forecast.title == METHODS.find(name).info.title
    for key, value in tiny_workspace.model.state_dict().items():
        assert torch.equal(value, weights[key]), "nothing of the pilot stays in the net"
    assert torch.equal(torch.get_rng_state(), random)


def test_more_steps_are_forecast_to_take_longer(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    few, many = (
        forecast_of(Erasure.of(tiny_workspace, by(tiny_spec, "fine-tune", epochs=epochs))).method for epochs in (4, 80)
    )
    assert few is not None and many is not None and many.seconds > few.seconds
    assert many.low > few.seconds, "twenty times the steps is no matter of chance"


def test_a_run_after_a_pilot_is_the_run_without_and_keeps_what_was_said(
    tiny_spec: RunSpec, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    spec = by(tiny_spec, "gradient-ascent")
    plain = tmp_path / "plain"
    reports = {}
    for folder in (plain, tmp_path / "out"):
        here = spec.with_changes("output", dir=str(folder))
        erasure = Erasure.of(tiny_workspace, here)
        if folder != plain:
            said = explain(forecast_of(erasure), " The recipe is\nnot believed. ")
            assert kept_forecast(erasure) == said and said.not_retrained == "The recipe is not believed."
        events = list(run(here, RunControl(), workspace=tiny_workspace))
        reports[folder] = next(event.report for event in events if isinstance(event, Audited))
    before, after = reports.values()
    assert before.forecast is None and before.forecast_lines() == [] and not (plain / "forecast.json").exists()
    assert after.after.values() == before.after.values(), "the pilot changed what the run does"
    assert after.forecast == said and len(after.forecast_lines()) == 3
    assert after.audit_seconds is not None and f"it took {after.audit_seconds:.1f} s" in after.forecast_lines()[2]
    for name in ("report.json", "summary.json"):
        kept = json.loads((tmp_path / "out" / name).read_text())
        assert RunForecast.from_dict(kept["forecast"]) == said
    assert Report.from_dict(json.loads((tmp_path / "out/report.json").read_text())).forecast == said


def test_another_setting_has_no_forecast(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    forecast_of(Erasure.of(tiny_workspace, by(tiny_spec, "fine-tune")), 1.0)
    for other in (by(tiny_spec, "fine-tune", epochs=3), by(tiny_spec, "gradient-ascent")):
        assert kept_forecast(Erasure.of(tiny_workspace, other)) is None
    assert kept_forecast(Erasure.of(tiny_workspace, by(tiny_spec, "fine-tune"))) is not None


def test_a_cancelled_pilot_leaves_nothing(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    erasure, control = Erasure.of(tiny_workspace, by(tiny_spec, "fine-tune", epochs=500)), RunControl()
    events = iter(forecasting_run(erasure, control))
    while not (isinstance(event := next(events), Progress) and event.done == 1):
        pass
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    assert kept_forecast(erasure) is None


def test_a_preparation_that_does_not_end_has_no_upper_bound(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    erasure = Erasure.of(tiny_workspace, by(tiny_spec, "maga", noise_steps=500))
    forecast = forecast_of(erasure, 0.05)
    assert forecast.method is not None and forecast.method.high is None
    assert "preparation" in forecast.method.note and "at least" in forecast.method.text()


def test_cheap_retraining_is_recommended_before_the_run(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    spec = by(tiny_spec, "gradient-ascent")
    forecast = forecast_of(Erasure.of(tiny_workspace, spec))
    assert forecast.retraining is not None and forecast.retraining.high is not None
    assert forecast.retraining.high < CHEAP_SECONDS and forecast.cheap and "only exact answer" in forecast.advice
    told = [event.text for event in run(spec, RunControl(), workspace=tiny_workspace) if isinstance(event, Message)]
    assert forecast.advice in told


def test_the_audit_grows_by_what_it_trains(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    plain = forecast_of(Erasure.of(tiny_workspace, by(tiny_spec, "gradient-ascent"))).audit
    spec = by(tiny_spec, "gradient-ascent").with_changes("audit", retrained="make", shadows=4)
    found = forecast_of(Erasure.of(tiny_workspace, spec))
    assert plain is not None and found.audit is not None and found.retraining is not None
    assert found.audit.low > 8 * found.retraining.low, "one retraining and eight shadow models"
    assert "trainings" in found.audit.note and "shadow" in found.audit.note


def test_a_look_longer_than_the_pilot_is_told_by_its_pictures(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    spec = by(tiny_spec, "gradient-ascent").with_changes("audit", depth="full")
    audit = forecast_of(Erasure.of(tiny_workspace, spec), 0.05).audit
    assert audit is not None and "how many pictures pass" in audit.note and audit.high is not None
    assert 0 < audit.low < audit.seconds < audit.high


@pytest.mark.parametrize(
    ("retraining", "method", "exact", "cheap"),
    [
        ((60.0, 299.0), 1.0, False, True),
        ((60.0, 301.0), 1.0, False, False),
        ((900.0, 1100.0), 400.0, False, True),  # below three times the method
        ((60.0, None), 1.0, False, False),
        ((60.0, 90.0), 1.0, True, False),
    ],
)
def test_when_retraining_is_cheap(
    retraining: tuple[float, float | None], method: float, exact: bool, cheap: bool
) -> None:
    low, high = retraining
    forecast = RunForecast(
        "A", Expectation(method, method, method), Expectation(low, low, high), None, exact=exact, machine="CPU"
    )
    assert forecast.cheap is cheap and bool(forecast.advice) is cheap
    assert RunForecast.from_dict(json.loads(json.dumps(forecast.as_dict()))) == forecast


def _cheap(**said: bool) -> RunForecast:
    part = Expectation(40.0, 35.0, 47.0)
    return RunForecast("A", part, part, None, machine="CPU", **said)


def test_only_the_originals_recipe_on_its_own_pictures_is_called_exact() -> None:
    assert "only exact answer" in _cheap().advice and "only exact answer" in _cheap().retraining_text()
    guessed, elsewhere = _cheap(guessed=True), _cheap(elsewhere=True)
    assert not guessed.cheap and not guessed.advice, "a guess that falls short is trained for longer"
    assert "trained for longer" in guessed.retraining_text() and "recommended" not in guessed.retraining_text()
    assert elsewhere.cheap and "on other pictures than these" in elsewhere.advice
    assert "recommended. The original was trained on other pictures" in elsewhere.retraining_text()
    for each in (guessed, elsewhere):
        told = [*each.lines(), each.advice, each.retraining_text()]
        assert not any("exact" in text for text in told)
        assert RunForecast.from_dict(json.loads(json.dumps(each.as_dict()))) == each


def test_a_guessed_recipe_has_no_upper_end_and_other_pictures_are_noticed(
    tiny_spec: RunSpec, tiny_workspace: Workspace
) -> None:
    spec, made = by(tiny_spec, "gradient-ascent"), tiny_workspace.info.made
    foreign = replace(tiny_workspace, info=replace(tiny_workspace.info, made={}))
    found = forecast_of(Erasure.of(foreign, spec), 0.5)
    assert found.guessed and found.retraining is not None and found.retraining.high is None and not found.advice
    moved = replace(tiny_workspace, info=replace(tiny_workspace.info, made={**made, "data": "others"}))
    assert forecast_of(Erasure.of(moved, spec), 0.5).elsewhere
    assert not forecast_of(Erasure.of(tiny_workspace, spec), 0.5).elsewhere


def test_without_a_forecast_nothing_is_called_exact_either(
    tiny_spec: RunSpec, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maga_desk.services.kept_forecasts.expected_retraining", lambda _erasure: 40.0)
    spec, info = by(tiny_spec, "gradient-ascent"), tiny_workspace.info
    told = {}
    for name, made in (("own", info.made), ("guessed", {}), ("elsewhere", {**info.made, "data": "others"})):
        workspace = replace(tiny_workspace, info=replace(info, made=made))
        events = said_of_retraining(Erasure.of(workspace, spec), None)
        told[name] = [event.text for event in events if isinstance(event, Message)]
    assert ["only exact answer" in text for text in told["own"]] == [True] and told["guessed"] == []
    assert ["exact" in text for text in told["elsewhere"]] == [False] and "other pictures" in told["elsewhere"][0]


@pytest.mark.parametrize("raw", [None, [], {}, {"title": 3}, {"title": "A", "method": {"seconds": "x"}}])
def test_what_is_no_forecast(raw: object) -> None:
    found = RunForecast.from_dict(raw)
    assert found is None or found.method is None
