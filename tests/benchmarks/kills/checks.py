"""What is looked at after a kill, by the files alone: nothing here asks the program whether it is well."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
import tomllib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

SUMMARY, CHECKPOINT, FORGOTTEN, SPEC = "summary.json", "unlearned.safetensors", "forgotten.txt", "spec.toml"


def sha256(path: Path) -> str:
    """Of a file; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def record(checkpoint: Path) -> tuple[dict[str, Any], str]:
    """A safetensors file's record of how it was made, and a hash of its tensors: names, shapes and bytes."""
    content = checkpoint.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    said = json.loads(header.pop("__metadata__")["maga_desk"])
    tensors = hashlib.sha256()
    for name in sorted(header):
        first, last = header[name]["data_offsets"]
        tensors.update(f"{name} {header[name]['shape']}".encode() + content[8 + length + first : 8 + length + last])
    return said["made"], tensors.hexdigest()


def weights(checkpoint: Path) -> str:
    """A hash of the tensors alone; empty where there is no file."""
    return record(checkpoint)[1] if checkpoint.is_file() else ""


def figures(folder: Path) -> dict[str, Any]:
    """What a result was judged to be, without seconds."""
    report = json.loads((folder / "report.json").read_text())
    summary = json.loads((folder / SUMMARY).read_text())
    return {"before": report["before"], "after": report["after"], "metrics": summary["metrics"]}


def mixed(folder: Path) -> str:
    """Why the files of a run's folder do not belong together; empty: they do, finished or not."""
    checkpoint, summary = folder / CHECKPOINT, folder / SUMMARY
    if not checkpoint.is_file():
        return "figures without a checkpoint" if summary.exists() else ""
    made, _ = record(checkpoint)
    listed = hashlib.sha256("\n".join((folder / FORGOTTEN).read_text().splitlines()).encode()).hexdigest()
    if made["forgotten_list"] != listed:
        return "the list is another checkpoint's"
    wanted = tomllib.loads((folder / SPEC).read_text())["forget"]["classes"]
    if made["forgotten_classes"] != wanted:
        return "the spec is another checkpoint's"
    if not summary.is_file():
        return ""
    said = json.loads(summary.read_text())
    files = {**said["files"], CHECKPOINT: said["checkpoint_sha256"]}
    changed = [name for name, wanted in files.items() if sha256(folder / name) != wanted]
    return f"the summary is of another {', '.join(changed)}" if changed else ""


def database_fault(path: Path) -> str:
    """What SQLite finds wrong with a database; empty: nothing."""
    if not path.exists():
        return ""
    with closing(sqlite3.connect(path)) as connection:
        found = (
            connection.execute("PRAGMA integrity_check").fetchall()
            + connection.execute("PRAGMA foreign_key_check").fetchall()
        )
    return "" if found == [("ok",)] else str(found[:3])


def rows_of(path: Path, session: int) -> dict[str, list[Any]]:
    """All that a database has of a session, by table."""
    with closing(sqlite3.connect(path)) as connection:
        found = {"sessions": connection.execute("SELECT * FROM sessions WHERE id = ?", (session,)).fetchall()}
        runs = [run for (run,) in connection.execute("SELECT id FROM runs WHERE session_id = ?", (session,))]
        for table in ("metrics", "messages", "artefacts"):
            marks = ", ".join("?" * len(runs))
            found[table] = sorted(
                connection.execute(f"SELECT * FROM {table} WHERE run_id IN ({marks})", runs).fetchall()
            )
    return found


def leftovers(folder: Path) -> list[str]:
    """Hidden files in a folder."""
    return sorted(path.name for path in folder.glob(".*"))


def holds(paths: Iterable[Path], text: bytes) -> list[str]:
    """Files with a text in them."""
    return [str(path) for path in paths if path.is_file() and text in path.read_bytes()]
