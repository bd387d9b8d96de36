"""A person's presets in the sessions database."""

from __future__ import annotations

import json

from pydantic import TypeAdapter
from sqlite_utils import Database

from maga_desk.domain.presets import Preset
from maga_desk.store.cases import StoreAccess
from maga_desk.store.values import json_in, now, text_in, text_out

_PRESET = TypeAdapter(Preset)


class StoredPresets:
    """Presets by name; got from ``SessionStore.presets``.

    Every method raises ``StoreError`` when the database cannot be used.
    """

    def __init__(self, read: StoreAccess, change: StoreAccess) -> None:
        self._read, self._change = read, change

    def all(self) -> list[Preset]:
        """In the order of their names."""
        return self._read(_listed)

    def save(self, preset: Preset) -> None:
        """Keep a preset; an earlier one of that name is replaced."""
        row = (
            text_in(preset.name),
            preset.task,
            now(),
            json_in({"method": preset.method.model_dump(), "intent": preset.intent}),
        )

        def write(db: Database) -> None:
            db.execute("INSERT OR REPLACE INTO presets (name, task, at, method) VALUES (?, ?, ?, ?)", row)

        self._change(write)

    def remove(self, name: str) -> None:
        """Nothing happens where there is none of that name."""

        def write(db: Database) -> None:
            db.execute("DELETE FROM presets WHERE name = ?", (text_in(name),))

        self._change(write)


def _listed(db: Database) -> list[Preset]:
    rows = db.execute("SELECT name, task, method FROM presets ORDER BY name COLLATE NOCASE").fetchall()
    return [
        _PRESET.validate_python({"name": text_out(row["name"]), "task": row["task"], **json.loads(row["method"])})
        for row in rows
    ]
