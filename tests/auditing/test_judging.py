"""What an audit says of itself: what is missing, and what is too small to say much."""

from __future__ import annotations

from typing import Any

import pytest

from maga_desk.auditing.judging import FEW, notes
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Message
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import make_case
from maga_desk.services.runs import run


@pytest.fixture
def case(tiny_workspace: Any, tiny_spec: RunSpec) -> Any:
    return make_case(Erasure.of(tiny_workspace, tiny_spec))


def test_a_missing_reference_is_named_with_what_rests_on_it(case: Any) -> None:
    first = notes(case, retrained=False, shadows=True)[0]
    assert first.startswith("There is no retrained model")
    assert all(name in first for name in ("Average gap", "JS", "KL", "class-aware", "verdicts"))
    assert not any("retrained model:" in note for note in notes(case, retrained=True, shadows=True))


def test_few_pictures_give_a_warning(case: Any) -> None:
    found = notes(case, retrained=True, shadows=True)
    assert len(found) == 1 and found[0].startswith("There are only 20 test pictures of the same kind")
    assert 20 < FEW <= 60, "60 test pictures of what stays are enough, 20 of the rings are few"


def test_shadow_models_without_a_reference_are_said_to_be_missing(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("audit", shadows=2, depth="quick")
    events = list(run(spec, RunControl()))
    assert any(isinstance(e, Message) and "need a retrained model" in e.text for e in events)
    report = next(event.report for event in events if isinstance(event, Audited))
    assert any("No shadow models were trained" in note for note in report.notes)


def test_an_audit_of_five_pictures_is_wide_and_says_so(tiny_spec: RunSpec) -> None:
    names = [f"train/ring/{i:03}.png" for i in range(5)]
    spec = tiny_spec.with_changes("forget", classes=[], pictures=names).with_changes("audit", depth="quick")
    report = next(event.report for event in run(spec, RunControl()) if isinstance(event, Audited))
    figure = report.after.figures["forget_train"]
    assert figure.n == 5 and figure.low is not None and figure.high is not None and figure.high - figure.low > 30
    assert any("only 5 pictures to forget" in note for note in report.notes)
