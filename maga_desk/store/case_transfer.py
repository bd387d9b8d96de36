"""A case with its runs and sessions as plain rows, taken from one database and put into another.

Functions over a connection, for the owner thread. Ids are given anew; what refers to them follows. Nothing of a run is
interpreted: a judgement's text stays as it is, so that its seal, and with it every approval, holds.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from maga_desk.domain.cases import ErasureCase, from_plain
from maga_desk.domain.errors import CaseError, StoreError
from maga_desk.store import case_rows, proposal_rows, run_rows, session_rows
from maga_desk.store.specs import spec_columns, spec_out
from maga_desk.store.values import json_in, now, seal, text_in, text_out

Rows = dict[str, list[dict[str, Any]]]
"""By table; bytes are ``{"base64": text}``."""

_OF_SESSION = ("proposals", "labels", "edits", "opinions", "exemplars")
_OF_RUN = ("metrics", "messages", "artefacts")
_OWN_IDS = ("edits", "messages")
_NOBODY = {"pid": 0, "host": "", "process": ""}
"""Which process did a run on which machine is nobody's business on another."""

TABLES = ("cases", "sessions", "runs", *_OF_SESSION, *_OF_RUN)
"""In the order in which they are put."""


def taken(db: Database, case_id: int) -> Rows:
    """All rows of a case: itself, its runs, the sessions that these belong to, and what hangs on them.

    :raises StoreError: there is no such case. :raises CaseError: a run of it is going on.
    """
    rows: Rows = {"cases": _select(db, "cases", "id", [case_id])}
    if not rows["cases"]:
        raise StoreError(f"there is no case {case_id}")
    rows["runs"] = [row | _NOBODY for row in _select(db, "runs", "case_id", [case_id])]
    if any(run["status"] == "running" for run in rows["runs"]):
        raise CaseError("a run of this case is going on", todo="wait for its end, or stop it")
    last = {run["session_id"]: run for run in rows["runs"]}
    idle = [row["id"] for row in _select(db, "sessions", "case_id", [case_id]) if not _has_runs(db, row["id"])]
    sessions = _select(db, "sessions", "id", sorted({*last, *idle}))
    rows["sessions"] = [_as_run(row, last[row["id"]]) if row["id"] in last else row for row in sessions]
    guided = [row["id"] for row in sessions if row["id"] in idle or _is_only_of(db, row, last[row["id"]])]
    for table in _OF_SESSION:
        rows[table] = _select(db, table, "session_id", guided)
    named = {(row["session_id"], text_of(row["picture"])) for row in rows["labels"]}
    rows["edits"] = [  # of pictures that are asked for still
        row for row in rows["edits"] if row["kind"] == "cell" or (row["session_id"], text_of(row["subject"])) in named
    ]
    for table in _OF_RUN:
        rows[table] = _select(db, table, "run_id", [run["id"] for run in rows["runs"]])
    rows["artefacts"] = [row for row in rows["artefacts"] if row["kind"] != "export"]
    return rows


def _has_runs(db: Database, session_id: int) -> bool:
    return db.execute("SELECT 1 FROM runs WHERE session_id = ?", (session_id,)).fetchone() is not None


