"""The figures that are computed are those that the records promise, in each depth and with what is there."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from maga_desk.auditing.figures.compressed import SHOWN
from maga_desk.auditing.figures.judged import Baselines, Judged
from maga_desk.auditing.figures.registry import measured
from maga_desk.auditing.looking import Case, Look, look
from maga_desk.domain.control import RunControl
from maga_desk.domain.measure import Measure
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.routine import fresh_model
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import make_case

BESIDE_THE_ORIGINAL = {"cka_original", "pair", "pair_gain"}


def promised(depth: str, *there: str) -> set[str]:
    """The measures that an audit of a class gives; nothing was forgotten before, and there are no shadow models."""

    def given(measure: Measure) -> bool:
        return measure.rests_on <= set(there) and (depth == "full" or measure.depth == "quick")

    return {key for key, measure in MEASURES.items() if given(measure)} - {
        "earlier_train",
        "earlier_test",
        "earlier_auc",
    }


def seen(looking: Generator[Any, None, Look]) -> Look:
    while True:
        try:
            next(looking)
        except StopIteration as ended:
            found: Look = ended.value
            return found


@pytest.mark.parametrize("depth", ["quick", "full"])
def test_every_promised_figure_is_given(tiny_workspace: Any, tiny_spec: RunSpec, depth: str) -> None:
    case: Case = make_case(Erasure.of(tiny_workspace, tiny_spec.with_changes("audit", depth=depth)))
    other = fresh_model("resnet8", 4, 5, tiny_workspace.runtime)
    original = seen(look(tiny_workspace.model, case, RunControl(), "it"))
    retrained = seen(look(other, case, RunControl(), "the other"))
    alone = set(measured(Judged(original, case)))
    assert alone == promised(depth) - BESIDE_THE_ORIGINAL
    beside = set(measured(Judged(retrained, case, Baselines(None, original))))
    # A net that guesses tells nothing by a smaller form of itself.
    smaller = {f"{form}{figure}" for form in SHOWN for figure in ("", "_auc")}
    assert beside == promised(depth) - smaller
    judged = set(measured(Judged(original, case, Baselines(retrained, original))))
    # An untrained net has no neighbours of a class to speak of; a net is not compared with itself.
    assert judged | {"cmia"} == promised(depth, "retrained") - {"cka_original", "pair_gain"}
    yardstick = set(measured(Judged(retrained, case, Baselines(retrained, original))))
    assert yardstick & {key for key, measure in MEASURES.items() if measure.rests_on} <= {"cmia"}
