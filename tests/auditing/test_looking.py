"""A look goes once over the pictures, with a quicker form of the net, and finds what a plain one finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn.modules.module import register_module_forward_hook

from maga_desk.auditing.figures.judged import Baselines, Judged
from maga_desk.auditing.figures.registry import measured
from maga_desk.auditing.looking import look
from maga_desk.auditing.outputs import Outputs
from maga_desk.auditing.probe import named_by_probe, shown
from maga_desk.auditing.relearning import prototype_curve
from maga_desk.auditing.similarity import PICTURES
from maga_desk.domain.control import RunControl
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.inference import logits
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import make_case


@pytest.fixture
def case(tiny_workspace: Any, tiny_spec: RunSpec) -> Any:
    return make_case(Erasure.of(tiny_workspace, tiny_spec.with_changes("audit", depth="full")))


def looked(model: Any, case: Any) -> Any:
    looking = look(model, case, RunControl(), "a net")
    while True:
        try:
            next(looking)
        except StopIteration as stop:
            return stop.value


def test_figures_are_those_of_a_plain_look(tiny_workspace: Any, case: Any) -> None:
    model, runtime, pictures = tiny_workspace.model, tiny_workspace.runtime, tiny_workspace.pictures
    quick = looked(model, case)
    outputs = Outputs(logits(model, pictures.train, runtime), logits(model, pictures.test, runtime))
    torch.testing.assert_close(quick.outputs.train, outputs.train, rtol=1e-4, atol=1e-4)
    seen = shown(model, case.probing, pictures, runtime, RunControl())
    plain = replace(
        quick,
        outputs=outputs,
        probed=named_by_probe(case.probing, seen),
        prototypes=prototype_curve(case.probing, seen),
    )
    one, other = (measured(Judged(each, case, Baselines(each, each))) for each in (plain, quick))
    assert one.keys() == other.keys() and len(one) > 10
    for key, figure in one.items():
        assert other[key].value == pytest.approx(figure.value, rel=1e-4, abs=1e-4), key


def test_every_picture_is_passed_once(tiny_workspace: Any, case: Any) -> None:
    passed = 0

    def count(module: torch.nn.Module, _inputs: Any, output: Any) -> None:
        nonlocal passed
        if isinstance(module, torch.nn.Linear) and not output.is_meta:
            passed += len(output)

    handle = register_module_forward_hook(count)
    try:
        looked(tiny_workspace.model, replace(case, relearning=None, asked=None))
    finally:
        handle.remove()
    everything = len(tiny_workspace.images.train) + len(tiny_workspace.images.test)
    tried = 3  # one picture, to see that the quicker form does the same, and how wide the blocks are
    assert passed == everything + tried + min(PICTURES, len(case.forget))
