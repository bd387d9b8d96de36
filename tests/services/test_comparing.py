"""Comparisons: every trial once, kept, gone on with, tuned elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from maga_desk.cli.tables import about, markdown
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Ended, Message, Tried
from maga_desk.domain.specs.comparison import Comparison, parse_comparison
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.trials import Trial
from maga_desk.engine.registry import METHODS
from maga_desk.services.comparing import Shelf, candidates, compare
from tests.conftest import with_record

FAST = {"name": "fine-tune", "params": {"epochs": 1, "batch_size": 32}}


def comparison(spec: RunSpec, folder: Path, recipe: dict[str, Any] | None = None, **plan: Any) -> Comparison:
    raw = spec.model_dump(exclude={"forget", "method", "output"})
    short = recipe or {"epochs": 2, "batch_size": 32}
    original = with_record(Path(raw["model"]["checkpoint"]), folder / "original.safetensors", recipe=short)
    raw["model"]["checkpoint"] = str(original)
    raw["audit"].update(retrained="make", depth="quick")
    rows = [{"name": "tuned on", "method": FAST}, {"name": "mask", "method": {"name": "logit-mask"}}]
    return parse_comparison(
        {"methods": rows, "task": [{"name": "rings", "forget": {"classes": ["ring"]}}], **raw, **plan}, folder
    )


def trials_of(made: Comparison, shelf: Shelf, **options: Any) -> tuple[list[Trial], Ended]:
    events = list(compare(made, RunControl(), book=shelf, **options))
    assert isinstance(events[-1], Ended)
    return [event.trial for event in events if isinstance(event, Tried)], events[-1]


def test_every_contender_on_every_task_with_every_seed(tiny_spec: RunSpec, tmp_path: Path) -> None:
    tasks = [
        {"name": "rings", "forget": {"classes": ["ring"]}},
        {"name": "some", "forget": {"fraction": 0.1}},
    ]
    made, shelf = comparison(tiny_spec, tmp_path, task=tasks, seeds=[0, 1]), Shelf()
    trials, ended = trials_of(made, shelf)
    assert len({(each.task, each.contender, each.seed) for each in trials}) == 8
    unable = [each for each in trials if each.status == "unable"]
    assert {(each.task, each.contender) for each in unable} == {("some", "mask")}
    assert "cannot do the task 'random'" in unable[0].reason
    done = [each for each in trials if each.status == "done"]
    assert all(each.report and each.report.retrained is not None for each in done)
    assert ended.summary is not None and (ended.summary["done"], ended.summary["unable"]) == (6, 2)
    golds = {each.seed: each.report.retrained for each in done if each.report and each.task == "rings"}
    assert golds[0] != golds[1]


@pytest.mark.parametrize("foreign", [False, True])
def test_a_contender_that_harms_what_stays_is_stopped_as_a_run_is(
    foreign: bool, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    ascent = {"name": "gradient-ascent", "params": {"epochs": 6, "lr": 0.01, "forget_batch": 16}}
    rows = [{"name": "harmful", "method": ascent}, {"name": "mask", "method": {"name": "logit-mask"}}]
    made = comparison(tiny_spec, tmp_path, methods=rows, audit={"depth": "quick"})
    if foreign:
        with_record(tmp_path / "original.safetensors", tmp_path / "original.safetensors", recipe=None)
    (harmful, mask), _ = trials_of(made, Shelf())
    assert harmful.status == "failed" and "harmed what stays (accuracy " in harmful.reason
    assert mask.status == "done" and mask.report is not None and not mask.report.scaled
    lowered = replace(mask, report=replace(mask.report, scaled={"lr": 0.002}))
    text = markdown(made, [harmful, lowered], {})
    assert "- mask: lr 0.002" in text and "- harmful: unlearning harmed what stays" in text


def test_a_contender_that_a_limit_ended_is_said_so(tiny_spec: RunSpec, tmp_path: Path) -> None:
    rows = [{"name": "quick", "method": FAST}]
    made = comparison(tiny_spec, tmp_path, methods=rows, audit={"depth": "quick"}, limits={"minutes": 1e-7})
    (trial,), _ = trials_of(made, Shelf())
    assert trial.report is not None and trial.report.stopped.startswith("Time over")
    assert [check.ended for check in trial.report.limits] == [True]


def test_what_was_done_is_not_done_again(tiny_spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, shelf = comparison(tiny_spec, tmp_path), Shelf()
    first, _ = trials_of(made, shelf)
    assert len(shelf.trials) == 2

    def never(*_: object, **__: object) -> None:
        raise AssertionError("unlearned again")

    monkeypatch.setattr("maga_desk.engine.loop.run", never)
    again, _ = trials_of(made, shelf)
    assert again == first
    wider = comparison(tiny_spec, tmp_path, seeds=[0, 1])
    shown, ended = trials_of(wider, shelf, dry=True)
    assert shown == first and ended.summary is not None and ended.summary["missing"] == 2


def test_a_cancelled_comparison_goes_on(tiny_spec: RunSpec, tmp_path: Path) -> None:
    made, shelf, control = comparison(tiny_spec, tmp_path), Shelf(), RunControl()
    events = compare(made, control, book=shelf)
    assert any(isinstance(event, Tried) for event in events)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    assert len(shelf.trials) == 1
    trials, _ = trials_of(made, shelf)
    assert [each.contender for each in trials] == ["tuned on", "mask"]


def test_tuning_tries_the_defaults_and_some_of_the_ranges() -> None:
    info = METHODS["fine-tune"].info
    tried = candidates(info, 4, 0)
    assert tried[0] == {} and len(tried) == 4
    assert all(set(params) == set(info.search) for params in tried[1:])
    assert all(params[key] in info.search[key] for params in tried[1:] for key in params)
    assert candidates(info, 4, 0) == tried != candidates(info, 4, 1)
    assert len({str(params) for params in candidates(info, 1000, 0)}) == len(candidates(info, 1000, 0))


def test_tuning_happens_on_other_pictures_and_its_best_is_used(tiny_spec: RunSpec, tmp_path: Path) -> None:
    tuning = {"budget": 3, "task": [{"name": "discs", "forget": {"classes": ["disc"]}}]}
    spec = tiny_spec.with_changes("data", held_out=0.4)
    rows = [{"name": "tuned on", "method": {"name": "fine-tune", "params": {"batch_size": 32}}}]
    learning = {"epochs": 8, "lr": 0.1, "batch_size": 16}  # enough for the retrained model to count as a yardstick
    made, shelf = comparison(spec, tmp_path, learning, tuning=tuning, methods=rows), Shelf()
    events = list(compare(made, RunControl(), book=shelf))
    (trial,) = [event.trial for event in events if isinstance(event, Tried)]
    told = [event.text for event in events if isinstance(event, Message) and "tuned to" in event.text]
    assert len(told) == 1 and told[0].startswith("tuned on, class: tuned to")
    tried = [each for each in shelf.trials.values() if each.task == "discs"]
    assert len(tried) == 3 and trial.tuned is not None
    best = min(tried, key=lambda each: each.report.after.value("gap") if each.report else 1e9)
    assert best.report is not None and best.report.after.figures["retain_test"].n == 3 * 4
    assert trial.report is not None and trial.report.after.figures["retain_test"].n == 3 * 12


def test_a_row_that_must_not_be_tuned_keeps_its_settings(tiny_spec: RunSpec, tmp_path: Path) -> None:
    tuning = {"budget": 3, "task": [{"name": "discs", "forget": {"classes": ["disc"]}}]}
    spec = tiny_spec.with_changes("data", held_out=0.4)
    rows = [{"name": "as it is", "method": FAST, "tune": False}]
    made, shelf = comparison(spec, tmp_path, tuning=tuning, methods=rows), Shelf()
    (trial,) = [event.trial for event in compare(made, RunControl(), book=shelf) if isinstance(event, Tried)]
    assert trial.tuned is None
    assert {each.task for each in shelf.trials.values()} == {trial.task}
    assert "every contender but 'as it is' tuned with 3 settings" in about(made, {})


def test_a_mistake_is_said_before_anything_is_run(tiny_spec: RunSpec, tmp_path: Path) -> None:
    made = comparison(tiny_spec, tmp_path, methods=["magic"])
    shelf = Shelf()
    with pytest.raises(MethodError, match="no method is called 'magic'"):
        list(compare(made, RunControl(), book=shelf))
    assert not shelf.trials
