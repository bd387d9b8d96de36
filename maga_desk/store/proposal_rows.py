"""Rows of a session's proposal, with the history of what a person changed in it. For the owner thread."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sqlite_utils import Database

from maga_desk.domain.proposal import Proposal
from maga_desk.domain.sessions import EditRecord, LabelRecord, StoredProposal
from maga_desk.domain.specs.guidance import MatrixEdit
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.store import opinion_rows
from maga_desk.store.erasing import due_for_wiping
from maga_desk.store.run_rows import touch
from maga_desk.store.values import array_in, array_out, json_in, now, text_in, text_out, when


class _Row(NamedTuple):
    """A stored label, as the next save needs to know it."""

    picture: str
    proposed: int | None
    label: int
    source: str
    at: str
    accepted: int


def save(db: Database, session_id: int, proposal: Proposal) -> None:
    """Replace the session's proposal. Inside a write transaction.

    Saving what a person changed in a proposal that is stored already rewrites only what differs, so that an edit is
    cheap; every difference in edits is added to the history.

    :raises StoreError: there is no such session.
    """
    touch(db, session_id)
    stored = db.execute(
        "SELECT digest, classes, cell_edits, proposed_at FROM proposals WHERE session_id = ?", (session_id,)
    ).fetchone()
    digest = _digest(proposal)
    same = stored is not None and stored["digest"] == digest
    old = _rows(db, session_id) if stored else []
    old_classes = json.loads(stored["classes"]) if stored else []
    old_cells = json.loads(stored["cell_edits"]) if stored else []
    at = now()
    labels = [int(label) for label in proposal.labels]
    _add_history(db, session_id, at, _cell_changes(old_cells, proposal))
    _add_history(db, session_id, at, _label_changes(old, old_classes, proposal, labels))
    _write_head(db, session_id, proposal, digest, at=at, proposed_at=stored["proposed_at"] if same else at, same=same)
    rows = _new_rows(proposal, labels, {row.picture: row for row in old}, old_classes, same=same, at=at)
    if same:
        changed = [(*new[1:], session_id, i) for i, (was, new) in enumerate(zip(old, rows, strict=True)) if was != new]
        db.conn.executemany(
            "UPDATE labels SET proposed_label = ?, label = ?, source = ?, at = ?, accepted = ?"
            " WHERE session_id = ? AND position = ?",
            changed,
        )
    else:
        opinion_rows.save(db, session_id, proposal.opinions)
        db.execute("DELETE FROM labels WHERE session_id = ?", (session_id,))
        db.conn.executemany(
            "INSERT INTO labels (session_id, position, picture, picture_index, true_label,"
            " proposed_label, label, source, at, accepted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (session_id, i, text_in(row.picture), int(proposal.indices[i]), int(proposal.true[i]), *row[1:])
                for i, row in enumerate(rows)
            ),
        )


def load(db: Database, session_id: int) -> StoredProposal | None:
    """The session's proposal exactly as it was saved, ``None`` when there is none."""
    head = db.execute(
        "SELECT proposer, combine, proposed_at, updated, classes, cell_edits, matrix, probabilities, targets"
        " FROM proposals WHERE session_id = ?",
        (session_id,),
    ).fetchone()
    if head is None:
        return None
    classes = tuple(json.loads(head["classes"]))
    edits = tuple(MatrixEdit(**cell) for cell in json.loads(head["cell_edits"]))
    rows = db.execute(
        "SELECT picture, picture_index, true_label, proposed_label, label, source, at, accepted"
        " FROM labels WHERE session_id = ? ORDER BY position",
        (session_id,),
    ).fetchall()
    names = tuple(text_out(row["picture"]) for row in rows)
    proposal = Proposal(
        matrix=TransitionMatrix(classes, array_out(head["matrix"]), head["proposer"], edits),
        names=names,
        indices=np.array([row["picture_index"] for row in rows], dtype=np.int64),
        true=np.array([row["true_label"] for row in rows], dtype=np.int64),
        probabilities=array_out(head["probabilities"]),
        targets=array_out(head["targets"]),
        edited=np.array([row["source"] == "user" for row in rows], dtype=bool),
        combine=head["combine"],
        opinions=opinion_rows.load(db, session_id),
        accepted=np.array([bool(row["accepted"]) for row in rows], dtype=bool),
    )
    times = {text: when(text) for text in {row["at"] for row in rows}}
    labels = tuple(
        LabelRecord(
            picture=name,
            true=classes[row["true_label"]],
            proposed=None if row["proposed_label"] is None else classes[row["proposed_label"]],
            label=classes[row["label"]],
            source=row["source"],
            at=times[row["at"]],
            accepted=bool(row["accepted"]),
        )
        for name, row in zip(names, rows, strict=True)
    )
    return StoredProposal(proposal, labels, when(head["proposed_at"]), when(head["updated"]))


def history(db: Database, session_id: int) -> list[EditRecord]:
    """Every change by hand, oldest first."""
    rows = db.execute(
        "SELECT at, kind, subject, column_name, before, after FROM edits WHERE session_id = ? ORDER BY id",
        (session_id,),
    ).fetchall()
    return [
        EditRecord(
            at=when(row["at"]),
            kind=row["kind"],
            subject=text_out(row["subject"]),
            column=row["column_name"],
            before=row["before"],
            after=row["after"],
        )
        for row in rows
    ]


