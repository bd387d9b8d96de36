from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from maga_desk.domain.errors import StoreError
from maga_desk.domain.spec import RunSpec
from maga_desk.store.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA, Schema, first_schema
from maga_desk.store.sessions import SessionStore


def later(change: str, *, version: int = 2) -> Schema:
    """The schema of a later program: the same first migration, and one more."""
    migrations = Migrations(MIGRATIONS.name)
    migrations()(first_schema)

    @migrations()
    def second_schema(db: Database) -> None:
        db.executescript(change)

    return Schema(migrations, version)


def pragma(store: SessionStore, name: str) -> object:
    return store._owner.call(lambda db: db.execute(f"PRAGMA {name}").fetchone()[0])


def test_the_version_counts_the_migrations(store: SessionStore) -> None:
    applied = store._owner.call(lambda db: [m.name for m in MIGRATIONS.applied(db)])
    assert len(applied) == SCHEMA.version == pragma(store, "user_version")
    assert store._owner.call(lambda db: MIGRATIONS.pending(db)) == []
    assert pragma(store, "application_id") == APPLICATION_ID


def test_a_file_of_version_1_is_brought_to_version_2(path: Path, spec: RunSpec) -> None:
    with SessionStore.open(path) as store:
        session_id = store.create_session("kept", spec)
    schema = later("ALTER TABLE sessions ADD COLUMN note TEXT NOT NULL DEFAULT 'new'")
    with SessionStore.open(path, schema=schema) as store:
        assert store.session(session_id).title == "kept"
        assert pragma(store, "user_version") == 2
        assert store._owner.call(lambda db: db.execute("SELECT note FROM sessions").fetchall()) == [("new",)]
        names = store._owner.call(lambda db: [m.name for m in schema.migrations.applied(db)])
        assert names == ["first_schema", "second_schema"]
    with pytest.raises(StoreError, match="newer MaGA Desk"):
        SessionStore.open(path)


def test_a_fresh_file_gets_all_migrations(path: Path, spec: RunSpec) -> None:
    with SessionStore.open(path, schema=later("CREATE TABLE extra (id INTEGER)")) as store:
        assert pragma(store, "user_version") == 2
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
        assert pragma(store, "user_version") == 1
