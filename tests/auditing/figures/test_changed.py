"""Figures of nets that were changed, and of what earlier requests removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from maga_desk.auditing.compressing import FORMS, Small
from maga_desk.auditing.figures.compressed import compressed
from maga_desk.auditing.figures.earlier import earlier
from maga_desk.auditing.figures.judged import Baselines, Judged
from maga_desk.auditing.figures.pair import pair
from maga_desk.auditing.looking import Look
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import make_case


def test_a_form_that_no_longer_works_has_no_figures(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    case = make_case(Erasure.of(tiny_workspace, tiny_spec))
    sure, unsure = torch.full((40,), -0.01, dtype=torch.float64), torch.full((40,), -3.0, dtype=torch.float64)
    form = Small(torch.arange(40) < 30, sure, unsure, True)
    forms = {name: replace(form, works=name != "int4") for name in FORMS}
    found = compressed(Judged(Look(tiny_workspace.outputs, smaller=forms), case))
    assert found["int4"] is None and found["int4_auc"] is None
    right, told = found["int8"], found["int8_auc"]
    assert right is not None and (right.value, right.n) == (75.0, 40) and right.low is not None and right.low > 55
    assert told is not None and told.value == 100.0
    assert compressed(Judged(Look(tiny_workspace.outputs), case)) == {}


def test_earlier_requests_are_audited_again(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    work = tiny_workspace
    assert earlier(Judged(Look(work.outputs), make_case(Erasure.of(work, tiny_spec)))) == {}
    later = replace(work, earlier=np.arange(60))  # all crosses
    case = make_case(Erasure.of(later, tiny_spec))
    found = earlier(Judged(Look(work.outputs), case))
    shown, told = found["earlier_test"], found["earlier_auc"]
    assert shown is not None and shown.n == 20 and shown.value > 90, "this net never forgot them"
    assert told is not None and told.n == 80
    assert pair(Judged(Look(work.outputs), case, Baselines(None, Look(work.outputs)))) == {}, "not in a quick audit"
