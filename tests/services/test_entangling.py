"""Entanglement before and after, and whether damage follows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Ended
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.entanglement import Entanglement
from maga_desk.services.entangling import agreement, entangle
from maga_desk.services.runs import run


def summary_of(spec: RunSpec, result: Path | None = None) -> dict:  # type: ignore[type-arg]
    ended = list(entangle(spec, RunControl(), result=result))[-1]
    assert isinstance(ended, Ended) and ended.summary is not None
    return dict(ended.summary)


def test_the_original_alone_and_with_a_result(tiny_spec: RunSpec) -> None:
    alone = summary_of(tiny_spec)
    assert alone["names"] == ["cross", "disc", "ring", "square"] and alone["forgotten"] == ["ring"]
    assert len(alone["before"]["subspaces"]) == 4 and alone["after"] is None and alone["change"] is None
    assert alone["agreement"]["subspaces"]["change"] is None
    list(run(tiny_spec.with_changes("audit", depth="quick"), RunControl()))
    both = summary_of(tiny_spec, Path(tiny_spec.output.dir) / "unlearned.safetensors")
    assert both["change"][2] < -80, "rings are no longer recognised"
    assert sum(both["taken_for"]) == pytest.approx(100, abs=0.1) and both["taken_for"][2] < 10
    assert both["before"] == alone["before"] != both["after"]
    with pytest.raises(CheckpointError):
        summary_of(tiny_spec, Path(tiny_spec.output.dir) / "missing.safetensors")


def test_agreement_is_a_rank_correlation_over_what_stays() -> None:
    near = np.array([[1, 0.9, 0.5, 0.1], [0.9, 1, 0, 0], [0.5, 0, 1, 0], [0.1, 0, 0, 1]])
    measured = Entanglement(near, near, near, {})
    change = np.array([-90.0, -5.0, -2.0, 1.0])
    told = agreement(measured, (0,), {"change": change, "taken_for": None})
    assert told["centroids"] == {"change": pytest.approx(-1), "taken_for": None}
    flat = agreement(measured, (0,), {"change": np.zeros(4)})
    assert flat["channels"]["change"] is None
    assert agreement(measured, (), {"change": change})["subspaces"]["change"] is None