def forget(db: Database, session_ids: Sequence[int]) -> int:
    """Delete the proposals of sessions, the history of edits and what models answered; how many labels those were.

    Inside a write transaction, which notes that old pages are due for wiping.
    """
    count = 0
    for session_id in session_ids:
        count += db.execute("SELECT count(*) FROM labels WHERE session_id = ?", (session_id,)).fetchone()[0]
        db.execute("DELETE FROM proposals WHERE session_id = ?", (session_id,))
        db.execute("DELETE FROM edits WHERE session_id = ?", (session_id,))
    opinion_rows.forget_answers(db, everything=False)
    due_for_wiping(db)
    return count


def _digest(proposal: Proposal) -> str:
    """Of what a person cannot change: the same digest means the same proposal, edited or not."""
    digest = hashlib.sha256(json.dumps([proposal.matrix.source, proposal.matrix.classes, proposal.names]).encode())
    for array in (proposal.matrix.proposed, proposal.indices, proposal.true, proposal.probabilities):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    for opinion in proposal.opinions:
        digest.update(json.dumps([opinion.title, opinion.revision, opinion.prompt, opinion.at]).encode())
        digest.update(np.ascontiguousarray(opinion.p_true).tobytes())
    return digest.hexdigest()


def _rows(db: Database, session_id: int) -> list[_Row]:
    rows = db.execute(
        "SELECT picture, proposed_label, label, source, at, accepted FROM labels"
        " WHERE session_id = ? ORDER BY position",
        (session_id,),
    ).fetchall()
    return [
        _Row(
            picture=text_out(row["picture"]),
            proposed=row["proposed_label"],
            label=row["label"],
            source=row["source"],
            at=row["at"],
            accepted=row["accepted"],
        )
        for row in rows
    ]


def _write_head(
    db: Database, session_id: int, proposal: Proposal, digest: str, *, at: str, proposed_at: str, same: bool
) -> None:
    matrix = proposal.matrix
    cells = json_in([edit.model_dump() for edit in matrix.edits])
    targets = array_in(proposal.targets)
    if same:
        db.execute(
            "UPDATE proposals SET combine = ?, updated = ?, cell_edits = ?, targets = ? WHERE session_id = ?",
            (proposal.combine, at, cells, targets, session_id),
        )
        return
    # Probabilities stay float32: the label is an argmax over products with values that float16 rounds to zero.
    db.execute(
        "INSERT OR REPLACE INTO proposals (session_id, proposer, combine, proposed_at, updated, digest, classes,"
        " cell_edits, matrix, probabilities, targets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session_id,
            matrix.source,
            proposal.combine,
            proposed_at,
            at,
            digest,
            json_in(matrix.classes),
            cells,
            array_in(matrix.proposed),
            array_in(proposal.probabilities),
            targets,
        ),
    )


def _new_rows(
    proposal: Proposal, labels: list[int], old: Mapping[str, _Row], old_classes: list[str], *, same: bool, at: str
) -> list[_Row]:
    classes = proposal.matrix.classes
    rows = []
    agreed = proposal.agreed & ~proposal.edited
    for name, label, edited, accepted in zip(proposal.names, labels, proposal.edited, agreed.tolist(), strict=True):
        source = "user" if edited else "proposed"
        was = old.get(name)
        known = was.proposed if was and same else None
        proposed = known if edited else label
        # A label that stands as it was keeps its time; of a new proposal only those set by hand do.
        kept = was and was.source == source and (same or edited) and old_classes[was.label] == classes[label]
        kept = kept and was is not None and bool(was.accepted) == accepted
        rows.append(_Row(name, proposed, label, source, was.at if was and kept else at, int(accepted)))
    return rows


_Change = tuple[str, str, str | None, float | str | None, float | str | None]


def _cell_changes(old: list[dict[str, object]], proposal: Proposal) -> Iterator[_Change]:
    before = {(str(cell["row"]), str(cell["column"])): float(str(cell["value"])) for cell in old}
    after = {(edit.row, edit.column): edit.value for edit in proposal.matrix.edits}
    for row, column in {**before, **after}:
        was, new = before.get((row, column)), after.get((row, column))
        if was != new:
            yield "cell", row, column, was, new


def _label_changes(old: list[_Row], old_classes: list[str], proposal: Proposal, labels: list[int]) -> Iterator[_Change]:
    classes = proposal.matrix.classes
    before = {row.picture: old_classes[row.label] for row in old if row.source == "user"}
    after = {
        name: classes[label]
        for name, label, edited in zip(proposal.names, labels, proposal.edited, strict=True)
        if edited
    }
    for name in {**before, **after}:
        was, new = before.get(name), after.get(name)
        if was != new:
            yield "label", name, None, was, new


def _add_history(db: Database, session_id: int, at: str, changes: Iterator[_Change]) -> None:
    db.conn.executemany(
        "INSERT INTO edits (session_id, at, kind, subject, column_name, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((session_id, at, kind, text_in(subject), *rest) for kind, subject, *rest in changes),
    )
