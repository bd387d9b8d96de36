"""Who chose the labels, in words and through JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from maga_desk.domain.results import Figure, Guided, Report

ASKED = {"proposer": "mllm", "model": "demo", "prompt_version": "1a2b3c4d", "at": "2026-11-24T10:31:00+00:00"}


@pytest.mark.parametrize(
    ("guided", "text"),
    [
        (
            Guided("mllm", "product", 1250, 3, 10, 1, (ASKED,)),
            "1,250 new labels, proposed by mllm (demo), prompt 1a2b3c4d, 2026-11-24; 3 set and 10 agreed to by hand; "
            "1 cell of the matrix set by hand",
        ),
        (
            Guided("classifier", "soft", 7, 0, 0, 0),
            "7 new labels, proposed by classifier; 0 set and 0 agreed to by hand",
        ),
        (
            Guided("mixture", "soft", 7, 0, 0, 2, (ASKED,)),
            "7 new labels, proposed by mixture; mllm (demo), prompt 1a2b3c4d, 2026-11-24; 0 set and 0 agreed to by "
            "hand; 2 cells of the matrix set by hand",
        ),
    ],
)
def test_in_words_and_through_json(guided: Guided, text: str) -> None:
    assert guided.text() == text
    assert Guided.from_dict(json.loads(json.dumps(asdict(guided)))) == guided


@pytest.mark.parametrize("change", [{"pictures": "many"}, {"opinions": 3}, {"opinions": ["x"]}, {"proposer": ...}])
def test_what_a_strangers_file_says_is_no_record(change: dict[str, Any]) -> None:
    raw = asdict(Guided("mllm", "product", 1, 0, 0, 0, (ASKED,))) | change
    assert Guided.from_dict({key: value for key, value in raw.items() if value is not ...}) is None
    assert Guided.from_dict({}) is None


def test_reports_of_the_first_version_can_still_be_read() -> None:
    old = {"metrics": {"retain_train": 80.5, "mia": 55.0, "js_to_retrained": None}, "per_class": [80.0, None]}
    raw = {
        "classes": ["a", "b"], "seconds": 5.0, "retrain_seconds": None, "retrained": None,
        "before": old | {"counts": {"retain_train": 12}}, "after": old | {"counts": {}},
    }  # fmt: skip
    report = Report.from_dict(json.loads(json.dumps(raw)))
    assert report.before.figures == {"retain_train": Figure(80.5, n=12), "mia": Figure(55.0)}
    assert report.after.value("js_to_retrained") is None
    assert Report.from_dict(json.loads(json.dumps(report.as_dict()))) == report
