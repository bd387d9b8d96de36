from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maga_desk.domain import cases
from maga_desk.domain.cases import ErasureCase
from maga_desk.domain.errors import CaseError, StoreError
from maga_desk.domain.events import Audited, Ended
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore

AT = datetime(2026, 3, 4, tzinfo=UTC)


def _judged_run(store: SessionStore, session: int, spec: RunSpec, report: Report) -> int:
    recorder = store.start_run(session, spec, "out")
    recorder.record(Audited(report))
    recorder.record(Ended("finished"))
    store.flush()
    return recorder.run_id


def test_every_run_belongs_to_a_case(store: SessionStore, spec: RunSpec, report: Report) -> None:
    session = store.create_session("cats", spec)
    run = _judged_run(store, session, spec, report)
    made = store.cases.of_run(run)
    assert made is not None
    assert (made.state, made.called, made.case.scope) == ("judged", f"case {made.id}", spec.forget.title())
    assert store.cases.of_session(session) == made
    second = _judged_run(store, session, spec, report)
    assert [each.id for each in store.cases.case(made.id).runs] == [run, second]


def test_a_session_can_hold_several_cases(store: SessionStore, spec: RunSpec, report: Report) -> None:
    session = store.create_session("cats", spec)
    first, second = (store.cases.new(ErasureCase(reference=name)) for name in ("AZ-1", "AZ-2"))
    store.cases.assign_session(session, first)
    one = _judged_run(store, session, spec, report)
    store.cases.assign_session(session, second)
    two = _judged_run(store, session, spec, report)
    assert [kept.called if (kept := store.cases.of_run(run)) else None for run in (one, two)] == ["AZ-1", "AZ-2"]
    store.cases.assign_run(one, second)
    assert store.cases.case(first).state == "open"
    assert {kept.called for kept in store.cases.recent()} == {"AZ-1", "AZ-2"}


def test_a_case_that_nobody_wrote_anything_of_goes_with_its_session(store: SessionStore, spec: RunSpec) -> None:
    session, other = store.create_session("cats", spec), store.create_session("dogs", spec)
    unnamed = store.cases.new(ErasureCase(scope="cats"), named=False, session_id=session)
    written = store.cases.new(ErasureCase(scope="dogs"), named=False, session_id=other)
    store.cases.change(written, lambda case, runs: replace(case, reference="AZ-2"))
    assert [kept.id if (kept := store.cases.of_session(each)) else None for each in (session, other)] == [
        unnamed, written,
    ]  # fmt: skip
    store.delete_session(session)
    store.delete_session(other)
    assert [kept.called for kept in store.cases.recent()] == ["AZ-2"]


def test_a_case_for_a_session_that_is_not_there_is_not_kept(store: SessionStore) -> None:
    with pytest.raises(StoreError, match="there is no session 99"):
        store.cases.new(ErasureCase(reference="AZ-1"), session_id=99)
    assert store.cases.recent() == []


def test_judging_anew_takes_an_approval_its_weight(store: SessionStore, spec: RunSpec, report: Report) -> None:
    run = _judged_run(store, store.create_session("cats", spec), spec, report)
    case = store.cases.of_run(run)
    assert case is not None
    kept = store.cases.change(case.id, lambda case, runs: cases.approved(case, runs, "Ada", AT))
    assert kept.state == "approved"
    store.save_judgement(run, spec, replace(report, seconds=report.seconds + 1))
    assert store.cases.case(case.id).state == "judged"


def test_a_step_that_cannot_be_taken_changes_nothing(store: SessionStore) -> None:
    case = store.cases.new(ErasureCase(reference="AZ-1"))
    before = store.cases.case(case)
    with pytest.raises(CaseError):
        store.cases.change(case, lambda case, runs: cases.closed(case, runs, AT))
    assert store.cases.case(case) == before
    for missing in (lambda: store.cases.case(99), lambda: store.cases.delete(99), lambda: store.cases.of_run(99)):
        with pytest.raises(StoreError, match="there is no"):
            missing()


def test_what_nobody_wrote_goes_with_its_runs_and_what_a_person_wrote_stays(
    store: SessionStore, path: Path, spec: RunSpec, report: Report
) -> None:
    session = store.create_session("cats", spec)
    _judged_run(store, session, spec, report)
    other = store.create_session("dogs", spec)
    named = store.cases.new(ErasureCase(reference="AZ-kept"))
    store.cases.assign_session(other, named)
    _judged_run(store, other, spec, report)
    store.delete_session(session)
    store.delete_session(other)
    assert [(kept.called, kept.runs) for kept in store.cases.recent()] == [("AZ-kept", ())]
    store.cases.delete(named)
    store.close()
    assert b"AZ-kept" not in path.read_bytes()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM cases").fetchone() == (0,)
