"""Opinions and remembered answers: exact, shared between programs, and gone when they are erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest

from maga_desk.domain.opinion import AnswerKey, Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
from tests.store.test_erasing import bytes_on_disk

DIGESTS = ("11" * 32, "22" * 32)


def make_opinion(digests: tuple[str, ...] = DIGESTS, **changes: object) -> Opinion:
    p_true = np.random.default_rng(0).random((2, 4)).astype(np.float32)
    p_true[:, 0] = np.nan
    return replace(
        Opinion(
            proposer="mllm",
            model='a/model "x" 🦆',
            revision="abc",
            prompt="Is it like a {class}?",
            asked_about=("cat", "dog", "deer", "truck"),
            pictures=("train/cat/1.jpg", "train/cat/🐈.jpg"),
            rows=np.array([0, 0]),
            p_true=p_true,
            questions=6,
            cached=2,
            tokens=123,
            seconds=0.1 + 0.2,
            loading=1 / 3,
            cost=1e-7,
            at="2026-01-02T03:04:05+00:00",
            digests=digests,
        ),
        **changes,
    )


def keys(count: int, picture: str = "11" * 32, model: str = "m", revision: str = "1") -> list[AnswerKey]:
    return [AnswerKey(picture, f"Is it like a thing {i}?", model, revision) for i in range(count)]


def same(one: Opinion, other: Opinion) -> bool:
    np.testing.assert_array_equal(one.p_true, other.p_true)
    np.testing.assert_array_equal(one.rows, other.rows)
    names = set(vars(one)) - {"rows", "p_true"}
    return one.p_true.dtype == other.p_true.dtype and all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.fixture
def session(store: SessionStore, spec: RunSpec) -> int:
    return store.create_session("s", spec)


def test_opinions_come_back_exactly(store: SessionStore, session: int, proposal: Proposal) -> None:
    opinions = (make_opinion(), make_opinion((), proposer="clip", cost=None))
    store.save_proposal(session, replace(proposal, opinions=opinions))
    found = store.proposal(session)
    assert found is not None
    assert len(found.proposal.opinions) == 2
    assert all(same(one, other) for one, other in zip(found.proposal.opinions, opinions, strict=True))
    store.save_proposal(session, replace(proposal, opinions=()))
    found = store.proposal(session)
    assert found is not None and found.proposal.opinions == ()


def test_what_a_person_agreed_to_is_kept(store: SessionStore, session: int, proposal: Proposal) -> None:
    accepted = np.array([True, False, False, True, False, False])
    store.save_proposal(session, proposal)
    before = store.proposal(session)
    store.save_proposal(session, replace(proposal, accepted=accepted))
    found = store.proposal(session)
    assert before is not None and found is not None
    np.testing.assert_array_equal(found.proposal.accepted, accepted)
    assert [label.accepted for label in found.labels] == accepted.tolist()
    assert [label.at > was.at for label, was in zip(found.labels, before.labels, strict=True)] == accepted.tolist()
    assert found.proposed_at == before.proposed_at


def test_an_answer_is_known_by_picture_question_model_and_revision(store: SessionStore) -> None:
    store.keep(keys(3), [0.1, 0.2, 0.3])
    assert store.known(keys(4)) == [0.1, 0.2, 0.3, None]
    for other in (keys(1, picture="33" * 32), keys(1, model="n"), keys(1, revision="2")):
        assert store.known(other) == [None]
    store.keep(keys(1), [0.9])
    assert store.known(keys(2)) == [0.9, 0.2]


def test_what_was_kept_is_there_though_the_program_is_killed(path: Path, python: Callable[..., Popen[str]]) -> None:
    code = """
import sys
from maga_desk.domain.opinion import AnswerKey
from maga_desk.store.sessions import SessionStore
store = SessionStore.open(sys.argv[1])
store.keep([AnswerKey("11" * 32, f"Is it like a thing {i}?", "m", "1") for i in range(5)], [0.5] * 5)
print("kept", flush=True)
sys.stdin.read()
"""
    other = python(code, path)
    assert other.stdout is not None and other.stdout.readline() == "kept\n"
    with SessionStore.open(path) as store:  # while the other has it open
        assert store.known(keys(6)) == [0.5] * 5 + [None]
    other.kill()
    other.wait()
    with SessionStore.open(path) as store:
        assert store.known(keys(6)) == [0.5] * 5 + [None]


def test_a_deleted_session_takes_the_answers_about_its_pictures_along(
    path: Path, spec: RunSpec, proposal: Proposal
) -> None:
    with SessionStore.open(path) as store:
        first, second = store.create_session("a", spec), store.create_session("b", spec)
        store.save_proposal(first, replace(proposal, opinions=(make_opinion(),)))
        store.save_proposal(second, replace(proposal, opinions=(make_opinion(("22" * 32, "44" * 32)),)))
        for digest in ("11", "22", "44"):
            store.keep(keys(2, picture=digest * 32), [0.5, 0.5])
        store.delete_session(first)
        assert store.known(keys(1, picture="11" * 32)) == [None]  # nobody shows it any more
        assert store.known(keys(1, picture="22" * 32)) == [0.5]  # the other session does
        store.delete_session(second)
        assert store.known(keys(1, picture="22" * 32)) == [None]
    kept = bytes_on_disk(path)
    assert b"\x11" * 32 not in kept and b"\x22" * 32 not in kept and "🐈".encode() not in kept


def test_forgetting_all_answers_leaves_the_sessions(path: Path, spec: RunSpec, proposal: Proposal) -> None:
    with SessionStore.open(path) as store:
        session = store.create_session("a", spec)
        store.save_proposal(session, replace(proposal, opinions=(make_opinion(),)))
        store.keep(keys(7, picture="55" * 32), [0.5] * 7)
        assert store.forget_answers() == 7
        assert store.forget_answers() == 0
        assert store.known(keys(1, picture="55" * 32)) == [None]
        found = store.proposal(session)
        assert found is not None and len(found.proposal.opinions) == 1
    assert b"\x55" * 32 not in bytes_on_disk(path)


def test_answers_hold_neither_picture_nor_question_in_clear(path: Path) -> None:
    with SessionStore.open(path) as store:
        store.keep([AnswerKey("11" * 32, "Is it like Erika Mustermann?", "m", "1")], [0.5])
    with sqlite3.connect(path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(answers)")]
    connection.close()
    assert columns == ["picture", "asked", "value", "at"]
    assert b"Mustermann" not in bytes_on_disk(path)