def _as_run(session: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """A session as it was for a run of the case: since then it may have served, and name, somebody else."""
    before, spec = json.loads(text_of(session["spec"])), spec_out(run["spec"], f"run {run['id']}")
    found = dict(session) | {key: text_in(value or "") for key, value in spec_columns(spec).items()}
    found |= {
        "title": f"forget {spec.forget.title()}",
        "name": "",
        "page": "",
        "case_id": run["case_id"],
        "spec": run["spec"],
    }
    found["checkpoint"] = None if spec.model.checkpoint is None else text_in(spec.model.checkpoint)
    found = {key: _plain(value) for key, value in found.items()}
    ran = json.loads(run["spec"])
    if any(before.get(part) != ran.get(part) for part in ("data", "model")):
        found |= dict.fromkeys(("card", "fingerprint", "checkpoint_sha256", "train_pictures", "test_pictures"))
    return found


def _is_only_of(db: Database, session: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Whether a session's labels are those of this run: it has served no other case, and asks for the same still."""
    others = db.execute(
        "SELECT 1 FROM runs WHERE session_id = ? AND case_id IS NOT ?", (session["id"], run["case_id"])
    ).fetchone()
    before, ran = json.loads(text_of(session["spec"])), json.loads(text_of(run["spec"]))
    same = all(before.get(part) == ran.get(part) for part in ("data", "forget", "guidance"))
    return others is None and session["case_id"] in (None, run["case_id"]) and same


def known(db: Database, rows: Rows) -> int | None:
    """The case here that these rows are of: the one that was made at the same microsecond.

    :raises StoreError: they do not say when.
    """
    created = rows["cases"][0].get("created")
    if not isinstance(created, str):
        raise _unfit()
    found = db.execute("SELECT id FROM cases WHERE created = ?", (created,)).fetchone()
    return None if found is None else int(found[0])


def differs(db: Database, case_id: int, rows: Rows) -> bool:
    """Whether a case stands otherwise here: what persons wrote of it and decided, or which runs it has.

    :raises StoreError: there is no such case, or the rows are of none.
    """
    kept = case_rows.record(db, case_id)
    runs = db.execute("SELECT started, status, seal FROM runs WHERE case_id = ?", (case_id,)).fetchall()
    try:
        said = from_plain(json.loads(text_of(rows["cases"][0]["content"])))
        theirs = sorted((str(run["started"]), str(run["status"]), str(run["seal"])) for run in rows["runs"])
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _unfit() from error
    return _decided(said) != _decided(kept.case) or theirs != sorted(tuple(run) for run in runs)


def _decided(case: ErasureCase) -> ErasureCase:
    """Without what an import gives anew: numbers of runs, and that it was imported."""
    over = case.handed_over
    return replace(
        case,
        approvals=tuple(replace(each, run=0, brought=False) for each in case.approvals),
        handed_over=None if over is None else replace(over, run=0, brought=False),
        recipients=tuple(replace(each, brought=False) for each in case.recipients),
        purges=tuple(replace(each, brought=False) for each in case.purges),
        imported=None,
    )


def has_runs_in(db: Database, folder: str) -> bool:
    """Whether a run lies in a folder or below it."""
    below = folder + os.sep
    found = db.execute(
        "SELECT 1 FROM runs WHERE folder = ? OR substr(folder, 1, ?) = ? LIMIT 1", (folder, len(below), below)
    ).fetchone()
    return found is not None


def put(db: Database, rows: Rows, file: str) -> int:
    """Insert a case with all that belongs to it; its id here. Inside a write transaction.

    The case remembers that it was imported, and of its approvals and its hand-over that they are the file's word.

    :param file: the name of the file that the rows came in.
    :raises CaseError: the case is here already, or a judgement is not the one that its seal is of.
    :raises StoreError: rows of tables or columns that this version does not have, or that do not belong together.
    """
    try:
        if known(db, rows) is not None:
            raise CaseError("was brought in by another import meanwhile", todo="maga-desk case list")
        return _put(db, rows, file)
    except (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, LookupError, TypeError) as error:
        raise _unfit() from error
    except (ValueError, AttributeError, OverflowError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _unfit() from error


def _unfit() -> StoreError:
    return StoreError("the rows of the case do not belong together, so that none is kept")


def _put(db: Database, rows: Rows, file: str) -> int:
    new: dict[str, dict[int, int]] = {"cases": {}, "sessions": {}, "runs": {}}
    for table in ("cases", "sessions", "runs"):
        for row in rows.get(table, []):
            values = {key: value for key, value in row.items() if key != "id"}
            values = _referring(values, new)
            if table == "runs":
                _check_seal(values)
                values |= _NOBODY
            new[table][row["id"]] = _insert(db, table, values)
    for table in (*_OF_SESSION, *_OF_RUN):
        for row in rows.get(table, []):
            values = {key: value for key, value in row.items() if key != "id" or table not in _OWN_IDS}
            _insert(db, table, _referring(values, new))
    (case_id,) = new["cases"].values()
    content = _results_moved(text_of(rows["cases"][0]["content"]), new["runs"], file)
    db.execute("UPDATE cases SET content = ?, named = 1 WHERE id = ?", (content, case_id))
    _read_back(db, case_id, new)
    return case_id


def _read_back(db: Database, case_id: int, new: Mapping[str, Mapping[int, int]]) -> None:
    """What cannot be read must not come in: a list of all sessions would stop at it."""
    case_rows.record(db, case_id)
    for session in new["sessions"].values():
        session_rows.record(db, session)
        proposal_rows.load(db, session)
        proposal_rows.history(db, session)
    session_rows.recent(db, len(new["sessions"]) + 1)
    for run in new["runs"].values():
        run_rows.record(db, run)
    run_rows.judged(db)


def _select(db: Database, table: str, column: str, ids: list[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for each in ids:
        for row in db.execute(f"SELECT * FROM {table} WHERE {column} = ? ORDER BY 1, 2", (each,)).fetchall():
            found.append({key: _plain(row[key]) for key in row.keys()})  # noqa: SIM118  # a Row iterates its values
    return found


def _insert(db: Database, table: str, values: Mapping[str, Any]) -> int:
    columns = {column.name for column in db[table].columns}
    unknown = sorted(set(values) - columns)
    if unknown:
        raise StoreError(f"holds {table}.{unknown[0]}, which this version does not know", todo="update this program")
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    made = db.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", [_value(value) for value in values.values()]
    ).lastrowid
    assert made is not None
    return made


def _referring(values: Mapping[str, Any], new: Mapping[str, Mapping[int, int]]) -> dict[str, Any]:
    """With the ids of here; a session whose next runs were for another case is for none."""
    found = dict(values)
    for column, table in (("session_id", "sessions"), ("run_id", "runs")):
        if column in found:
            found[column] = new[table][found[column]]
    if "case_id" in found:
        found["case_id"] = new["cases"].get(found["case_id"])
    return found


def _check_seal(run: Mapping[str, Any]) -> None:
    """:raises CaseError: approvals would count for a judgement that nobody approved."""
    report = run.get("report")
    if run.get("seal", "") != ("" if report is None else seal(text_of(report))):
        raise CaseError("a report in it was edited, so that nothing of it is imported", todo="ask for the file again")


def _results_moved(content: str, runs: Mapping[int, int], file: str) -> str:
    """Approvals and the hand-over name the runs of here; what persons said and did is marked as the file's word."""
    case = json.loads(content)
    over = case.get("handed_over")
    for each in (*case.get("approvals", []), *([over] if isinstance(over, dict) else [])):
        each["run"] = runs.get(each["run"], each["run"])
    said = (*case.get("approvals", []), *case.get("recipients", []), *case.get("purges", []))
    for each in (*said, *([over] if isinstance(over, dict) else [])):
        each["brought"] = True
    called = " ".join(file.encode("utf-8", "replace").decode().split())
    case["imported"] = {"at": f"{now()[:19]}+00:00", "file": called[:200]}
    return json_in(case)


def _plain(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _value(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


PATH_KEYS = frozenset(
    {"checkpoint", "forgotten", "classes", "retrained", "start", "path", "families", "files", "file", "dir"}
)
"""Keys of specs, cards and summaries under which a single text is a path."""

_PATHS = {"sessions": ("data", "checkpoint"), "runs": ("folder",), "artefacts": ("path",)}
_TREES = {"sessions": ("spec", "card"), "runs": ("spec", "summary")}


def mapped(rows: Rows, change: Callable[[str], str]) -> Rows:
    """The rows with each path changed: in columns, and inside specs, cards and summaries. Reports stay as they are."""

    def value_of(table: str, key: str, value: Any) -> Any:
        if value is None or key not in (*_PATHS.get(table, ()), *_TREES.get(table, ())):
            return value
        before = text_of(value)
        if key in _TREES.get(table, ()):
            return json.dumps(_deep(json.loads(before), change))
        after = change(before)
        return value if after == before else after

    return {
        table: [{key: value_of(table, key, value) for key, value in row.items()} for row in each]
        for table, each in rows.items()
    }


def text_of(value: Any) -> str:
    """A column of text, as :func:`taken` gave it."""
    return text_out(_value(value))


def texts(rows: Rows, table: str, column: str) -> list[str]:
    """A column of text, without what is not given."""
    return [text_of(row[column]) for row in rows.get(table, []) if row.get(column) is not None]


def _deep(tree: Any, change: Callable[[str], str]) -> Any:
    if isinstance(tree, list):
        return [_deep(each, change) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: change(value) if isinstance(value, str) and key in PATH_KEYS else _deep(value, change)
        for key, value in tree.items()
    }
