"""Files of a case, edited as somebody would who knows the program."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maga_desk.services.cases.archive import _seal


def summary_of(events: Any) -> dict[str, Any]:
    *_, ended = events
    return dict(ended.summary)


def rezipped(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def sealed(files: dict[str, bytes], said: dict[str, Any]) -> None:
    """As somebody would who knows the program."""
    said.pop("seal", None)
    files["case.json"] = json.dumps({**said, "seal": _seal(said)}).encode()


def columns(files: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> None:
    """Rows changed by somebody who sealed the file again."""
    rows = json.loads(files["rows.json"])
    change(rows)
    files["rows.json"] = json.dumps(rows).encode()
    said = json.loads(files["case.json"])
    said["files"]["rows.json"] = {
        "bytes": len(files["rows.json"]),
        "sha256": hashlib.sha256(files["rows.json"]).hexdigest(),
    }
    sealed(files, said)
