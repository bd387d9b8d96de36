"""The schema, as ordered migrations. A released migration is never changed; a change of the schema is a new one.

``PRAGMA user_version`` holds how many migrations a file has seen, ``_sqlite_migrations`` (kept by sqlite-utils) which
and when. All pending ones run in one transaction, so a file is either wholly old or wholly new.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("maga-desk")

#: Written to the file's header, so that another program's database is never taken for ours. ASCII "MaGA".
APPLICATION_ID = 0x4D614741


@dataclass(frozen=True)
class Schema:
    """What a program knows: its migrations and how many there are."""

    migrations: Migrations
    version: int


@MIGRATIONS()
def first_schema(db: Database) -> None:
    """Sessions, proposals with a row per picture, history of edits, runs with figures, messages and artefacts."""
    db.executescript(_FIRST)


@MIGRATIONS()
def opinions_and_answers(db: Database) -> None:
    """Opinions of questioned models, their single answers for reuse, and labels that a person agreed to."""
    db.executescript(_OPINIONS)


@MIGRATIONS()
def trials(db: Database) -> None:
    """What comparisons tried, by a fingerprint of all that the figures rest on."""
    db.executescript(_TRIALS)


@MIGRATIONS()
def sources_and_exports(db: Database) -> None:
    """The hash of a session's checkpoint beside its pictures' fingerprint; the format of an exported file."""
    db.executescript(_SOURCES)


@MIGRATIONS()
def names_and_pages(db: Database) -> None:
    """What a person calls a session, and the page on which it was left."""
    db.executescript(_NAMES)


@MIGRATIONS()
def runs_told_apart(db: Database) -> None:
    """What a person calls a run, and what it forgot in few words."""
    db.executescript(_RUNS)
    for run, text in db.execute("SELECT id, spec FROM runs").fetchall():
        forget = json.loads(text).get("forget", {})
        parts = [*forget.get("classes", ()), *forget.get("kinds", ())]
        if forget.get("pictures"):
            parts.append(f"{len(forget['pictures']):,} pictures")
        words = ", ".join(parts).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        db.execute("UPDATE runs SET forget = ? WHERE id = ?", (words, run))


@MIGRATIONS()
def cases(db: Database) -> None:
    """Erasure requests; which one a session's next runs are for, and which one a run was for. Of judgements a hash."""
    db.executescript(_CASES)
    for run, text in db.execute("SELECT id, report FROM runs WHERE report IS NOT NULL").fetchall():
        db.execute("UPDATE runs SET seal = ? WHERE id = ?", (hashlib.sha256(text.encode()).hexdigest(), run))


@MIGRATIONS()
def queue_and_presets(db: Database) -> None:
    """Runs that wait for their turn, who runs them, and a person's own presets."""
    db.executescript(_QUEUE)


SCHEMA = Schema(MIGRATIONS, version=8)


def migrate(db: Database, schema: Schema) -> None:
    """Apply what is pending. Must run inside a write transaction: migrations then use savepoints of it."""
    schema.migrations.apply(db)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {schema.version}")


# Ids are never reused (AUTOINCREMENT): a process that still writes for a deleted session must not hit a new one.
# Large columns come last, so that listing rows does not read past them. No STRICT: SQLite before 3.37 is still about.
_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    data TEXT NOT NULL,
    checkpoint TEXT,
    forget TEXT NOT NULL,
    method TEXT NOT NULL,
    fingerprint TEXT,
    train_pictures INTEGER,
    test_pictures INTEGER,
    card TEXT,
    spec TEXT NOT NULL
);
CREATE INDEX sessions_by_updated ON sessions (updated);

CREATE TABLE proposals (
    session_id INTEGER PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    proposer TEXT NOT NULL,
    combine TEXT NOT NULL,
    proposed_at TEXT NOT NULL,
    updated TEXT NOT NULL,
    digest TEXT NOT NULL,
    classes TEXT NOT NULL,
    cell_edits TEXT NOT NULL,
    matrix BLOB NOT NULL,
    probabilities BLOB NOT NULL,
    targets BLOB NOT NULL
);

CREATE TABLE labels (
    session_id INTEGER NOT NULL REFERENCES proposals (session_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    picture TEXT NOT NULL,
    picture_index INTEGER NOT NULL,
    true_label INTEGER NOT NULL,
    proposed_label INTEGER,
    label INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('proposed', 'user')),
    at TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
) WITHOUT ROWID;

CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('cell', 'label')),
    subject TEXT NOT NULL,
    column_name TEXT,
    before,
    after
);
CREATE INDEX edits_by_session ON edits (session_id);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'cancelled', 'failed', 'interrupted')),
    method TEXT NOT NULL,
    folder TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    seconds REAL,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    process TEXT NOT NULL,
    error TEXT,
    spec TEXT NOT NULL,
    summary TEXT,
    report TEXT
);
CREATE INDEX runs_by_session ON runs (session_id);
CREATE INDEX runs_by_folder ON runs (folder);
CREATE INDEX runs_by_status ON runs (status);

CREATE TABLE metrics (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    name TEXT NOT NULL,
    value REAL,
    PRIMARY KEY (run_id, step, name)
) WITHOUT ROWID;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX messages_by_run ON messages (run_id);

CREATE TABLE artefacts (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    bytes INTEGER,
    sha256 TEXT,
    PRIMARY KEY (run_id, path)
) WITHOUT ROWID;
"""

# answers.asked is the sha256 of question, model and revision; answers.picture that of the pixels. The rows hold nothing
# readable about anybody, and go when the last session that shows the picture's opinion goes.
_OPINIONS = """
ALTER TABLE labels ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;

CREATE TABLE opinions (
    session_id INTEGER NOT NULL REFERENCES proposals (session_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    head TEXT NOT NULL,
    class_rows BLOB NOT NULL,
    p_true BLOB NOT NULL,
    PRIMARY KEY (session_id, position)
);

CREATE TABLE exemplars (
    session_id INTEGER NOT NULL,
    opinion INTEGER NOT NULL,
    position INTEGER NOT NULL,
    picture TEXT NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (session_id, opinion, position),
    FOREIGN KEY (session_id, opinion) REFERENCES opinions (session_id, position) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX exemplars_by_digest ON exemplars (digest);

CREATE TABLE answers (
    picture BLOB NOT NULL,
    asked BLOB NOT NULL,
    value REAL NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (picture, asked)
) WITHOUT ROWID;
"""

_TRIALS = """
CREATE TABLE trials (
    digest TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    contender TEXT NOT NULL,
    seed INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('done', 'failed', 'unable')),
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    report TEXT
);
"""

_SOURCES = """
ALTER TABLE sessions ADD COLUMN checkpoint_sha256 TEXT;
ALTER TABLE artefacts ADD COLUMN format TEXT;
"""

_NAMES = """
ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN page TEXT NOT NULL DEFAULT '';
"""

_RUNS = """
ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN forget TEXT NOT NULL DEFAULT '';
"""

# What a person wrote of a case is JSON (domain.cases): it is read and written whole.
_CASES = """
CREATE TABLE cases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    named INTEGER NOT NULL,
    content TEXT NOT NULL
);
ALTER TABLE sessions ADD COLUMN case_id INTEGER REFERENCES cases (id) ON DELETE SET NULL;
ALTER TABLE runs ADD COLUMN case_id INTEGER REFERENCES cases (id) ON DELETE SET NULL;
ALTER TABLE runs ADD COLUMN seal TEXT NOT NULL DEFAULT '';
CREATE INDEX runs_by_case ON runs (case_id);
"""

# An entry goes with its session: its spec may hold names of pictures. Who runs the queue stands in a row of its own, so
# that nobody else begins the next entry while one is looked for.
_QUEUE = """
CREATE TABLE queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER REFERENCES sessions (id) ON DELETE CASCADE,
    run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'held', 'running', 'interrupted', 'finished', 'failed', 'cancelled')),
    wish TEXT NOT NULL DEFAULT '' CHECK (wish IN ('', 'pause', 'free', 'skip', 'cancel')),
    place INTEGER NOT NULL,
    method TEXT NOT NULL,
    forget TEXT NOT NULL,
    data TEXT NOT NULL,
    seed INTEGER NOT NULL,
    folder TEXT NOT NULL,
    added TEXT NOT NULL,
    begun TEXT,
    ended TEXT,
    pid INTEGER,
    host TEXT,
    process TEXT,
    reason TEXT NOT NULL DEFAULT '',
    spec TEXT NOT NULL
);
CREATE INDEX queue_by_session ON queue (session_id);
CREATE INDEX queue_by_run ON queue (run_id);

CREATE TABLE queue_runner (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    paused TEXT NOT NULL DEFAULT '' CHECK (paused IN ('', 'pause', 'free')),
    reason TEXT NOT NULL DEFAULT '',
    pid INTEGER,
    host TEXT,
    process TEXT
);
INSERT INTO queue_runner (id) VALUES (1);

CREATE TABLE presets (
    name TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    at TEXT NOT NULL,
    method TEXT NOT NULL
);
"""
