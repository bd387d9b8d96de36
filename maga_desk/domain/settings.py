"""A person's settings, in a small JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from maga_desk.domain import paths
from maga_desk.domain.files import write_json

SCHEMA = 1


class Settings(BaseModel):
    """What the window remembers. Unknown keys, of a newer version, are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = Field(SCHEMA, title="Schema version", description="Of this file")
    theme: Literal["auto", "light", "dark"] = Field("auto", title="Theme", description="auto follows the system")
    agreed_endpoints: tuple[str, ...] = Field(
        (), title="Endpoints", description="Where pictures may be sent: http(s)://host:port, agreed to by the user"
    )
    geometry: str = Field("", title="Window", description="The window's size and place, as hexadecimal text")


def load_settings(path: Path | None = None) -> tuple[Settings, str | None]:
    """The settings, and a line for the person when the file was broken (it is then moved aside)."""
    path = path or paths.settings_file()
    try:
        return Settings.model_validate(json.loads(path.read_text(encoding="utf-8"))), None
    except FileNotFoundError:
        return Settings(), None
    except (OSError, ValueError, ValidationError):
        aside = path.with_suffix(".broken.json")
        try:
            path.replace(aside)
        except OSError:
            return Settings(), f"The settings in {path} cannot be read; the defaults are used."
        return Settings(), f"The settings could not be read and were moved to {aside}; the defaults are used."


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write them, whole or not at all.

    :raises OutputError: the file cannot be written.
    """
    write_json(path or paths.settings_file(), settings.model_dump())
