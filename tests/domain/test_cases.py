from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from maga_desk.domain import cases
from maga_desk.domain.cases import CaseRun, ErasureCase, HandOver, KeptCase, Purge, Recipient
from maga_desk.domain.errors import CaseError

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
JUDGED = (CaseRun(1, "finished", "a"),)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 12, 15), date(2027, 1, 15)),
        (date(2026, 3, 1), date(2026, 4, 1)),
    ],
)
def test_a_month_to_answer(received: date, due: date) -> None:
    assert cases.due_after(received) == due
    assert cases.days_left(ErasureCase(due=due), due) == 0


def test_where_a_case_stands_follows_from_its_runs_and_from_what_people_did() -> None:
    case = ErasureCase(reference="AZ-17", approvals_needed=2)
    assert cases.standing(case, ()) == "open"
    assert cases.standing(case, (CaseRun(1, "cancelled"),)) == "open"
    assert cases.standing(case, (CaseRun(1, "running"),)) == "running"
    assert cases.standing(case, JUDGED) == "judged"
    case = cases.approved(case, JUDGED, "Ada", AT)
    assert cases.standing(case, JUDGED) == "judged"
    with pytest.raises(CaseError, match="approvals are missing: 1 of 2"):
        cases.handed_over(case, JUDGED, AT)
    with pytest.raises(CaseError, match="ada has approved"):
        cases.approved(case, JUDGED, " ada ", AT)
    case = cases.approved(case, JUDGED, "Grace", AT)
    assert cases.standing(case, JUDGED) == "approved"
    with pytest.raises(CaseError, match="not handed over"):
        cases.closed(case, JUDGED, AT)
    case = cases.closed(cases.handed_over(case, JUDGED, AT), JUDGED, AT)
    assert cases.standing(case, JUDGED) == "closed"
    with pytest.raises(CaseError, match="the case is closed"):
        cases.approved(case, JUDGED, "Edsger", AT)
    assert cases.standing(cases.reopened(case), JUDGED) == "approved"


def test_an_approval_is_of_one_judgement() -> None:
    case = cases.approved(ErasureCase(), JUDGED, "Ada", AT)
    assert cases.standing(case, JUDGED) == "approved"
    assert cases.standing(case, (CaseRun(1, "finished", "judged anew"),)) == "judged"
    assert cases.standing(case, (*JUDGED, CaseRun(2, "finished", "b"))) == "judged"
    assert cases.standing(case, (*JUDGED, CaseRun(2, "failed"))) == "approved"
    assert len(case.approvals) == 1  # it stays to be read


def test_a_hand_over_is_of_one_result_and_lapses_with_it() -> None:
    case = cases.handed_over(cases.approved(ErasureCase(), JUDGED, "Ada", AT), JUDGED, AT)
    assert case.handed_over == HandOver(AT, 1, "a") and cases.standing(case, JUDGED) == "handed over"
    for runs in ((CaseRun(1, "finished", "judged anew"),), (*JUDGED, CaseRun(2, "finished", "b"))):
        assert cases.standing(case, runs) == "judged"
        with pytest.raises(CaseError, match="was not handed over since it was judged anew"):
            cases.closed(case, runs, AT)
        with pytest.raises(CaseError, match="approvals are missing: 1 of 1"):
            cases.handed_over(case, runs, AT)
    assert cases.standing(cases.closed(case, JUDGED, AT), JUDGED) == "closed"


def test_a_hand_over_of_which_no_result_is_known_counts_for_none() -> None:
    case = cases.from_plain({"handed_over": "2026-03-04T05:06:07+00:00"})
    assert cases.standing(case, JUDGED) == "judged"


def test_a_refusal_needs_a_reason_and_can_be_taken_back() -> None:
    with pytest.raises(CaseError, match="why it is refused"):
        cases.refused(ErasureCase(), (), "  ")
    case = cases.refused(ErasureCase(), (), "Art. 17(3)(b)\nlegal obligation")
    assert (cases.standing(case, ()), case.refused) == ("refused", "Art. 17(3)(b) legal obligation")
    assert cases.standing(cases.reopened(case), ()) == "open"
    with pytest.raises(CaseError, match="the case is open"):
        cases.reopened(ErasureCase())


def test_nothing_is_decided_while_a_run_goes_on() -> None:
    runs = (*JUDGED, CaseRun(2, "running"))
    for step in (
        lambda: cases.approved(ErasureCase(), runs, "Ada", AT),
        lambda: cases.handed_over(ErasureCase(), runs, AT),
        lambda: cases.refused(ErasureCase(), runs, "no"),
    ):
        with pytest.raises(CaseError, match="a run of this case is going on"):
            step()


@pytest.mark.parametrize(
    "wrong",
    [
        {"approvals_needed": 3},
        {"scope": "x" * (cases.LONGEST + 1)},
        {"received": date(2026, 2, 2), "due": date(2026, 2, 1)},
    ],
)
def test_what_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(CaseError):
        ErasureCase(**wrong)  # type: ignore[arg-type]


def test_a_case_comes_back_from_plain_data_as_it_was() -> None:
    case = ErasureCase(reference="ü", received=date(2026, 1, 2), due=date(2026, 2, 2), kept_until=date(2029, 1, 1))
    case = cases.approved(case, JUDGED, "Ada", AT)
    case = cases.told(case, Recipient("Hosting Ltd", date(2026, 1, 3), "by letter"))
    case = replace(case, handed_over=HandOver(AT, 1, "a"), closed=AT, purges=(Purge(AT, ("answers",), ("backups",)),))
    text = json.dumps(cases.to_plain(case))
    assert cases.from_plain({**json.loads(text), "of a newer version": 1}) == case
    assert cases.from_plain({}) == ErasureCase()


def test_how_a_case_is_called() -> None:
    kept = KeptCase(id=3, created=AT, updated=AT, case=ErasureCase())
    assert kept.called == "case 3"
    assert replace(kept, case=ErasureCase(reference="AZ-17")).called == "AZ-17"
