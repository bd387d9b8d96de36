from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from maga_desk.domain.cases import CaseRun, ErasureCase
from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Report
from maga_desk.domain.sessions import changed_since
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.migrations import (
    APPLICATION_ID,
    MIGRATIONS,
    SCHEMA,
    Schema,
    cases,
    first_schema,
    names_and_pages,
    opinions_and_answers,
    queue_and_presets,
    runs_told_apart,
    sources_and_exports,
    trials,
)
from maga_desk.store.sessions import SessionStore
from maga_desk.store.values import seal

RELEASED = (
    first_schema,
    opinions_and_answers,
    trials,
    sources_and_exports,
    names_and_pages,
    runs_told_apart,
    cases,
    queue_and_presets,
)


def released(count: int) -> Migrations:
    """The first so many migrations of this program."""
    migrations = Migrations(MIGRATIONS.name)
    for migration in RELEASED[:count]:
        migrations()(migration)
    return migrations


def later(change: str) -> Schema:
    """The schema of a later program: the same migrations, and one more."""
    migrations = released(len(RELEASED))

    @migrations()
    def one_more(db: Database) -> None:
        db.executescript(change)

    return Schema(migrations, len(RELEASED) + 1)


def pragma(store: SessionStore, name: str) -> object:
    return store._owner.call(lambda db: db.execute(f"PRAGMA {name}").fetchone()[0])


def test_the_version_counts_the_migrations(store: SessionStore) -> None:
    applied = store._owner.call(lambda db: [m.name for m in MIGRATIONS.applied(db)])
    assert len(applied) == SCHEMA.version == pragma(store, "user_version")
    assert store._owner.call(lambda db: MIGRATIONS.pending(db)) == []
    assert pragma(store, "application_id") == APPLICATION_ID


def test_a_file_of_the_first_release_is_brought_here(path: Path, spec: RunSpec, proposal: Proposal) -> None:
    with SessionStore.open(path, schema=Schema(released(1), 1)) as store:
        session_id = store.create_session("kept", spec)
        assert pragma(store, "user_version") == 1
        # as the first release wrote a label: without what the second added
        store._owner.call(lambda db: db.executescript(FIRST_PROPOSAL.format(session=session_id)))
    with SessionStore.open(path) as store:
        assert pragma(store, "user_version") == SCHEMA.version
        (row,) = store._owner.call(lambda db: db.execute("SELECT label, accepted FROM labels").fetchall())
        assert tuple(row) == (2, 0)
        store.save_proposal(session_id, proposal)
        found = store.proposal(session_id)
        assert found is not None and found.proposal.names == proposal.names


def test_judgements_of_earlier_versions_get_their_seal(path: Path, spec: RunSpec, report: Report) -> None:
    with SessionStore.open(path, schema=Schema(released(6), 6)) as store:
        session_id = store.create_session("kept", spec)
        text = json.dumps(report.as_dict())
        store._owner.call(lambda db: db.execute(JUDGED_RUN, (session_id, text)))
    with SessionStore.open(path) as store:
        case = store.cases.new(ErasureCase())
        store.cases.assign_run(1, case)
        assert store.cases.case(case).runs == (CaseRun(1, "finished", seal(text)),)


JUDGED_RUN = """
INSERT INTO runs (session_id, status, method, folder, started, pid, host, process, spec, report)
 VALUES (?, 'finished', 'maga', 'out', '2026-01-01T00:00:00+00:00', 1, '', '', '{}', ?)
"""

FIRST_PROPOSAL = """
INSERT INTO proposals VALUES ({session}, 'classifier', 'soft', 'then', 'then', 'd', '[]', '[]', x'', x'', x'');
INSERT INTO labels VALUES ({session}, 0, 'cat/0.jpg', 3, 0, 2, 2, 'proposed', 'then');
"""


def test_an_older_file_is_brought_to_the_next_version(path: Path, spec: RunSpec) -> None:
    with SessionStore.open(path) as store:
        session_id = store.create_session("kept", spec)
    schema = later("ALTER TABLE sessions ADD COLUMN note TEXT NOT NULL DEFAULT 'new'")
    with SessionStore.open(path, schema=schema) as store:
        assert store.session(session_id).title == "kept"
        assert pragma(store, "user_version") == schema.version
        assert store._owner.call(lambda db: db.execute("SELECT note FROM sessions").fetchone()[0]) == "new"
        names = store._owner.call(lambda db: [m.name for m in schema.migrations.applied(db)])
        assert names == [*(migration.__name__ for migration in RELEASED), "one_more"]
    with pytest.raises(StoreError, match="newer MaGA Desk"):
        SessionStore.open(path)


def test_a_fresh_file_gets_all_migrations(path: Path, spec: RunSpec) -> None:
    schema = later("CREATE TABLE extra (id INTEGER)")
    with SessionStore.open(path, schema=schema) as store:
        assert pragma(store, "user_version") == schema.version
        store.create_session("s", spec)


def test_a_migration_that_fails_changes_nothing(path: Path, spec: RunSpec) -> None:
    with SessionStore.open(path) as store:
        session_id = store.create_session("kept", spec)
    before = path.read_bytes()
    with pytest.raises(Exception, match="no such table: nowhere"):
        SessionStore.open(
            path, schema=later("CREATE TABLE extra (id INTEGER); DROP TABLE sessions; DROP TABLE nowhere;")
        )
    assert path.read_bytes() == before
    with SessionStore.open(path) as store:
        assert store.session(session_id).title == "kept"
        assert pragma(store, "user_version") == SCHEMA.version


def test_what_version_0_1_0_kept_gets_empty_hashes(path: Path, spec: RunSpec, card: WorkspaceCard) -> None:
    with SessionStore.open(path, schema=Schema(released(3), 3)) as store:
        session_id = store.create_session("kept", spec)
        old = spec.with_changes("forget", classes=("cat",), kinds=(), pictures=("a", "b"), files=None, fraction=None)
        row = (session_id, old.model_dump_json())
        run_id = store._owner.call(lambda db: db.execute(OLD_RUN, row).lastrowid or 0)
        store._owner.call(lambda db: db.executescript(OLD_CARD_AND_EXPORT.format(session=session_id, run=run_id)))
    with SessionStore.open(path) as store:
        found = store.session(session_id).card
        assert found is not None and (found.fingerprint, found.checkpoint_sha256) == ("", "")
        assert changed_since(found, card) == ()
        assert [(info.name, info.forget) for info in store.runs(session_id)] == [("", "cat, 2 pictures")]
        assert [(file.kind, file.format) for file in store.run(run_id).artefacts] == [("summary", None)]
        store.update_session(session_id, card=card)
        assert store.session(session_id).card == card


OLD_RUN = """
INSERT INTO runs (session_id, status, method, folder, started, pid, host, process, spec)
 VALUES (?, 'finished', 'maga', 'out', '2026-01-01T00:00:00+00:00', 1, '', '', ?)
"""
OLD_CARD_AND_EXPORT = """
UPDATE sessions SET card = '{{"checkpoint": "n", "arch": "resnet8", "parameters": 1, "classes": ["a"], "kinds": ["a"],
 "families": null, "train_pictures": 1, "test_pictures": 1, "size": [8, 8], "accuracy_train": 1.0,
 "accuracy_test": null, "device": "cpu", "precision": "float32", "trained_by": "", "skipped": [], "notes": []}}'
 WHERE id = {session};
INSERT INTO artefacts VALUES ({run}, 'out/summary.json', 'summary', '2026-01-01T00:00:00+00:00', 3, 'aa');
"""
