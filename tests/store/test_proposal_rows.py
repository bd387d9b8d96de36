from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore

Maker = Callable[..., Proposal]


def set_label(proposal: Proposal, position: int, label: int) -> Proposal:
    """What a person's edit does to a proposal."""
    targets, edited = proposal.targets.copy(), proposal.edited.copy()
    targets[position] = np.eye(targets.shape[1], dtype=np.float32)[label]
    edited[position] = True
    return replace(proposal, targets=targets, edited=edited)


def assert_same(found: Proposal, saved: Proposal) -> None:
    for name in ("indices", "true", "probabilities", "targets", "edited"):
        one, other = getattr(found, name), getattr(saved, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(found.matrix.proposed, saved.matrix.proposed)
    np.testing.assert_array_equal(found.labels, saved.labels)
    assert found.matrix.edits == saved.matrix.edits
    assert (found.matrix.classes, found.matrix.source) == (saved.matrix.classes, saved.matrix.source)
    assert (found.names, found.combine) == (saved.names, saved.combine)


def test_a_proposal_comes_back_exactly(path: Path, spec: RunSpec, proposal: Proposal) -> None:
    saved = replace(set_label(proposal, 1, 3), matrix=proposal.matrix.with_edit("cat", "dog", 0.5))
    with SessionStore.open(path) as store:
        session_id = store.create_session("s", spec)
        assert store.proposal(session_id) is None
        store.save_proposal(session_id, saved)
    with SessionStore.open(path) as store:
        found = store.proposal(session_id)
    assert found is not None
    assert_same(found.proposal, saved)
    assert (found.proposer, found.combine, found.classes) == ("classifier", "soft", saved.matrix.classes)
    assert [label.source for label in found.labels] == ["proposed", "user", *["proposed"] * 4]
    assert [label.label for label in found.labels] == [found.classes[i] for i in saved.labels]
    assert {label.true for label in found.labels} == {"cat"}


def test_tiny_probabilities_are_not_rounded(store: SessionStore, spec: RunSpec, proposal: Proposal) -> None:
    assert ((proposal.probabilities > 0) & (proposal.probabilities < 1e-8)).any()
    session_id = store.create_session("s", spec)
    store.save_proposal(session_id, proposal)
    found = store.proposal(session_id)
    assert found is not None
    np.testing.assert_array_equal(found.proposal.probabilities, proposal.probabilities)


def test_an_edited_label_keeps_what_was_proposed_and_when(
    store: SessionStore, spec: RunSpec, proposal: Proposal
) -> None:
    session_id = store.create_session("s", spec)
    store.save_proposal(session_id, proposal)
    first = store.proposal(session_id)
    edited = set_label(proposal, 2, 3 if proposal.labels[2] != 3 else 1)
    store.save_proposal(session_id, edited)
    second = store.proposal(session_id)
    assert first is not None
    assert second is not None
    assert_same(second.proposal, edited)
    was, now = first.labels[2], second.labels[2]
    assert (now.source, now.proposed) == ("user", was.label)
    assert now.label != was.label
    assert now.at > was.at
    assert second.proposed_at == first.proposed_at
    assert second.updated > first.updated
    others = [i for i in range(6) if i != 2]
    assert [second.labels[i] for i in others] == [first.labels[i] for i in others]
    store.save_proposal(session_id, proposal)  # taken back
    third = store.proposal(session_id)
    assert third is not None
    assert [(x.label, x.source, x.proposed) for x in third.labels] == [
        (x.label, x.source, x.proposed) for x in first.labels
    ]


def test_the_history_of_edits(store: SessionStore, spec: RunSpec, proposal: Proposal) -> None:
    session_id = store.create_session("s", spec)
    store.save_proposal(session_id, proposal)
    assert store.edits(session_id) == []
    one = replace(proposal, matrix=proposal.matrix.with_edit("cat", "dog", 0.5))
    store.save_proposal(session_id, one)
    two = set_label(replace(one, matrix=one.matrix.with_edit("cat", "dog", 0.25)), 4, 3)
    store.save_proposal(session_id, two)
    store.save_proposal(session_id, two)  # nothing new
    store.save_proposal(session_id, proposal)  # all taken back
    edits = store.edits(session_id)
    assert [(e.kind, e.subject, e.column, e.before, e.after) for e in edits] == [
        ("cell", "cat", "dog", None, 0.5),
        ("cell", "cat", "dog", 0.5, 0.25),
        ("label", "train/cat/4.jpg", None, None, "truck"),
        ("cell", "cat", "dog", 0.25, None),
        ("label", "train/cat/4.jpg", None, "truck", None),
    ]
    times = [edit.at for edit in edits]
    assert times == sorted(times)


def test_a_new_proposal_replaces_and_keeps_the_time_of_labels_set_by_hand(
    store: SessionStore, spec: RunSpec, proposal_of: Maker
) -> None:
    session_id = store.create_session("s", spec)
    store.save_proposal(session_id, set_label(proposal_of(6), 0, 3))
    before = store.proposal(session_id)
    newer = set_label(proposal_of(4, source="centroids", seed=1), 0, 3)
    store.save_proposal(session_id, newer)
    after = store.proposal(session_id)
    assert before is not None
    assert after is not None
    assert_same(after.proposal, newer)
    assert after.proposer == "centroids"
    assert after.proposed_at > before.proposed_at
    assert (after.labels[0].source, after.labels[0].at) == ("user", before.labels[0].at)
    assert after.labels[1].at > before.labels[1].at
    assert [(e.subject, e.after) for e in store.edits(session_id)] == [("train/cat/0.jpg", "truck")]


def rows_written(store: SessionStore) -> int:
    """Since the database was opened."""
    count: int = store._owner.call(lambda db: db.conn.total_changes)
    return count


def test_an_edit_of_a_large_proposal_writes_only_what_changed(
    store: SessionStore, spec: RunSpec, proposal_of: Maker
) -> None:
    session_id = store.create_session("s", spec)
    large = proposal_of(5_000)
    store.save_proposal(session_id, large)
    written = rows_written(store)
    store.save_proposal(session_id, set_label(large, 17, 3))
    assert rows_written(store) - written < 10
    found = store.proposal(session_id)
    assert found is not None
    assert found.labels[17].label == "truck"


def test_picture_names_of_foreign_file_systems(store: SessionStore, spec: RunSpec, proposal: Proposal) -> None:
    odd = replace(proposal, names=("train/cat/\udcff.jpg", *proposal.names[1:]))
    session_id = store.create_session("s", spec)
    store.save_proposal(session_id, odd)
    store.save_proposal(session_id, set_label(odd, 0, 3))
    found = store.proposal(session_id)
    assert found is not None
    assert found.proposal.names == odd.names
    assert store.edits(session_id)[0].subject == odd.names[0]
