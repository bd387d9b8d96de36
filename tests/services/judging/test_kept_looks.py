"""What was found in the original and the retrained net is kept for later audits, and for nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from maga_desk.auditing.looking import Look, look
from maga_desk.data.keeping import GIGABYTE, DiskShelf
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Progress
from maga_desk.domain.paths import kept_dir
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import make_case
from maga_desk.services.judging.kept_looks import entry_of, find_look, keep_look
from maga_desk.services.keeping import kept_shelf
from maga_desk.services.runs import run


def looked(model: Any, case: Any) -> Look:
    looking = look(model, case, RunControl(), "a net")
    while True:
        try:
            next(looking)
        except StopIteration as stop:
            found: Look = stop.value
            return found


@pytest.mark.parametrize("depth", ["full", "quick"])
def test_a_kept_look_is_the_look(tiny_workspace: Any, tiny_spec: RunSpec, depth: str, home: Any) -> None:
    work, shelf = tiny_workspace, DiskShelf(kept_dir(), GIGABYTE)
    case = make_case(Erasure.of(work, tiny_spec.with_changes("audit", depth=depth)))
    entry = entry_of(work, work.model, case)
    assert find_look(shelf, entry, work) is None
    one = looked(work.model, case)
    keep_look(shelf, entry, one)
    other = find_look(shelf, entry, work)
    assert other is not None
    assert torch.equal(one.outputs.train, other.outputs.train) and torch.equal(one.outputs.test, other.outputs.test)
    assert one.probed is not None and other.probed is not None and torch.equal(one.probed, other.probed)
    assert one.relearned == other.relearned
    for mine, theirs in ((one.grams, other.grams), (one.prototypes, other.prototypes)):
        assert (mine is None) == (theirs is None) == (depth == "quick")
        assert mine is None or theirs is None or list(mine) == list(theirs)
        for key, tensor in (mine or {}).items():
            assert torch.equal(tensor, (theirs or {})[key])  # type: ignore[index]


def test_it_is_kept_for_these_weights_and_this_request_alone(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    work, tiny_spec = tiny_workspace, tiny_spec.with_changes("audit", depth="full")
    case = make_case(Erasure.of(work, tiny_spec))
    changed = copy.deepcopy(work.model)
    with torch.no_grad():
        next(changed.parameters()).view(-1)[0] += 1e-3
    others = [
        tiny_spec.with_changes("audit", depth="quick"),
        tiny_spec.with_changes("forget", classes=("disc",)),
        tiny_spec.with_changes("forget", classes=(), pictures=("train/ring/000.png",)),
    ]
    entries = [
        entry_of(work, work.model, case),
        entry_of(work, changed, case),
        *(entry_of(work, work.model, make_case(Erasure.of(work, spec))) for spec in others),
    ]
    assert len({entry.file for entry in entries}) == len(entries)
    assert entry_of(work, copy.deepcopy(work.model), make_case(Erasure.of(work, tiny_spec))) == entries[0]


def judged(spec: RunSpec) -> tuple[set[str], Any]:
    """Which nets were looked at, and the report."""
    stages, report = set(), None
    for event in run(spec, RunControl(), force=True):
        if isinstance(event, Progress) and event.stage.startswith("Judging"):
            stages.add(event.stage)
        if isinstance(event, Audited):
            report = event.report
    return stages, report


def test_the_second_audit_looks_at_the_result_alone(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("audit", retrained="make", recipe={"epochs": 1}, depth="quick")
    spec = spec.with_changes("method", name="logit-mask", params={})
    first, one = judged(spec)
    assert first == {"Judging the original", "Judging the retrained model", "Judging the result"}
    second, other = judged(spec)
    assert second == {"Judging the result"}
    assert one.before == other.before and one.retrained == other.retrained and one.after == other.after
    assert kept_shelf().clear() > 0
    assert judged(spec)[0] == first
