"""Events are data: each can be pickled, written as JSON, and read back as it was."""

from __future__ import annotations

import gc
import json
import math
import pickle
from dataclasses import fields, is_dataclass
from typing import Any, get_args

import numpy as np
import pytest

from maga_desk.domain import events as ev
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Audit, Figure, Guided, Report
from maga_desk.domain.run_forecast import Expectation, RunForecast
from maga_desk.domain.specs.guidance import MatrixEdit
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.domain.trials import Trial

CLASSES = ("cat", "dog", "a \n strange\u2028name")
CARD = ev.WorkspaceCard(
    "net.safetensors", "resnet8", 78_000, CLASSES, CLASSES, {"cat": "animal"}, 40, 10, (16, 16), 99.5, None, "CPU",
    "float32", "train", ("broken.jpg",), ("a note",),
)  # fmt: skip
OPINION = Opinion(
    "mllm", "demo", "1", "Is it {class}?", CLASSES, ("train/cat/1.png",), np.array([0]),
    np.array([[np.nan, 0.25, 1]], dtype=np.float32), questions=2, tokens=40, seconds=0.5, cost=None, digests=("ab",),
)  # fmt: skip
MATRIX = TransitionMatrix(
    CLASSES, np.array([[0, 1 / 3, 2 / 3], [0, 0, 0], [0, 0, 0]]), "mllm",
    (MatrixEdit(row="cat", column="dog", value=0.5, locked=True),),
)  # fmt: skip
PROPOSAL = Proposal(
    MATRIX, ("train/cat/1.png", "train/cat/2.png"), np.array([0, 1]), np.array([0, 0]),
    np.full((2, 3), 1 / 3, dtype=np.float32), np.eye(3, dtype=np.float32)[1:], np.array([True, False]), "soft",
    (OPINION,), np.array([False, True]),
)  # fmt: skip
AUDIT = Audit(
    {"retain_test": Figure(91.25, 90.0, 93.5, 80), "gap": Figure(1.5)}, (91.0, None, 100.0),
    {"stages.0": {"retrained": 0.75}}, {"relearn": ((0.0, 1.0), (10.0, 88.5))},
)  # fmt: skip
GUIDED = Guided("mllm", "soft", 2, 1, 1, 1, (OPINION.provenance(),))
REPORT = Report(CLASSES, AUDIT, AUDIT, None, 12.5, None, GUIDED, "class", "concept", ("a note",))
FORECAST = RunForecast(
    "MaGA", Expectation(12.0, 10.0, 15.0, 2_000_000_000, None, "40 steps."), Expectation(30.0, 28.5, None), None,
    recipe="SGD", machine="CPU", at="2026-11-24T10:00:00+0000", took=9.5, notes=("a note",),
)  # fmt: skip

EXAMPLES: tuple[ev.Event, ...] = (
    ev.Started("Unlearning"),
    ev.Progress("Unlearning", 3, 0, None),
    ev.Progress("Unlearning", 3, 10, 1.25),
    ev.Scalars(7, {"loss": float("nan"), "retain_accuracy": 81.2}, "reference"),
    ev.NoisePair("cat", "dog", np.random.default_rng(0).normal(size=(2, 3, 4, 4)).astype(np.float32), None),
    ev.Checkpointed("out/resume.pt", 12),
    ev.Saved("out/unlearned.safetensors"),
    ev.SetAside("out", "out-1"),
    ev.Begun("out"),
    ev.Message("a line", "warning"),
    ev.Forecast(360, (32, 48), 1_658_880, 128, 53_000_000, 12_300_000_000),
    ev.Forecasted(FORECAST),
    ev.Opened(CARD),
    ev.Proposed(PROPOSAL),
    ev.Compared(MATRIX, (OPINION,)),
    ev.Audited(REPORT),
    ev.Tried(Trial("cat", "maga", 0, "done", REPORT, "", {"lr": 0.1, "noise": None})),
    ev.Ended("finished", {"gap": 1.5, "notes": ["a"], "retrained": None}, "out"),
    ev.Ended("cancelled"),
)


def same(one: Any, other: Any) -> bool:
    """Equality to the last bit, in types and arrays too."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def test_every_event_has_an_example() -> None:
    assert {type(event) for event in EXAMPLES} == set(get_args(ev.Event))


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_can_be_pickled(event: ev.Event) -> None:
    assert same(pickle.loads(pickle.dumps(event)), event)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_its_record(event: ev.Event) -> None:
    text = json.dumps(ev.to_record(event))
    back = ev.from_record(json.loads(text))
    assert same(back, event)
    assert json.dumps(ev.to_record(back)) == text


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_the_log_holds_no_bulk_data(event: ev.Event) -> None:
    record = ev.log_record(event)
    assert record is None or len(json.dumps(record, default=str)) < 5_000


@pytest.mark.parametrize(
    "record",
    [
        {"event": "exploded"},
        {"event": "progress", "stage": "x"},
        {"event": "noisepair", "true": "a", "perturbing": "b", "positive": {"dtype": "|O", "shape": [1], "base64": ""},
         "negative": None},
        {"event": "noisepair", "true": "a", "perturbing": "b", "positive": {"dtype": "<f4", "shape": [9], "base64": ""},
         "negative": None},
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"event|validation error"):
        ev.from_record(record)


def test_a_generators_events_are_handed_on_and_its_value_returned() -> None:
    def work() -> Any:
        yield ev.Started("a")
        yield ev.Ended("finished")
        return 7

    seen: list[ev.Event] = []
    assert ev.drained(work(), seen.append) == 7
    assert len(seen) == 2
    assert ev.drained(iter(seen)) is None


def test_a_tap_sees_every_event_first_and_closes_the_generator() -> None:
    closed: list[bool] = []

    def work() -> Any:
        try:
            yield ev.Started("a")
            yield ev.Ended("finished")
        finally:
            closed.append(True)
        return 7

    seen: list[ev.Event] = []
    events = ev.tapped(work(), seen.append)
    assert next(events) == ev.Started("a") and len(seen) == 1
    assert ev.drained(events) == 7 and len(seen) == 2 and closed == [True]
    events = ev.tapped(work(), seen.append)
    next(events)
    del events
    gc.collect()
    assert closed == [True, True]


def test_a_forecast_names_outputs_where_they_are_most_of_it() -> None:
    few = ev.Forecast(360, (32, 48), 1_658_880, 128, 53_000_000, 12_300_000_000, 28_800)
    assert few.text() == "360 pictures of 48 x 32 take 2 MB, 128 at a time through the model 53 MB; 12.3 GB are free"
    many = ev.Forecast(100_000, (8, 8), 19_200_000, 128, 31_000_000, 16_100_000_000, 16_000_000_000)
    assert ", its outputs 16.0 GB; 16.1 GB are free" in many.text()
